/** What the comparisons say, in words: which arms differ, which cannot be told apart, and what this design could have seen. */
import type { ArmResult, Comparison, ExperimentResult } from "../results.ts";
import { significance } from "./compare.ts";
import { metricTitle, metricUnit } from "./metrics.ts";
import { formatSigned, formatValue } from "./numbers.ts";

/** Seeds beyond this are no plan a person can follow. */
const practicalSeeds = 10_000;

/** One paragraph per primary metric, then one about runs that did not finish, if any. */
export function describeExperiment(experiment: ExperimentResult): string[] {
  const paragraphs = experiment.primary.map((metric) => describeMetric(experiment, metric));
  const unfinished = describeUnfinished(experiment.arms);
  return unfinished ? [...paragraphs, unfinished] : paragraphs;
}

/** The paragraph of one primary metric. */
export function describeMetric({ comparisons, baseline }: Pick<ExperimentResult, "comparisons" | "baseline">, metric: string): string {
  const own = comparisons.filter((comparison) => comparison.metric === metric);
  const sentences = [
    ...own.filter((c) => c.verdict === "lower" || c.verdict === "higher").map((c) => describeTold(c, baseline)),
    ...describeUntold(own.filter((c) => c.verdict === "cannot tell"), baseline),
    ...own.filter((c) => c.verdict === "identical").map((c) => `${quote(c.arm)} and ${quote(baseline)} are identical in ${counted(c.n, "seed")}.`),
  ];
  const family = Math.max(0, ...own.map((c) => c.family));
  if (family > 1) sentences.push(`Corrected for ${family} comparisons (Holm).`);
  return `${metricTitle(metric)}: ${sentences.join(" ") || "there is nothing to compare."}`;
}

function describeTold(comparison: Comparison, baseline: string): string {
  const { arm, difference, ci95, n, metric, verdict } = comparison;
  const half = halfWidth(comparison);
  return `${quote(arm)} is ${verdict} than ${quote(baseline)} by ${withUnit(formatValue(Math.abs(difference), half), metric)} (95 % interval of the difference ${interval(ci95!, half)}, ${counted(n, "seed")}).`;
}

/** Arms that cannot be told apart share a sentence where there are many. */
function describeUntold(comparisons: readonly Comparison[], baseline: string): string[] {
  const known = comparisons.filter((c) => c.ci95 !== null);
  const sentences = known.length > 3 ? [describeMany(known, baseline)] : known.map((c) => describeOne(c, baseline));
  const single = comparisons.filter((c) => c.ci95 === null && c.n === 1);
  const none = comparisons.filter((c) => c.n === 0);
  if (single.length) {
    const differences = single.map((c) => `${quote(c.arm)} ${formatSigned(c.difference)}`).join(", ");
    sentences.push(`One seed cannot tell ${list(single)} from ${quote(baseline)} (difference: ${differences}); an interval needs two.`);
  }
  if (none.length) sentences.push(`No seed finished in both ${list(none)} and ${quote(baseline)}.`);
  return sentences;
}

function describeOne(comparison: Comparison, baseline: string): string {
  const { arm, difference, ci95, n, metric, detectable80, p } = comparison;
  const half = halfWidth(comparison);
  const start = `${quote(arm)} cannot be told apart from ${quote(baseline)} (difference ${withUnit(formatSigned(difference, half), metric)}, 95 % interval ${interval(ci95!, half)}, ${counted(n, "seed")}).`;
  const corrected = p !== null && p < significance ? " By itself its interval leaves out 0, but not after correction for all comparisons." : "";
  if (detectable80 === null) return start + corrected;
  return `${start}${corrected} This design would have seen ${withUnit(formatValue(detectable80, detectable80), metric)} with 80 % power${describeSeeds(comparison)}.`;
}

function describeMany(comparisons: readonly Comparison[], baseline: string): string {
  const seen = comparisons.map((c) => c.detectable80).filter((value) => value !== null);
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const text = (value: number) => formatValue(value, value);
  const range = text(least) === text(most) ? text(least) : `${text(least)} to ${text(most)}`;
  const design = seen.length ? ` This design would have seen ${withUnit(range, comparisons[0].metric)} with 80 % power.` : "";
  return `${list(comparisons)} cannot be told apart from ${quote(baseline)}.${design}`;
}

/** "; a difference of the size seen would take about 41 seeds" */
function describeSeeds({ seedsFor, difference, n }: Comparison): string {
  const seeds = seedsFor[String(Number(Math.abs(difference).toPrecision(6)))];
  if (seeds === undefined || seeds <= n) return "";
  return `; a difference of the size seen would take ${seeds > practicalSeeds ? `more than ${practicalSeeds.toLocaleString("en")}` : `about ${seeds}`} seeds`;
}

/** "2 of 3 runs of “x” diverged." for every arm with runs that ended without a result. */
export function describeUnfinished(arms: readonly ArmResult[]): string | null {
  const words = { diverged: "diverged", failed: "failed", stopped: "stopped early" } as const;
  const sentences = arms.flatMap((arm) =>
    (Object.keys(words) as (keyof typeof words)[]).flatMap((status) => {
      const count = arm.runs.filter((run) => run.status === status).length;
      return count ? [`${count} of ${counted(arm.runs.length, "run")} of ${quote(arm.name)} ${words[status]}.`] : [];
    }),
  );
  return sentences.length ? `${sentences.join(" ")} Means and comparisons leave these runs out.` : null;
}

function halfWidth({ ci95 }: Comparison): number {
  return ci95 ? (ci95[1] - ci95[0]) / 2 : NaN;
}

function interval([low, high]: [number, number], half: number): string {
  return `${formatSigned(low, half)} to ${formatSigned(high, half)}`;
}

function withUnit(text: string, metric: string): string {
  const unit = metricUnit(metric).replace(/ per token$/, "");
  return unit && unit !== "fraction" ? `${text} ${unit}` : text;
}

function list(comparisons: readonly Comparison[]): string {
  const names = comparisons.map((c) => quote(c.arm));
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function quote(name: string): string {
  return `“${name}”`;
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
