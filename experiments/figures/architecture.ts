/** The model drawn from its config: blocks from the bottom up, each with parameters, FLOPs per token and cache bytes. */
import canonicalize from "canonicalize";
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { formatCount, formatQuantity } from "../statistics/numbers.ts";
import { partsOf, totalOf, type Part } from "./architecture-parts.ts";
import { csvText } from "./csv.ts";
import { chooseArms } from "./experiment.ts";
import { compose, innerWidth, type Block, type Figure, type FigureOptions } from "./figure.ts";
import { element, line } from "./svg.ts";
import { elide, label, measure, wrap } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";

export const architectureOptions = v.strictObject({ arms: v.optional(v.nullable(v.array(v.string())), null) });

interface Model {
  arms: ArmResult[];
  parts: Part[];
}

const columns: { name: string; unit: string; text(part: Pick<Part, "params" | "activeParams" | "flops" | "cacheBytes">): string }[] = [
  { name: "parameters", unit: "", text: (part) => formatQuantity(part.params) },
  { name: "active", unit: "", text: (part) => formatQuantity(part.activeParams) },
  { name: "FLOP", unit: "per token", text: (part) => formatQuantity(part.flops) },
  { name: "cache", unit: "B per token", text: (part) => (part.cacheBytes ? formatCount(part.cacheBytes) : "–") },
];
const small = 11;
const rowHeight = 38;
const columnWidth = 74;

export function architecture(experiment: ExperimentResult, { arms: names }: v.InferOutput<typeof architectureOptions>, frame: FigureOptions): Figure {
  const theme = themeOf(frame.theme);
  const models = modelsOf(chooseArms(experiment, names));
  return compose(
    {
      title: models.length === 1 ? "The model" : `The ${models.length} models`,
      alternative: models.map(describe).join(" "),
      csv: () =>
        csvText(["arms", "group", "times", "part", "detail", "parameters", "activeParameters", "forwardFlopsPerToken", "cacheBytesPerToken"], models.flatMap(({ arms, parts }) => parts.map((p) => [namesOf(arms), p.group, p.times, p.name, p.detail, p.params, p.activeParams, p.flops, p.cacheBytes]))),
      blocks: models.map((model) => drawModel(model, models.length > 1, innerWidth(frame), theme)),
      notes: ["Numbers of one layer; the total counts repeated layers. FLOP: forward pass, attention over the causal half of a sequence; training takes three times as many. Cache: 4 bytes per number."],
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
  const narrow = width < 560;
  const shown = narrow ? columns.slice(0, 2) : columns;
  const boxWidth = width - shown.length * columnWidth - 12;
  const markup: string[] = [];
  let y = 0;
  if (named) {
    markup.push(label(elide(namesOf(arms), width, { size: 12.5, weight: 600 }), 0, 12, { size: 12.5, weight: 600, fill: theme.ink, title: namesOf(arms) }));
    y += 22;
  }
  shown.forEach(({ name, unit }, i) => {
    const x = boxWidth + 12 + (i + 1) * columnWidth;
    markup.push(label(name, x, y + 10, { size: small, weight: 600, fill: theme.ink, anchor: "end" }));
    if (unit) markup.push(label(unit, x, y + 23, { size: small, fill: theme.inkSoft, anchor: "end" }));
  });
  y += 32;
  let group: string | null = null;
  let frameTop = 0;
  parts.forEach((part, i) => {
    if (part.group !== group && part.group !== null) {
      markup.push(label(part.times > 1 ? `${part.group}, alike` : part.group, 0, y + 11, { size: small, fill: theme.inkSoft }));
      y += 17;
      frameTop = y;
    }
    group = part.group;
    const inset = part.group === null ? 0 : 10;
    markup.push(box(part, inset, y, boxWidth - 2 * inset, theme));
    shown.forEach(({ text }, c) => markup.push(label(text(part), boxWidth + 12 + (c + 1) * columnWidth, y + 19, { size: 12, fill: theme.ink, anchor: "end" })));
    y += rowHeight;
    const lastOfGroup = parts[i + 1]?.group !== part.group;
    if (part.group !== null && lastOfGroup) {
      markup.push(element("rect", { x: 0, y: frameTop - 3, width: boxWidth, height: y - frameTop, rx: 5, fill: "none", stroke: theme.rule, "stroke-dasharray": "3 3" }));
      y += 6;
    }
    // the way of the residual stream to the next part
    if (i + 1 < parts.length) markup.push(line(boxWidth / 2, y - (lastOfGroup && part.group !== null ? 9 : 8), boxWidth / 2, y, theme.rule));
  });
  const total = totalOf(parts);
  markup.push(line(0, y + 4, width, y + 4, theme.rule), label("Total", 0, y + 21, { size: 12, weight: 600, fill: theme.ink }));
  shown.forEach(({ text }, c) => markup.push(label(text(total), boxWidth + 12 + (c + 1) * columnWidth, y + 21, { size: 12, weight: 600, fill: theme.ink, anchor: "end" })));
  return { markup: markup.join(""), height: y + 30 };
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
