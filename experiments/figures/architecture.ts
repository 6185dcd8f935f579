/** The model drawn from its config: blocks in the order a token meets them, each with parameters, FLOPs per token and cache bytes. */
import canonicalize from "canonicalize";
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { formatCount, formatQuantity } from "../statistics/numbers.ts";
import { partsOf, totalOf, type Part } from "./architecture-parts.ts";
import { csvTable } from "./csv.ts";
import { chooseArms } from "./experiment.ts";
import type { Block } from "./block.ts";
import { compose, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { element, line } from "./svg.ts";
import { elide, label, measure, wrap, type Weight } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";

export const architectureOptions = v.strictObject({ arms: v.optional(v.nullable(v.array(v.string())), null) });

interface Model {
  arms: ArmResult[];
  parts: Part[];
}

type Costs = Pick<Part, "params" | "activeParams" | "flops" | "cacheBytes">;

const columns: { name: string; unit: string; text(part: Costs): string }[] = [
  { name: "parameters", unit: "", text: (part) => formatQuantity(part.params) },
  { name: "active", unit: "", text: (part) => formatQuantity(part.activeParams) },
  { name: "FLOP", unit: "per token", text: (part) => formatQuantity(part.flops) },
  { name: "cache", unit: "B per token", text: (part) => (part.cacheBytes ? formatCount(part.cacheBytes) : "–") },
];
const small = 11;
const rowHeight = 38;
const columnWidth = 74;
const wordsHeight = 14;

export function architecture(
  experiment: ExperimentResult,
  { arms: names }: v.InferOutput<typeof architectureOptions>,
  frame: FigureOptions,
): Figure {
  const theme = themeOf(frame.theme);
  const models = modelsOf(chooseArms(experiment, names));
  return compose(
    {
      title: models.length === 1 ? "The model" : `The ${models.length} models`,
      alternative: models.map(describe).join(" "),
      data: () =>
        csvTable(
          ["arms", "group", "times", "part", "detail", "parameters", "activeParameters", "forwardFlopsPerToken", "cacheBytesPerToken"],
          models.flatMap(({ arms, parts }) =>
            parts.map((p) => [namesOf(arms), p.group, p.times, p.name, p.detail, p.params, p.activeParams, p.flops, p.cacheBytes]),
          ),
        ),
      blocks: models.map((model) => drawModel(model, models.length > 1, innerWidth(frame), theme)),
      notes: [
        "Numbers of one layer; the total counts repeated layers. FLOP: forward pass of a token, attention over the causal half of a sequence; training takes three times as many. Cache: bytes per token, 4 per number.",
      ],
    },
    frame,
  );
}

/** Arms that differ in data or balancing only share a model. */
function modelsOf(arms: readonly ArmResult[]): Model[] {
  const models = new Map<string, Model>();
  for (const arm of arms) {
    const { mtp, ...shape } = arm.config.model;
    // lambda and the flow of gradients change no shape
    const key = canonicalize({ ...shape, mtp: { depth: mtp.depth, heads: mtp.heads }, seqLen: arm.config.train.seqLen })!;
    const model = models.get(key);
    if (model) model.arms.push(arm);
    else models.set(key, { arms: [arm], parts: partsOf(arm.config.model, arm.config.train.seqLen) });
  }
  return [...models.values()];
}

function drawModel({ arms, parts }: Model, named: boolean, width: number, theme: Theme): Block {
  const narrow = width < 560; // then the numbers stand below each part, in words
  const boxWidth = narrow ? width : width - columns.length * columnWidth - 12;
  const step = rowHeight + (narrow ? 2 * wordsHeight : 0);
  const markup: string[] = [];
  let y = 0;
  if (named) {
    markup.push(
      label(elide(namesOf(arms), width, { size: 12.5, weight: 600 }), 0, 12, {
        size: 12.5,
        weight: 600,
        fill: theme.ink,
        title: namesOf(arms),
      }),
    );
    y += 22;
  }
  if (!narrow) {
    columns.forEach(({ name, unit }, i) => {
      const x = boxWidth + 12 + (i + 1) * columnWidth;
      markup.push(label(name, x, y + 10, { size: small, weight: 600, fill: theme.ink, anchor: "end" }));
      if (unit) markup.push(label(unit, x, y + 23, { size: small, fill: theme.inkSoft, anchor: "end" }));
    });
    y += 32;
  }
  const numbers = (part: Costs, x: number, baseline: number, weight?: Weight) => {
    if (narrow)
      inWords(part).forEach((text, k) =>
        markup.push(label(text, x, baseline + (k + 1) * wordsHeight, { size: small, fill: theme.inkSoft })),
      );
    else
      columns.forEach(({ text }, c) =>
        markup.push(
          label(text(part), boxWidth + 12 + (c + 1) * columnWidth, baseline, { size: 12, weight, fill: theme.ink, anchor: "end" }),
        ),
      );
  };
  let group: string | null = null;
  let frameTop = 0;
  parts.forEach((part, i) => {
    if (part.group !== group && part.group !== null) {
      const name = part.times > 1 ? `${part.group}, alike` : part.group;
      markup.push(label(name, 0, y + 11, { size: small, fill: theme.inkSoft }));
      // beside the group's name the line from above goes on
      if (i > 0 && measure(name, { size: small }) < boxWidth / 2 - 4) markup.push(line(boxWidth / 2, y, boxWidth / 2, y + 17, theme.rule));
      y += 17;
      frameTop = y;
    }
    group = part.group;
    const inset = part.group === null ? 0 : 10;
    markup.push(box(part, inset, y, boxWidth - 2 * inset, theme));
    numbers(part, inset + (narrow ? 10 : 0), y + (narrow ? rowHeight - 11 : 19));
    y += step;
    const lastOfGroup = parts[i + 1]?.group !== part.group;
    if (part.group !== null && lastOfGroup) {
      markup.push(
        element("rect", {
          x: 0,
          y: frameTop - 3,
          width: boxWidth,
          height: y - frameTop,
          rx: 5,
          fill: "none",
          stroke: theme.rule,
          "stroke-dasharray": "3 3",
        }),
      );
      y += 6;
    }
    // the way of the residual stream to the next part; where words stand between, it would cross them
    if (i + 1 < parts.length && !narrow)
      markup.push(line(boxWidth / 2, y - (lastOfGroup && part.group !== null ? 9 : 8), boxWidth / 2, y, theme.rule));
  });
  const total = totalOf(parts);
  markup.push(line(0, y + 4, width, y + 4, theme.rule), label("Total", 0, y + 21, { size: 12, weight: 600, fill: theme.ink }));
  numbers(total, 0, y + 21, 600);
  return { markup: markup.join(""), height: y + 30 + (narrow ? 2 * wordsHeight : 0) };
}

/** Two lines. */
function inWords({ params, activeParams, flops, cacheBytes }: Costs): string[] {
  return [
    `${formatQuantity(params)} parameters, ${formatQuantity(activeParams)} active`,
    `${formatQuantity(flops)} FLOP, ${cacheBytes ? `${formatCount(cacheBytes)} B` : "no"} cache`,
  ];
}

function box({ name, detail }: Part, x: number, y: number, width: number, theme: Theme): string {
  const nameText = elide(name, width - 20, { size: 12, weight: 600 });
  const room = width - 32 - measure(nameText, { size: 12, weight: 600 });
  const beside = measure(detail, { size: small }) <= room;
  const lines = beside ? [] : wrap(detail, width - 20, { size: small }, 1);
  const ground = element("rect", { x, y, width, height: rowHeight - 8, rx: 4, fill: theme.wash, stroke: theme.rule, "stroke-width": 0.75 });
  const heading = label(nameText, x + 10, y + (beside ? 19 : 13), { size: 12, weight: 600, fill: theme.ink, title: name });
  const rest = beside
    ? label(detail, x + width - 10, y + 19, { size: small, fill: theme.inkSoft, anchor: "end" })
    : lines.map((text) => label(text, x + 10, y + 26, { size: small, fill: theme.inkSoft, title: detail })).join("");
  return ground + heading + rest;
}

function describe({ arms, parts }: Model): string {
  const total = totalOf(parts);
  const list = parts.map((part) => `${part.times > 1 ? `${part.times} × ` : ""}${part.name} (${part.detail})`).join(", ");
  return `${namesOf(arms)}: ${list}. ${formatQuantity(total.params)} parameters, ${formatQuantity(total.activeParams)} active, ${formatCount(total.cacheBytes)} cache bytes per token.`;
}

function namesOf(arms: readonly ArmResult[]): string {
  return arms.map((arm) => arm.name).join(", ");
}
