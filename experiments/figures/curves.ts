/** Training and validation curves of an experiment's arms. */
import * as v from "valibot";
import type { ExperimentResult } from "../results.ts";
import { metricTitle } from "../statistics/metrics.ts";
import { formatCount, formatValue } from "../statistics/numbers.ts";
import { armCurves, curvePanel, notDrawn, type ArmCurves, type CurveOptions } from "./curve-panel.ts";
import { csvTable, type CsvTable } from "./csv.ts";
import type { Block } from "./block.ts";
import { compose, innerWidth, sideBySide, type Figure, type FigureOptions } from "./figure.ts";
import { armLegend, chooseArms, countRuns, lowerFirst } from "./experiment.ts";
import { metricName, xAxis } from "./options.ts";
import { isStepMetric, pointsPerColumn } from "./series.ts";

export const curveOptions = {
  x: v.optional(xAxis, "steps"),
  logX: v.optional(v.boolean(), false),
  logY: v.optional(v.boolean(), false),
  smoothing: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.02),
  band: v.optional(v.picklist(["range", "sd", "none"]), "range"),
  seeds: v.optional(v.boolean(), true),
  arms: v.optional(v.nullable(v.array(v.string())), null),
};

export const curvesOptions = v.strictObject({
  metrics: v.optional(v.pipe(v.array(metricName), v.minLength(1), v.maxLength(12)), ["trainLoss", "valLoss"]),
  ...curveOptions,
});

export function curves(experiment: ExperimentResult, options: v.InferOutput<typeof curvesOptions>, frame: FigureOptions): Figure {
  const arms = chooseArms(experiment, options.arms);
  const panels = options.metrics.map((metric) => ({ metric, curves: armCurves(arms, metric, options) }));
  const block = sideBySide(panels.length, innerWidth(frame), 290, (i, width) =>
    curvePanel({ all: experiment.arms, ...panels[i], options, width, frame }),
  );
  return compose(
    {
      title: titleOf(options.metrics),
      alternative: panels.map(({ metric, curves }) => describe(metric, curves, options)).join(" "),
      data: () => curvesData(panels, options),
      legend: armLegend(experiment, arms),
      blocks: [block],
      notes: [...readingNote(options, panels, block), ...notDrawn(panels, options, frame), ...countRuns(arms)],
    },
    frame,
  );
}

function titleOf(metrics: readonly string[]): string {
  const titles = metrics.map((metric, i) => (i === 0 ? metricTitle(metric) : lowerFirst(metricTitle(metric))));
  return titles.join(titles.some((title) => title.includes(",")) ? "; " : titles.length === 2 ? " and " : ", ");
}

/** How to read lines and band, and by what rule lines of very many points are thinned. */
export function readingNote(
  { band, seeds, smoothing }: CurveOptions,
  panels: readonly { metric: string; curves: readonly ArmCurves[] }[],
  { areas = [] }: Block,
): string[] {
  if (!areas.length) return [];
  const shade = { range: "Band: range over seeds.", sd: "Band: mean ± one standard deviation over seeds.", none: "" }[band];
  const smoothed =
    smoothing > 0 && panels.some(({ metric }) => isStepMetric(metric))
      ? `Per-step values are smoothed over ${formatValue(smoothing * 100)} % of the run; faint lines are unsmoothed.`
      : "";
  const longest = Math.max(0, ...panels.flatMap(({ curves }) => curves.flatMap(({ runs }) => runs.map(({ raw }) => raw.y.length))));
  const thinned = areas.some(({ width }) => longest > pointsPerColumn * width)
    ? "Of every pixel column a line keeps its first, least, greatest and last value."
    : "";
  const single = !seeds && panels.every(({ curves }) => curves.every(({ runs }) => runs.length < 2));
  return [
    [single ? "One run each." : `Thick: mean over seeds${seeds ? "; thin: each seed" : ""}.`, shade, smoothed, thinned, windowsNote(panels)]
      .filter(Boolean)
      .join(" "),
  ];
}

/** Points of validation curves are of fewer windows than what tables and verdicts are of. */
function windowsNote(panels: readonly { metric: string; curves: readonly ArmCurves[] }[]): string {
  const validated = panels
    .filter(({ metric }) => !isStepMetric(metric))
    .flatMap(({ curves }) => curves.map(({ arm }) => arm.config.validation));
  const [first] = validated;
  if (
    !first?.final ||
    first.final === first.windowsPerDomain ||
    validated.some((other) => other.final !== first.final || other.windowsPerDomain !== first.windowsPerDomain)
  )
    return "";
  const last = first.final === "all" ? "all validation text" : `${formatCount(first.final)}`;
  return `Validations along the run read ${formatCount(first.windowsPerDomain)} windows of each domain, the last one, which tables tell of, ${last}.`;
}

/** Where each arm's mean curve begins and ends. */
export function describe(metric: string, curves: readonly ArmCurves[], { x }: CurveOptions): string {
  const texts = curves.map(({ arm, mean }) =>
    mean.y.length ? `${arm.name} from ${formatValue(mean.y[0])} to ${formatValue(mean.y.at(-1)!)}` : `${arm.name} has no values`,
  );
  return `${metricTitle(metric)} against ${x}: ${texts.join("; ")}.`;
}

/** One row per arm, seed, metric and step; values as they were reported, and smoothed. */
export function curvesData(panels: readonly { metric: string; curves: readonly ArmCurves[] }[], { x }: CurveOptions): CsvTable {
  const rows = panels.flatMap(({ metric, curves }) =>
    curves.flatMap(({ arm, runs }) =>
      runs.flatMap(({ run, raw, smooth }) =>
        raw.y.map((value, i) => [arm.name, run.seed.init, metric, raw.steps[i], ...(x === "steps" ? [] : [raw.x[i]]), value, smooth.y[i]]),
      ),
    ),
  );
  return csvTable(["arm", "seed", "metric", "step", ...(x === "steps" ? [] : [x]), "value", "smoothed"], rows);
}
