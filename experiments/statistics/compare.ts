/** Paired comparison of every arm with the baseline, metric by metric. */
import { deviation, mean } from "d3-array";
import type { ArmResult, Comparison, RunResult, Verdict } from "../results.ts";
import { bootstrapMean95 } from "./bootstrap.ts";
import { holm } from "./holm.ts";
import { measuredDifferently } from "./measurement.ts";
import { flatMetrics, isFinished } from "./metrics.ts";
import { detectableDifference, seedsToTell, tHalfWidth, tTestP } from "./student-t.ts";

export const significance = 0.05;
/** With fewer pairs a bootstrap says less than it seems to. */
const fewestForBootstrap = 8;

export interface Pair {
  seedIndex: number;
  arm: number;
  baseline: number;
  difference: number;
}

/** Values of one metric over the seeds that both finished, with the difference arm − baseline. Values that are not finite make no pair. */
export function pairsOf(arm: readonly RunResult[], baseline: readonly RunResult[], metric: string): Pair[] {
  const reference = valuesBySeed(baseline, metric);
  const pairs: Pair[] = [];
  for (const [seedIndex, value] of valuesBySeed(arm, metric)) {
    const base = reference.get(seedIndex);
    if (base === undefined || !Number.isFinite(value) || !Number.isFinite(base)) continue;
    pairs.push({ seedIndex, arm: value, baseline: base, difference: value - base });
  }
  return pairs.sort((a, b) => a.seedIndex - b.seedIndex);
}

/**
 * One comparison per metric and arm other than the baseline: primary metrics first, in the order given. Only primary
 * metrics are tested, with p corrected by Holm over all arms and all primary metrics: one experiment is one family, so
 * that a second primary metric is no second chance. The others carry intervals. An arm whose metric was measured on other
 * text than the baseline's has neither.
 *
 * `detectable80` and `seedsFor` are for the verdict as it is given: at level 0.05 / family, the first and strictest step of
 * Holm, which a comparison passes whatever the other arms do. (Where others differ too it is held against a milder level, so
 * the power is at least that.) Intervals are for one comparison by itself, and so is all of a metric that is not tested.
 */
export function compareArms(arms: readonly ArmResult[], baseline: string, primary: readonly string[]): Comparison[] {
  const base = arms.find((arm) => arm.name === baseline);
  if (!base)
    throw new RangeError(`The baseline "${baseline}" is not an arm; the arms are ${arms.map((arm) => `"${arm.name}"`).join(", ")}.`);
  const others = arms.filter((arm) => arm !== base);
  const found = arms.flatMap((arm) => arm.runs.filter(isFinished).flatMap((run) => Object.keys(flatMetrics(run.metrics))));
  const compare = (metrics: readonly string[]) => metrics.flatMap((metric) => others.map((arm) => compareOne(arm, base, metric)));
  const tested = [...new Set(primary)];
  const untested = [...new Set(found)].filter((metric) => !tested.includes(metric));
  return [
    ...judged(compare(tested)),
    ...compare(untested).map(
      (comparison): Comparison => ({
        ...comparison,
        p: null,
        verdict: alike(comparison) ? "not tested" : comparison.verdict,
        ...sensitivity(comparison, significance),
      }),
    ),
  ];
}

/** Comparisons of one family with their verdicts. */
function judged(comparisons: readonly Comparison[]): Comparison[] {
  const family = comparisons.filter((comparison) => comparison.p !== null);
  const adjusted = holm(family.map((comparison) => comparison.p!));
  return comparisons.map((comparison) => {
    const place = family.indexOf(comparison);
    const pHolm = place < 0 ? null : adjusted[place];
    return {
      ...comparison,
      pHolm,
      family: alike(comparison) ? family.length : 0,
      verdict: verdictOf(comparison, pHolm),
      ...sensitivity(comparison, significance / Math.max(1, family.length)),
    };
  });
}

const alike = ({ measuredDifferently: how }: Comparison): boolean => how === undefined;

/** Everything that needs no other arm. */
function compareOne(arm: ArmResult, baseline: ArmResult, metric: string): Comparison {
  const how = measuredDifferently(metric, arm.config, baseline.config);
  if (how !== null) {
    const pairs = pairsOf(arm.runs, baseline.runs, metric).length;
    return {
      metric,
      arm: arm.name,
      n: pairs,
      difference: NaN,
      sd: NaN,
      ci95: null,
      p: null,
      pHolm: null,
      detectable80: null,
      seedsFor: {},
      family: 0,
      verdict: "not the same measurement",
      measuredDifferently: how,
    };
  }
  const pairs = pairsOf(arm.runs, baseline.runs, metric);
  const differences = pairs.map((pair) => pair.difference);
  const n = differences.length;
  const difference = mean(differences) ?? NaN;
  const sd = deviation(differences) ?? NaN;
  const identical = n > 0 && differences.every((d) => d === 0);
  // differences that are all the same say nothing of chance: no interval and no test
  const enough = n >= 2 && (identical || !constant(pairs));
  const half = tHalfWidth(n, sd);
  return {
    metric,
    arm: arm.name,
    n,
    difference,
    sd,
    ci95: enough ? [difference - half, difference + half] : null,
    ...(n >= fewestForBootstrap && { bootstrap95: bootstrapMean95(differences) }),
    p: enough && !identical ? tTestP(n, difference, sd) : null,
    pHolm: null,
    detectable80: null,
    seedsFor: {},
    family: 0,
    verdict: identical ? "identical" : "cannot tell",
  };
}

/** All differences are one number, but for the rounding of subtracting: metrics that count have such, as skipped steps. */
export function constant(pairs: readonly Pick<Pair, "arm" | "baseline" | "difference">[]): boolean {
  const differences = pairs.map(({ difference }) => difference);
  const rounding = 2 * Number.EPSILON * Math.max(...pairs.map(({ arm, baseline }) => Math.max(Math.abs(arm), Math.abs(baseline))));
  return Math.max(...differences) - Math.min(...differences) <= rounding;
}

/** What a test at level `alpha` sees with 80 % power. */
function sensitivity({ n, difference, sd, ci95 }: Comparison, alpha: number): Pick<Comparison, "detectable80" | "seedsFor"> {
  // a spread of exactly 0 comes from equal runs and says nothing about what the design could see
  if (n < 2 || ci95 === null || !(sd > 0)) return { detectable80: null, seedsFor: {} };
  return { detectable80: detectableDifference(n, sd, alpha), seedsFor: difference === 0 ? {} : seedsForSeen(difference, sd, alpha) };
}

/** Keyed by the size of the difference: the one seen, and half of it. */
function seedsForSeen(difference: number, sd: number, alpha: number): Record<string, number> {
  const sizes = [Math.abs(difference), Math.abs(difference) / 2];
  return Object.fromEntries(sizes.map((size) => [String(Number(size.toPrecision(6))), seedsToTell(size, sd, alpha)]));
}

function verdictOf({ verdict, difference }: Comparison, pHolm: number | null): Verdict {
  if (verdict === "identical" || pHolm === null || !(pHolm < significance)) return verdict;
  return difference < 0 ? "lower" : "higher";
}

function valuesBySeed(runs: readonly RunResult[], metric: string): Map<number, number> {
  const values = new Map<number, number>();
  for (const run of runs) {
    if (!isFinished(run)) continue;
    const value = flatMetrics(run.metrics)[metric];
    if (value !== undefined) values.set(run.seedIndex, value);
  }
  return values;
}
