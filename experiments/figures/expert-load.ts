/** Heat map of expert load, layer × expert, a panel per arm and domain (like DeepSeek-V3 Figure 9): 1 is the fair share. */
import * as v from "valibot";
import type { ArmResult, ExperimentResult, RunResult } from "../results.ts";
import { formatCount, formatValue } from "../statistics/numbers.ts";
import { csvTable } from "./csv.ts";
import { chooseArms } from "./experiment.ts";
import type { Block } from "./block.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { element, group } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";

export const expertLoadOptions = v.strictObject({
  by: v.optional(v.picklist(["domain", "all"]), "domain"),
  /** index of the seed; experts of different seeds have nothing in common, so that a mean over seeds would show nothing */
  seed: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), null),
  /** the last validation at or before this step; null: the last of all */
  step: v.optional(v.nullable(v.number()), null),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

type Options = v.InferOutput<typeof expertLoadOptions>;

/** Load relative to the mean, [layer][expert]. */
interface Panel {
  arm: string;
  domain: string;
  /** the number that its weights were drawn from */
  seed: number;
  step: number;
  load: number[][];
}

const allDomains = "all domains";

/** Loads outside [1/4, 4] have the colour of the end. */
const limit = 4;
const small = 11;

export function expertLoad(experiment: ExperimentResult, options: Options, frame: FigureOptions): Figure {
  const theme = themeOf(frame.theme);
  const width = innerWidth(frame);
  const arms = chooseArms(experiment, options.arms);
  const seed = options.seed ?? firstSeed(arms);
  const rows = arms.map((arm) => panelsOf(experiment, arm, seed, options));
  const panels = rows.flat();
  const steps = [...new Set(panels.map((panel) => panel.step))];
  const seeds = [...new Set(panels.map((panel) => panel.seed))];
  return compose(
    {
      title: options.by === "domain" ? "Expert load by domain" : "Expert load",
      alternative: panels.map(describe).join(" ") || "No validation has been done yet.",
      data: () => csvTable(["arm", "domain", "seed", "step", "layer", "expert", "relativeLoad"], panels.flatMap(csvRows)),
      blocks: panels.length
        ? [
            grid(
              rows.filter((own) => own.length),
              width,
              theme,
            ),
            scaleBar(width, theme),
          ]
        : [emptyBlock("No validation has been done yet.", width, theme)],
      notes: panels.length
        ? [
            `Seed ${seeds.join(", ")}, validation tokens at step ${steps.map(formatCount).join(", ")}. Rows are MoE layers; one run per arm, as experts of different seeds have nothing in common.`,
          ]
        : [],
    },
    frame,
  );
}

/** The lowest seed that has finished in the most arms. */
function firstSeed(arms: readonly ArmResult[]): number {
  const counts = new Map<number, number>();
  for (const run of arms.flatMap((arm) => arm.runs)) {
    const weight = run.metrics ? 1 : run.events?.some((event) => event.kind === "eval") ? 0.5 : 0;
    counts.set(run.seedIndex, (counts.get(run.seedIndex) ?? 0) + weight);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
}

function panelsOf(experiment: ExperimentResult, arm: ArmResult, seed: number, { by, step }: Options): Panel[] {
  const run = arm.runs.find((candidate) => candidate.seedIndex === seed);
  const found = run && countsAt(run, step);
  if (!found || !found.counts.length) return [];
  const common = { arm: arm.name, seed: run.seed.init, step: found.step };
  if (by === "all") return [{ ...common, domain: allDomains, load: found.counts.map((layer) => relative(sum(layer))) }];
  const names =
    experiment.domains.length === found.counts[0].length ? experiment.domains : found.counts[0].map((_, i) => `domain ${i + 1}`);
  return names.map((domain, d) => ({ ...common, domain, load: found.counts.map((layer) => relative(layer[d])) }));
}

/** Counts [layer][domain][expert] of the last validation at or before `step`. */
function countsAt(run: RunResult, step: number | null): { step: number; counts: number[][][] } | null {
  if (step === null && run.metrics) return { step: run.metrics.step, counts: run.metrics.expertCounts };
  const event = run.events?.findLast((candidate) => candidate.kind === "eval" && (step === null || candidate.step <= step));
  return event?.kind === "eval" ? { step: event.step, counts: event.expertCounts } : null;
}

function relative(counts: readonly number[]): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => (total ? (count * counts.length) / total : 0));
}

function sum(layer: readonly number[][]): number[] {
  return layer[0].map((_, expert) => layer.reduce((total, load) => total + load[expert], 0));
}

/** Panels narrower than this tell nothing: domains then stand below each other. */
const leastPanel = 90;
const gap = 14;
/** Room for the numbers of the layers. */
const layersWide = 40;

/** For each arm a panel per domain, side by side where they have room. */
function grid(arms: readonly Panel[][], width: number, theme: Theme): Block {
  const most = Math.max(...arms.map((panels) => panels.length));
  const columns = Math.max(1, Math.min(most, Math.floor((width - layersWide + gap) / (leastPanel + gap))));
  const panelWidth = (width - layersWide - gap * (columns - 1)) / columns;
  const style = { size: small, fill: theme.inkSoft };
  const parts: string[] = [];
  let y = 0;
  for (const panels of arms) {
    const name = panels[0].arm;
    parts.push(
      label(elide(name, width, { size: 12.5, weight: 600 }), 0, y + 12, {
        size: 12.5,
        weight: 600,
        fill: theme.ink,
        title: name,
        attributes: { "data-arm": name },
      }),
    );
    y += 18;
    const layers = panels[0].load.length;
    const experts = panels[0].load[0].length;
    const cell = Math.max(5, Math.min(18, Math.floor(150 / layers)));
    for (let start = 0; start < panels.length; start += columns) {
      const row = panels.slice(start, start + columns);
      row.forEach((panel, i) =>
        parts.push(
          label(elide(panel.domain, panelWidth, style), layersWide + i * (panelWidth + gap), y + 11, { ...style, title: panel.domain }),
        ),
      );
      y += 17;
      // the name stands where the first number would, at the height of the first row
      const every = Math.ceil(13 / cell);
      for (let l = 0; l < layers; l += every)
        parts.push(
          label(l === 0 ? `layer ${l + 1}` : String(l + 1), layersWide - 6, y + (l + 0.5) * cell + 4, { ...style, anchor: "end" }),
        );
      row.forEach((panel, i) => parts.push(group(layersWide + i * (panelWidth + gap), y, heat(panel, panelWidth, cell, theme))));
      y += layers * cell;
      row.forEach((_, i) => parts.push(group(layersWide + i * (panelWidth + gap), y, expertAxis(experts, panelWidth, theme))));
      y += 20;
    }
    y += 4;
  }
  return { markup: parts.join(""), height: y };
}

/** "expert 1" under the first column and the last one's number under the last. */
function expertAxis(experts: number, width: number, theme: Theme): string {
  const style = { size: small, fill: theme.inkSoft };
  const last =
    measure("expert 1", style) + measure(String(experts), style) + 8 <= width && experts > 1
      ? label(String(experts), width, 12, { ...style, anchor: "end" })
      : "";
  return label(elide("expert 1", width, style), 0, 12, style) + last;
}

/** Cells of one panel. Where they are too narrow for a gap between them, neighbours of one colour are one rectangle. */
function heat({ load, arm, domain }: Panel, width: number, height: number, theme: Theme): string {
  const parts = load.flatMap((layer, l) => {
    const each = width / layer.length;
    const colours = layer.map((value) => colourOf(value, theme));
    const between = each >= 6 ? 1 : 0;
    if (between)
      return layer.map((value, e) =>
        element(
          "rect",
          { x: e * each, y: l * height, width: each - between, height: height - between, fill: colours[e] },
          element("title", {}, `layer ${l + 1}, expert ${e + 1}: ${formatValue(value, 0.01)}`),
        ),
      );
    const starts = colours.flatMap((colour, e) => (colour === colours[e - 1] ? [] : [e]));
    return starts.map((e, i) =>
      element("rect", { x: e * each, y: l * height, width: ((starts[i + 1] ?? layer.length) - e) * each, height, fill: colours[e] }),
    );
  });
  return element("g", { "data-arm": arm, "data-domain": domain.replace(/\s/g, " "), "shape-rendering": "crispEdges" }, parts);
}

function colourOf(value: number, theme: Theme): string {
  return theme.diverging(value > 0 ? Math.log(value) / Math.log(limit) : -1);
}

function scaleBar(width: number, theme: Theme): Block {
  const length = 220;
  const steps = 25;
  const cells = Array.from({ length: steps }, (_, i) =>
    element("rect", {
      x: (i * length) / steps,
      y: 0,
      width: length / steps + 0.5,
      height: 9,
      fill: theme.diverging((2 * i) / (steps - 1) - 1),
    }),
  );
  const ticks: [number, string][] = [
    [-1, "¼"],
    [-0.5, "½"],
    [0, "1"],
    [0.5, "2"],
    [1, "4"],
  ];
  const labels = ticks.map(([t, text]) =>
    label(text, ((t + 1) / 2) * length, 22, { size: small, fill: theme.inkSoft, anchor: t === -1 ? "start" : t === 1 ? "end" : "middle" }),
  );
  const beside = width > 580;
  const name = label("load relative to the fair share; ends: ¼ or less, 4 or more", beside ? length + 14 : 0, beside ? 9 : 40, {
    size: small,
    fill: theme.inkSoft,
  });
  return { markup: [...cells, ...labels, name].join(""), height: beside ? 26 : 44 };
}

function describe({ arm, domain, load }: Panel): string {
  const all = load.flat();
  const where = domain === allDomains ? "" : `, ${domain}`;
  return `${arm}${where}: relative load from ${formatValue(Math.min(...all), 0.01)} to ${formatValue(Math.max(...all), 0.01)}.`;
}

function csvRows({ arm, domain, seed, step, load }: Panel): (string | number)[][] {
  return load.flatMap((layer, l) => layer.map((value, e) => [arm, domain, seed, step, l + 1, e + 1, value]));
}
