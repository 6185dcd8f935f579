/** A metric against the number that the arms differ in, such as gamma, alpha, the learning rate or a depth. */
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { flatMetrics, metricDefinition, metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles } from "./arm-styles.ts";
import { tickText } from "./axes.ts";
import { csvText } from "./csv.ts";
import { chooseArms, countRuns, finishedRuns } from "./experiment.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { responsePanel, type ResponseSeries } from "./response-panel.ts";
import { themeOf } from "./theme.ts";

export const sweepOptions = v.strictObject({
  metric: v.optional(metricName, "valLoss"),
  /** path in the config, e.g. "balance.bias.gamma"; null: the first number the arms differ in */
  path: v.optional(v.nullable(v.string()), null),
  /** null: logarithmic when the values span a factor of 8 or more */
  logX: v.optional(v.nullable(v.boolean()), null),
  logY: v.optional(v.boolean(), false),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

export function sweep(experiment: ExperimentResult, options: v.InferOutput<typeof sweepOptions>, frame: FigureOptions): Figure {
  const theme = themeOf(frame.theme);
  const width = innerWidth(frame);
  const arms = chooseArms(experiment, options.arms);
  const path = options.path ?? sweptPaths(arms)[0] ?? null;
  const placed = path === null ? [] : arms.flatMap((arm) => place(arm, path));
  const xs = placed.map(({ x }) => x);
  const positive = xs.length > 0 && Math.min(...xs) > 0;
  const logX = positive && (options.logX ?? Math.max(...xs) / Math.min(...xs) >= 8);
  const styles = armStyles(experiment.arms);
  const values = (arm: ArmResult) =>
    finishedRuns(arm).map((run) => ({ seedIndex: run.seedIndex, value: flatMetrics(run.metrics)[options.metric] ?? NaN })).filter(({ value }) => Number.isFinite(value) && (!options.logY || value > 0));
  const points = placed.map(({ arm, x }) => ({ x, values: values(arm), style: styles.get(arm.name)!, arm: arm.name })).sort((a, b) => a.x - b.x);
  const series: ResponseSeries[] = [{ points }];
  const others = path === null ? [] : arms.filter((arm) => !placed.some((one) => one.arm === arm));
  const references = others.flatMap((arm) => {
    const own = values(arm);
    return own.length ? [{ value: own.reduce((sum, { value }) => sum + value, 0) / own.length, label: `${arm.name} (mean of ${own.length})` }] : [];
  });
  const counts = [...new Set(points.map((point) => point.values.length))];
  const { better } = metricDefinition(options.metric);
  return compose(
    {
      title: path === null ? metricTitle(options.metric) : `${metricTitle(options.metric)} against ${path}`,
      alternative: [...points.filter((p) => p.values.length).map((p) => `${path} ${tickText(p.x)}: ${formatValue(p.values.reduce((sum, { value }) => sum + value, 0) / p.values.length)}.`), ...references.map(({ value, label }) => `${label}: ${formatValue(value)}.`)].join(" ") || "There is nothing to draw yet.",
      csv: () => csvText(["arm", path ?? "x", "seedIndex", options.metric], points.flatMap((p) => p.values.map(({ seedIndex, value }) => [p.arm, p.x, seedIndex, value]))),
      blocks: [
        points.some((point) => point.values.length)
          ? responsePanel(series, { width, theme, references, x: { label: path!, log: logX, ticks: fewTicks(xs), format: tickText }, y: { label: metricLabel(options.metric), name: metricTitle(options.metric), log: options.logY } })
          : emptyBlock(path === null ? "The arms differ in no number; name one with the option path." : placed.length ? "No run has finished yet." : `No arm has a number at ${path}.`, width, theme),
      ],
      notes: points.length
        ? [`Small symbols: one run each; large: mean of ${counts.length === 1 ? `n = ${counts[0]}` : `n = ${Math.min(...counts)} to ${Math.max(...counts)}`} runs.${better === "neither" ? "" : ` ${better[0].toUpperCase()}${better.slice(1)} is better.`}`, ...countRuns(arms)]
        : countRuns(arms),
    },
    frame,
  );
}

/** Paths of the numbers in which the arms' configs differ, in the order of the config. A schedule counts by its first value. */
export function sweptPaths(arms: readonly ArmResult[]): string[] {
  const found = new Map<string, Set<number>>();
  for (const arm of arms) {
    for (const [path, value] of numbersIn(arm.config, "")) found.set(path, (found.get(path) ?? new Set()).add(value));
  }
  return [...found].filter(([, values]) => values.size > 1).map(([path]) => path);
}

function numbersIn(value: unknown, path: string): [string, number][] {
  const scheduled = firstOfSchedule(value);
  if (scheduled !== null) return [[path, scheduled]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => numbersIn(child, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key));
}

/** A number, or the first value of a schedule `[{ until, value }, …]`. */
function firstOfSchedule(value: unknown): number | null {
  if (typeof value === "number") return value;
  const first: unknown = Array.isArray(value) ? value[0] : null;
  return typeof first === "object" && first !== null && "until" in first && "value" in first && typeof first.value === "number" ? first.value : null;
}

function place(arm: ArmResult, path: string): { arm: ArmResult; x: number }[] {
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  let value: unknown = arm.config;
  for (const key of keys) value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  const x = firstOfSchedule(value);
  return x === null ? [] : [{ arm, x }];
}

/** Few values are their own ticks. */
function fewTicks(values: readonly number[]): number[] | undefined {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  return distinct.length <= 8 ? distinct : undefined;
}
