/**
 * A claim about arms, held against their runs. What is claimed is written down before anyone looks; what is found
 * follows from the runs alone.
 */
import { deviation, mean } from "d3-array";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { constant, pairsOf, significance } from "./compare.ts";
import { holm } from "./holm.ts";
import { measuredDifferently } from "./measurement.ts";
import { flatMetrics, isFinished, metricTitle } from "./metrics.ts";
import { detectableDifference, tHalfWidth, tTestP } from "./student-t.ts";

/** "`arm` is lower (higher, the same) in `metric` than `than`", by a factor or within a margin where one is claimed. */
export interface Claim {
  /** the claim in words */
  claim: string;
  /** what the paper reports, with its place */
  paper: string | null;
  metric: string;
  arm: string;
  /** another arm, paired by seed, or a number; null: the baseline */
  than: string | number | null;
  expect: "lower" | "higher" | "same";
  /** lower: at most this many times the other; higher: at least */
  factor: number | null;
  /** same: the largest difference that still counts as none, in the metric's unit; never null there */
  within: number | null;
}

export type Outcome = "holds" | "does not hold" | "cannot tell" | "not measured";

export interface Finding {
  claim: Claim;
  /** `than` with the baseline put in */
  than: string | number;
  outcome: Outcome;
  /** why there is no number, or why a number says nothing */
  why: string | null;
  /** pairs, or runs where a number is compared with */
  n: number;
  /** means over those seeds */
  armMean: number;
  thanMean: number;
  /** what estimate and interval are of: arm − other, or arm ÷ other (a geometric mean) */
  scale: "difference" | "ratio";
  estimate: number;
  /** for this comparison by itself */
  ci95: [number, number] | null;
  /** of a claim of "same": the interval that must lie within the margin at a level of 5 % (two one-sided tests) */
  ci90: [number, number] | null;
  /** two-sided; for "same" the smaller p of equivalence and of a difference beyond the margin */
  p: number | null;
  /** after Holm */
  pHolm: number | null;
  /** comparisons that Holm corrected over */
  family: number;
  /** smallest difference (a factor for ratios) that this verdict tells with 80 % power, at level 0.05 / family as comparisons do */
  detectable80: number | null;
}

/** A finding before the family is known. `sign`: which way it would go if p is small: +1 the claim holds, −1 its opposite. */
interface Measured {
  finding: Finding;
  /** of the differences, or of the logarithms of the ratios */
  sd: number;
  sign: 1 | -1 | 0;
  /** the verdict of the experiment itself stands, where the claim is one of its tested comparisons */
  settled: boolean;
}

/**
 * Every claim with what the runs say of it. Holm's correction goes over all claims of this list; a claim that is word for
 * word one of the experiment's own tested comparisons counts among them, but keeps the verdict it has there, so that no
 * comparison has two.
 */
export function judgeClaims(experiment: ExperimentResult, claims: readonly Claim[]): Finding[] {
  const measured = claims.map((claim) => measure(experiment, claim));
  const family = measured.filter(({ finding }) => finding.p !== null);
  const adjusted = holm(family.map(({ finding }) => finding.p!));
  return measured.map((one) => {
    const place = family.indexOf(one);
    if (place < 0 || one.settled) return one.finding;
    return decided(
      { ...one.finding, pHolm: adjusted[place], family: family.length, detectable80: detectable(one, family.length) },
      one.sign,
    );
  });
}

function detectable({ finding: { n, scale }, sd }: Measured, family: number): number | null {
  if (n < 2 || !(sd > 0)) return null;
  const size = detectableDifference(n, sd, significance / family);
  return scale === "ratio" ? Math.exp(size) : size;
}

function decided(finding: Finding, sign: 1 | -1 | 0): Finding {
  if (finding.pHolm === null || !(finding.pHolm < significance) || sign === 0) return finding;
  return { ...finding, outcome: sign > 0 ? "holds" : "does not hold" };
}

function measure(experiment: ExperimentResult, claim: Claim): Measured {
  const than = claim.than ?? experiment.baseline;
  const scale = claim.factor === null ? "difference" : "ratio";
  const empty: Finding = {
    claim,
    than,
    outcome: "not measured",
    why: null,
    n: 0,
    armMean: NaN,
    thanMean: NaN,
    scale,
    estimate: NaN,
    ci95: null,
    ci90: null,
    p: null,
    pHolm: null,
    family: 0,
    detectable80: null,
  };
  const nothing = (why: string): Measured => ({ finding: { ...empty, why }, sd: NaN, sign: 0, settled: false });

  const named = [claim.arm, ...(typeof than === "string" ? [than] : [])];
  const arms = named.map((name) => experiment.arms.find((arm) => arm.name === name));
  const missing = named.find((_, i) => arms[i] === undefined);
  if (missing !== undefined) return nothing(`the experiment has no arm “${missing}”`);
  const [arm, other] = arms as ArmResult[];
  if (arm === other) return nothing("an arm cannot be compared with itself");
  const how = other && measuredDifferently(claim.metric, arm.config, other.config);
  if (how) return nothing(`“${arm.name}” and “${other.name}” are not the same measurement of ${metricTitle(claim.metric)}: ${how}`);
  const pairs = other
    ? pairsOf(arm.runs, other.runs, claim.metric)
    : valuesOf(arm, claim.metric).map((value) => ({ arm: value, baseline: than as number, difference: value - (than as number) }));
  if (pairs.length === 0) return nothing(whyNothing(arm, other, claim.metric));

  const values = scale === "ratio" ? pairs.map((pair) => Math.log(pair.arm / pair.baseline)) : pairs.map((pair) => pair.difference);
  if (!values.every(Number.isFinite)) return nothing("a factor needs values above 0");
  const n = values.length;
  const centre = mean(values)!;
  const sd = n < 2 ? NaN : deviation(values)!;
  const show = scale === "ratio" ? Math.exp : (x: number) => x;
  const unspread = n >= 2 && constant(pairs);
  const interval = (level: number): [number, number] | null => {
    const half = tHalfWidth(n, sd, level);
    return n < 2 || unspread ? null : [show(centre - half), show(centre + half)];
  };
  const finding: Finding = {
    ...empty,
    n,
    outcome: "cannot tell",
    armMean: mean(pairs, (pair) => pair.arm)!,
    thanMean: mean(pairs, (pair) => pair.baseline)!,
    estimate: show(centre),
    ci95: interval(0.95),
    ci90: claim.expect === "same" ? interval(0.9) : null,
  };
  if (scale === "difference" && other && values.every((value) => value === 0)) {
    return {
      finding: { ...finding, outcome: claim.expect === "same" ? "holds" : "does not hold", why: "identical" },
      sd,
      sign: 0,
      settled: true,
    };
  }
  if (n < 2) return { finding: { ...finding, why: "one seed" }, sd, sign: 0, settled: false };
  if (unspread || !(sd > 0)) return { finding: { ...finding, why: "no spread" }, sd, sign: 0, settled: false };

  if (claim.expect === "same") {
    const { p, sign } = equivalence(n, centre, sd, claim.within!);
    return { finding: { ...finding, p }, sd, sign, settled: false };
  }
  const beyond = centre - (claim.factor === null ? 0 : Math.log(claim.factor));
  const sign = Math.sign(claim.expect === "lower" ? -beyond : beyond) as 1 | -1 | 0;
  const own =
    claim.factor === null && than === experiment.baseline && experiment.primary.includes(claim.metric)
      ? experiment.comparisons.find((c) => c.metric === claim.metric && c.arm === claim.arm)
      : undefined;
  if (own && own.p !== null)
    return {
      finding: decided({ ...finding, p: own.p, pHolm: own.pHolm, family: own.family, detectable80: own.detectable80 }, sign),
      sd,
      sign,
      settled: true,
    };
  return { finding: { ...finding, p: tTestP(n, beyond, sd) }, sd, sign, settled: false };
}

/**
 * Two questions about one interval: is the difference surely inside ±margin (two one-sided tests), or surely beyond it?
 * At most one of them can be wrong for any one truth, so each may have the whole level.
 */
function equivalence(n: number, centre: number, sd: number, margin: number): { p: number; sign: 1 | -1 } {
  const inside = Math.max(oneSided(n, centre - margin, sd), oneSided(n, -margin - centre, sd));
  const beyond = 2 * Math.min(oneSided(n, margin - centre, sd), oneSided(n, centre + margin, sd));
  return inside <= beyond ? { p: inside, sign: 1 } : { p: Math.min(1, beyond), sign: -1 };
}

/** p of the null hypothesis that the mean is 0 or more, against that it is less. */
function oneSided(n: number, centre: number, sd: number): number {
  const p = tTestP(n, centre, sd);
  return centre < 0 ? p / 2 : 1 - p / 2;
}

function valuesOf(arm: ArmResult, metric: string): number[] {
  return arm.runs
    .filter(isFinished)
    .map((run) => flatMetrics(run.metrics)[metric])
    .filter((value) => value !== undefined && Number.isFinite(value));
}

const reported = (arm: ArmResult, metric: string): boolean =>
  arm.runs.some((run) => isFinished(run) && flatMetrics(run.metrics)[metric] !== undefined);

function whyNothing(arm: ArmResult, other: ArmResult | undefined, metric: string): string {
  for (const one of other ? [arm, other] : [arm]) {
    if (one.runs.some(isFinished)) continue;
    const states = [...new Set(one.runs.map((run) => run.status))];
    const waiting = states.some((status) => ["queued", "running", "paused"].includes(status));
    return waiting
      ? `no run of “${one.name}” has finished yet`
      : `every run of “${one.name}” ${states.includes("diverged") ? "diverged" : "failed"}`;
  }
  for (const one of other ? [arm, other] : [arm])
    if (valuesOf(one, metric).length === 0) return `“${one.name}” has no ${reported(one, metric) ? `finite ${metric}` : metric}`;
  const finished = (one: ArmResult | undefined) => one?.runs.filter(isFinished).map((run) => run.seedIndex) ?? [];
  if (finished(arm).some((seed) => finished(other).includes(seed)))
    return `no seed has a finite ${metric} in both “${arm.name}” and “${other?.name}”`;
  return `no seed finished in both “${arm.name}” and “${other?.name}”`;
}
