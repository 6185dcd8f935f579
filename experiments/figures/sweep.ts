/** A metric against the number that the arms differ in, such as gamma, alpha, the learning rate or a depth. */
import canonicalize from "canonicalize";
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { flatMetrics, metricDefinition, metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles } from "./arm-styles.ts";
import { csvTable } from "./csv.ts";
import { armLegend, chooseArms, countRuns, finishedRuns, isHidden } from "./experiment.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { meanOf, responsePanel, type ResponsePoint, type ResponseSeries } from "./response-panel.ts";
import { themeOf } from "./theme.ts";
import { tickText } from "./ticks.ts";

export const sweepOptions = v.strictObject({
  metric: v.optional(metricName, "valLoss"),
  /** path in the config, e.g. "balance.bias.gamma"; null: the first number the arms differ in */
  path: v.optional(v.nullable(v.string()), null),
  /** null: logarithmic when the values span a factor of 8 or more, or grow by an equal factor */
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
  const logX = positive && (options.logX ?? isGeometric(xs));
  const styles = armStyles(experiment.arms);
  const reported = (arm: ArmResult) =>
    finishedRuns(arm).map((run) => ({
      seedIndex: run.seedIndex,
      seed: run.seed.init,
      value: flatMetrics(run.metrics)[options.metric] ?? NaN,
    }));
  const values = (arm: ArmResult) => reported(arm).filter(({ value }) => Number.isFinite(value) && (!options.logY || value > 0));
  const leftOut = arms.reduce((count, arm) => count + reported(arm).length - values(arm).length, 0);
  const pointOf = ({ arm, x }: Placed): ResponsePoint => ({ x, values: values(arm), style: styles.get(arm.name)!, arm: arm.name });
  const lines = path === null ? [] : linesOf(placed, path);
  const points = lines.flat().map(pointOf);
  const shown = lines.map((line): ResponseSeries => ({ points: line.filter(({ arm }) => !isHidden(arm.name, frame)).map(pointOf) }));
  const others = path === null ? [] : arms.filter((arm) => !placed.some((one) => one.arm === arm));
  const references = others.flatMap((arm) =>
    values(arm).length
      ? [{ arm: arm.name, value: meanOf({ values: values(arm) }), label: `${arm.name} (mean of ${values(arm).length})` }]
      : [],
  );
  const counts = [...new Set(points.map((point) => point.values.length))];
  const { better } = metricDefinition(options.metric);
  const any = shown.some((line) => line.points.some((point) => point.values.length));
  return compose(
    {
      title: path === null ? metricTitle(options.metric) : `${metricTitle(options.metric)} against ${path}`,
      alternative:
        [
          ...points.filter((p) => p.values.length).map((p) => `${path} ${tickText(p.x)}: ${formatValue(meanOf(p))}.`),
          ...references.map(({ value, label }) => `${label}: ${formatValue(value)}.`),
        ].join(" ") || "There is nothing to draw yet.",
      data: () =>
        csvTable(
          ["arm", path ?? "x", "seed", options.metric],
          points.flatMap((p) => p.values.map(({ seed, value }) => [p.arm, p.x, seed, value])),
        ),
      legend: points.length ? armLegend(experiment, arms) : [],
      blocks: [
        any
          ? responsePanel(shown, {
              width,
              theme,
              references: references.filter(({ arm }) => !isHidden(arm, frame)),
              x: { label: path!, log: logX, ticks: fewTicks(xs) },
              y: { label: metricLabel(options.metric), name: metricTitle(options.metric), log: options.logY },
            })
          : emptyBlock(
              path === null
                ? "The arms differ in no number; name one with the option path."
                : placed.length
                  ? points.some((point) => point.values.length)
                    ? "Every arm with a value is hidden."
                    : leftOut
                      ? "No value that this scale can show."
                      : "No run has finished yet."
                  : `No arm has a number at ${path}.`,
              width,
              theme,
            ),
      ],
      notes: any
        ? [
            `${lines.length > 1 && lines.some((line) => line.length > 1) ? `A line joins arms that differ in ${path} alone. ` : ""}Small symbols: one run each; large: mean of ${counts.length === 1 ? `n = ${counts[0]}` : `n = ${Math.min(...counts)} to ${Math.max(...counts)}`} runs.${better === "neither" ? "" : ` ${better[0].toUpperCase()}${better.slice(1)} is better.`}`,
            ...(options.logX && !positive ? [`${path} is not above 0 everywhere: its axis is linear.`] : []),
            ...leftOutNote(leftOut),
            ...countRuns(arms),
          ]
        : [...leftOutNote(leftOut), ...countRuns(arms)],
    },
    frame,
  );
}

function leftOutNote(runs: number): string[] {
  return runs ? [`${runs} ${runs === 1 ? "run has" : "runs have"} no value that this scale can show.`] : [];
}

/** Paths of the numbers in which the arms' configs differ, in the order of the config. A schedule counts by its first value. */
function sweptPaths(arms: readonly ArmResult[]): string[] {
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
  return Object.entries(value).flatMap(([key, child]) =>
    numbersIn(child, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key),
  );
}

/** A number, or the first value of a schedule `[{ until, value }, …]`. */
function firstOfSchedule(value: unknown): number | null {
  if (typeof value === "number") return value;
  const first: unknown = Array.isArray(value) ? value[0] : null;
  return typeof first === "object" && first !== null && "until" in first && "value" in first && typeof first.value === "number"
    ? first.value
    : null;
}

interface Placed {
  arm: ArmResult;
  x: number;
}

/** Arms that differ in nothing but the number at `path` belong on one line, by that number; a grid has several lines. */
function linesOf(placed: readonly Placed[], path: string): Placed[][] {
  const lines = new Map<string, Placed[]>();
  for (const one of placed) {
    const key = canonicalize(without(one.arm.config, keysOf(path)))!;
    lines.set(key, [...(lines.get(key) ?? []), one]);
  }
  // arms written one by one may differ in several numbers at once: where no two share a line nor a place, one through all is meant
  const alone = lines.size === placed.length && new Set(placed.map(({ x }) => x)).size === placed.length;
  const all = alone ? [[...placed]] : [...lines.values()];
  return all.map((line) => line.sort((a, b) => a.x - b.x));
}

function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || key === undefined) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[key] = rest.length ? without(copy[key], rest) : null;
  return copy;
}

const keysOf = (path: string): string[] => path.split(/[.[\]]+/).filter(Boolean);

function place(arm: ArmResult, path: string): Placed[] {
  let value: unknown = arm.config;
  for (const key of keysOf(path))
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
  const x = firstOfSchedule(value);
  return x === null ? [] : [{ arm, x }];
}

function isGeometric(values: readonly number[]): boolean {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const factors = sorted.slice(1).map((value, i) => value / sorted[i]);
  return (
    sorted.at(-1)! / sorted[0] >= 8 ||
    (factors.length > 1 && factors[0] >= 1.5 && factors.every((factor) => Math.abs(factor / factors[0] - 1) < 0.05))
  );
}

/** Few values are their own ticks. */
function fewTicks(values: readonly number[]): number[] | undefined {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  return distinct.length <= 8 ? distinct : undefined;
}
