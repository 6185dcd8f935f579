/** Forest plot: for each metric the paired differences to the baseline, an interval and a verdict per arm. */
import { scaleLinear } from "d3-scale";
import * as v from "valibot";
import type { ArmResult, Comparison, ExperimentResult } from "../results.ts";
import { pairsOf } from "../statistics/compare.ts";
import { metricDefinition, metricTitle, metricUnit } from "../statistics/metrics.ts";
import { formatSigned } from "../statistics/numbers.ts";
import { describeMetric } from "../statistics/sentence.ts";
import { armStyles, mark, type ArmStyle } from "./arm-styles.ts";
import { bottomAxis, extentOf } from "./axes.ts";
import type { Block } from "./block.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { countRuns } from "./experiment.ts";
import { csvTable, type CsvTable } from "./csv.ts";
import { metricName } from "./options.ts";
import { haloed } from "./references.ts";
import { element, group, line, viewport } from "./svg.ts";
import { elide, label, measure, wrap } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";
import { linearTicks, spread, textOfLinearTicks } from "./ticks.ts";

export const forestOptions = v.strictObject({
  /** null: the experiment's primary metrics */
  metrics: v.optional(v.nullable(v.pipe(v.array(metricName), v.minLength(1))), null),
});

const small = 11;
const rowHeight = 40;

export function forest(experiment: ExperimentResult, options: v.InferOutput<typeof forestOptions>, frame: FigureOptions): Figure {
  const theme = themeOf(frame.theme);
  const metrics = options.metrics ?? experiment.primary;
  return compose(
    {
      title: `Differences to “${experiment.baseline}”`,
      alternative: metrics.map((metric) => describeMetric(experiment, metric)).join(" "),
      data: () => forestData(experiment, metrics),
      blocks: metrics.map((metric) => panel(experiment, metric, innerWidth(frame), theme)),
      notes: [
        "Symbol: mean of the paired differences; bar: 95 % t interval; dots: one seed each. Grey: differences too small for this design to tell with 80 % power, all arms corrected for.",
        ...countRuns(experiment.arms),
      ],
    },
    frame,
  );
}

interface Row {
  comparison: Comparison;
  differences: number[];
}

function panel(experiment: ExperimentResult, metric: string, width: number, theme: Theme): Block {
  const baseline = experiment.arms.find((arm) => arm.name === experiment.baseline)!;
  const rows = experiment.arms.flatMap((arm) => rowOf(experiment.comparisons, arm, baseline, metric));
  if (!rows.length)
    return emptyBlock(
      experiment.arms.length < 2 ? "There is one arm: nothing to compare it with." : `${metricTitle(metric)}: nothing is compared yet.`,
      width,
      theme,
    );
  const styles = armStyles(experiment.arms);
  const texts = rows.map(({ comparison }) => resultText(comparison));
  const rightWidth = Math.max(...texts.flat().map((text) => measure(text, { size: small })), measure("verdict", { size: small })) + 4;
  const nameWidth = Math.min(190, 0.3 * width, Math.max(...rows.map(({ comparison }) => measure(comparison.arm, { size: 12 }))) + 24);
  const narrow = width - nameWidth - rightWidth < 150; // then the numbers go below each row
  const plotWidth = width - nameWidth - (narrow ? 8 : rightWidth + 16);
  // below a row they stand in one line where that fits, else in two
  const below = narrow ? Math.max(...texts.map((text) => belowRow(text, width).length)) : 0;
  const step = rowHeight + 14 * below;
  const height = rows.length * step;
  const top = 24;

  const domain = spread(
    extentOf(
      rows.flatMap(({ comparison, differences }) => [...differences, ...(comparison.ci95 ?? []), comparison.difference]),
      { pad: 0.06, include: [0, ...rows.flatMap(reach)] },
    ),
    false,
  );
  const x = scaleLinear(domain, [0, plotWidth]);
  const heading = `${metricTitle(metric)}, difference${metricUnit(metric) ? ` (${metricUnit(metric)})` : ""}`;
  const parts = [
    label(elide(heading, width, { size: 12.5, weight: 600 }), 0, 12, { size: 12.5, weight: 600, fill: theme.ink, title: heading }),
  ];
  const inside: string[] = [];
  const overlaid: string[] = []; // words over the grid
  const ticks = linearTicks(domain, Math.max(2, plotWidth / 75));
  const tickText = textOfLinearTicks(ticks);
  for (const tick of ticks) inside.push(line(x(tick), 0, x(tick), height, tick === 0 ? theme.rule : theme.grid));
  rows.forEach((row, i) => {
    const middle = i * step + rowHeight / 2;
    const style = styles.get(row.comparison.arm)!;
    inside.push(drawRow(row, style, middle, x, theme));
    const lines = wrap(row.comparison.arm, nameWidth - 12, { size: 12 }, 2);
    lines.forEach((text, k) =>
      parts.push(
        label(text, 0, top + middle + 4 + (k - (lines.length - 1) / 2) * 15, {
          size: 12,
          fill: theme.ink,
          title: row.comparison.arm,
          attributes: { "data-role": "row", "data-arm": row.comparison.arm },
        }),
      ),
    );
    const [numbers, verdict] = texts[i];
    if (narrow) {
      belowRow(texts[i], width).forEach((text, k) =>
        overlaid.push(haloed(label(text, width, top + middle + 30 + 14 * k, { size: small, fill: theme.inkSoft, anchor: "end" }), theme)),
      );
    } else {
      parts.push(label(numbers, width, top + middle - 3, { size: small, fill: theme.ink, anchor: "end" }));
      parts.push(label(verdict, width, top + middle + 12, { size: small, fill: theme.inkSoft, anchor: "end" }));
    }
  });
  parts.push(viewport(nameWidth, top, plotWidth, height, inside), ...overlaid);
  parts.push(
    group(
      0,
      top + height,
      bottomAxis(
        ticks.map((tick) => ({ at: nameWidth + x(tick), text: tickText(tick) })),
        [nameWidth, nameWidth + plotWidth],
        width,
        theme,
      ),
    ),
  );
  const { better } = metricDefinition(metric);
  const hint = better === "neither" ? "" : `${better} is better`;
  if (hint) parts.push(label(hint, nameWidth, top + height + 31, { size: small, fill: theme.inkSoft }));
  return { markup: parts.join(""), height: top + height + (hint ? 36 : 22) };
}

function rowOf(comparisons: readonly Comparison[], arm: ArmResult, baseline: ArmResult, metric: string): Row[] {
  const comparison = comparisons.find((candidate) => candidate.metric === metric && candidate.arm === arm.name);
  if (!comparison) return [];
  const pairs = comparison.measuredDifferently === undefined ? pairsOf(arm.runs, baseline.runs, metric) : [];
  return [{ comparison, differences: pairs.map((pair) => pair.difference) }];
}

/** The blind zone is shown whole, unless it would squeeze the differences into a fifth of the width. */
function reach({ comparison: { detectable80, ci95 } }: Row): number[] {
  if (detectable80 === null || ci95 === null) return [];
  const widest = Math.max(Math.abs(ci95[0]), Math.abs(ci95[1]));
  const shown = Math.min(detectable80, 5 * widest);
  return [-shown, shown];
}

function drawRow({ comparison, differences }: Row, style: ArmStyle, y: number, x: (value: number) => number, theme: Theme): string {
  const { difference, arm } = comparison;
  // of numbers beyond 1e150 the squares are no numbers any more: what rests on them cannot be drawn
  const ci95 = comparison.ci95?.every(Number.isFinite) ? comparison.ci95 : null;
  const detectable80 = comparison.detectable80 !== null && Number.isFinite(comparison.detectable80) ? comparison.detectable80 : null;
  const colour = theme.series[style.colour];
  const parts: string[] = [];
  if (detectable80 !== null)
    parts.push(
      element("rect", { x: x(-detectable80), y: y - 13, width: x(detectable80) - x(-detectable80), height: 26, fill: theme.wash }),
    );
  if (detectable80 !== null) parts.push(line(x(0), y - 13, x(0), y + 13, theme.rule));
  for (const value of differences.filter(Number.isFinite))
    parts.push(element("circle", { cx: x(value), cy: y + 9, r: 2.5, fill: colour, "fill-opacity": 0.55 }));
  if (ci95) {
    parts.push(line(x(ci95[0]), y, x(ci95[1]), y, colour, { "stroke-width": 2 }));
    for (const end of ci95) parts.push(line(x(end), y - 4, x(end), y + 4, colour, { "stroke-width": 2 }));
  }
  if (Number.isFinite(difference)) parts.push(mark(style, theme, x(difference), y, 70));
  return element("g", { "data-arm": arm }, parts);
}

/** Numbers, and verdict with n. */
function resultText({ difference, ci95, n, verdict, measuredDifferently }: Comparison): [string, string] {
  if (measuredDifferently !== undefined) return ["–", verdict];
  if (n === 0) return ["no pair finished", verdict];
  const half = ci95 ? (ci95[1] - ci95[0]) / 2 : NaN;
  const numbers = ci95
    ? `${formatSigned(difference, half)}  [${formatSigned(ci95[0], half)}, ${formatSigned(ci95[1], half)}]`
    : formatSigned(difference);
  return [numbers, `${verdict}, n = ${n}`];
}

function belowRow([numbers, verdict]: [string, string], width: number): string[] {
  const together = `${numbers} · ${verdict}`;
  return measure(together, { size: small }) <= width ? [together] : [numbers, verdict];
}

function forestData(experiment: ExperimentResult, metrics: readonly string[]): CsvTable {
  const rows = experiment.comparisons.filter((c) => metrics.includes(c.metric));
  return csvTable(
    ["metric", "arm", "baseline", "n", "difference", "sd", "low95", "high95", "p", "pHolm", "detectable80", "verdict"],
    rows.map((c) => [
      c.metric,
      c.arm,
      experiment.baseline,
      c.n,
      c.difference,
      c.sd,
      c.ci95?.[0],
      c.ci95?.[1],
      c.p,
      c.pHolm,
      c.detectable80,
      c.verdict,
    ]),
  );
}
