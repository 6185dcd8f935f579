/** What the comparisons say, in words: which arms differ, which cannot be told apart, and what this design could have seen. */
import type { ArmResult, Comparison, ExperimentResult } from "../results.ts";
import { significance } from "./compare.ts";
import { isFinished, metricTitle, metricUnit } from "./metrics.ts";
import { formatCount, formatSigned, formatValue } from "./numbers.ts";
import { runWarnings } from "./run-warnings.ts";

/** Seeds beyond this are no plan a person can follow. */
const practicalSeeds = 10_000;
/** More arms than this that cannot be told apart are named without numbers. */
const mostInDetail = 4;

/** One paragraph per primary metric, then one about runs that did not finish, if any, and one for each thing to look at in those that did. */
export function describeExperiment(experiment: ExperimentResult): string[] {
  const paragraphs = experiment.primary.map((metric) => describeMetric(experiment, metric));
  const unfinished = describeUnfinished(experiment.arms);
  return [...paragraphs, ...(unfinished ? [unfinished] : []), ...runWarnings(experiment)];
}

/** The paragraph of one primary metric. */
export function describeMetric(
  { arms, comparisons, baseline }: Pick<ExperimentResult, "arms" | "comparisons" | "baseline">,
  metric: string,
): string {
  const own = comparisons.filter((comparison) => comparison.metric === metric);
  const untold = own.filter((c) => c.verdict === "cannot tell");
  const sentences = [
    ...(["lower", "higher"] as const).flatMap((verdict) =>
      describeTold(
        own.filter((c) => c.verdict === verdict),
        verdict,
        baseline,
      ),
    ),
    ...describeUntold(
      untold.filter((c) => c.ci95 !== null),
      baseline,
    ),
    ...describeUnlike(own, baseline),
    ...describeWithoutInterval(
      untold.filter((c) => c.ci95 === null),
      baseline,
      arms,
    ),
    ...own
      .filter((c) => c.verdict === "identical")
      .map((c) => `${quote(c.arm)} and ${quote(baseline)} are identical in ${counted(c.n, "seed")}.`),
  ];
  const family = Math.max(0, ...own.map((c) => c.family));
  const power = untold.some((c) => c.detectable80 !== null) ? " and power" : "";
  if (family > 1) sentences.push(`Verdicts${power} are corrected for ${family} comparisons (Holm).`);
  return `${metricTitle(metric)}: ${sentences.join(" ") || "there is nothing to compare."}`;
}

/** "“a” is lower than “base” by 0.1 nats (95 % interval −0.2 to −0.05, 3 seeds), “b” by …" */
function describeTold(comparisons: readonly Comparison[], verdict: "lower" | "higher", baseline: string): string[] {
  if (!comparisons.length) return [];
  const parts = comparisons.map((c, i) => {
    const size = withUnit(formatValue(Math.abs(c.difference), halfWidth(c)), c.metric);
    return `${quote(c.arm)} ${i === 0 ? `is ${verdict} than ${quote(baseline)} by` : "by"} ${size} (${i === 0 ? "95 % interval of the difference " : ""}${interval(c)}, ${counted(c.n, "seed")})`;
  });
  return [`${list(parts)}.`];
}

/** Arms that cannot be told apart share a sentence, with what this design could have seen and what the differences would take. */
function describeUntold(comparisons: readonly Comparison[], baseline: string): string[] {
  if (!comparisons.length) return [];
  const many = comparisons.length > mostInDetail;
  const names = comparisons.map((c, i) =>
    many
      ? quote(c.arm)
      : `${quote(c.arm)} (difference ${withUnit(formatSigned(c.difference, halfWidth(c)), c.metric)}, ${i === 0 ? "95 % interval " : ""}${interval(c)}, ${counted(c.n, "seed")})`,
  );
  const sentences = [`${list(names)} cannot be told apart from ${quote(baseline)}.`];
  const corrected = comparisons.filter((c) => c.p !== null && c.p < significance);
  if (corrected.length)
    sentences.push(
      `${corrected.length === 1 ? "The interval" : "The intervals"} of ${list(corrected.map((c) => quote(c.arm)))} by ${corrected.length === 1 ? "itself leaves" : "themselves leave"} out 0, but not after correction for all comparisons.`,
    );
  const seen = comparisons.flatMap((c) => (c.detectable80 === null ? [] : [c.detectable80]));
  if (seen.length)
    sentences.push(
      `This design would have seen ${withUnit(range(seen), comparisons[0].metric)} with 80 % power${many ? "" : describeSeeds(comparisons)}.`,
    );
  return sentences;
}

/** Arms that were measured on other text than the baseline have numbers of their own, and no difference. */
function describeUnlike(comparisons: readonly Comparison[], baseline: string): string[] {
  return comparisons.flatMap(({ arm, measuredDifferently }) =>
    measuredDifferently === undefined
      ? []
      : [`${quote(arm)} is not the same measurement as ${quote(baseline)} (${measuredDifferently}): no difference is told.`],
  );
}

function describeWithoutInterval(comparisons: readonly Comparison[], baseline: string, arms: readonly ArmResult[]): string[] {
  const seedsOf = (name: string) => finishedSeeds(arms.find((arm) => arm.name === name));
  const constant = comparisons.filter((c) => c.n > 1);
  const single = comparisons.filter((c) => c.n === 1);
  const valueless = comparisons.filter((c) => c.n === 0 && seedsOf(c.arm).some((seed) => seedsOf(baseline).includes(seed)));
  const none = comparisons.filter((c) => c.n === 0 && !valueless.includes(c));
  const sentences = constant.map(
    (c) =>
      `${quote(c.arm)} minus ${quote(baseline)} is exactly ${withUnit(formatSigned(c.difference), c.metric)} in each of ${counted(c.n, "seed")}: without a spread there is neither interval nor test.`,
  );
  if (valueless.length)
    sentences.push(`No seed has a finite value in both ${list(valueless.map((c) => quote(c.arm)))} and ${quote(baseline)}.`);
  if (single.length)
    sentences.push(
      `One seed cannot tell ${list(single.map((c) => quote(c.arm)))} from ${quote(baseline)} (difference: ${single.map((c) => `${quote(c.arm)} ${formatSigned(c.difference)}`).join(", ")}); an interval needs two.`,
    );
  if (none.length) sentences.push(`No seed finished in both ${list(none.map((c) => quote(c.arm)))} and ${quote(baseline)}.`);
  return sentences;
}

const finishedSeeds = (arm: ArmResult | undefined): number[] => (arm?.runs ?? []).filter(isFinished).map((run) => run.seedIndex);

/** "; a difference of the size seen would take about 41 seeds", where that is more than there were. */
function describeSeeds(comparisons: readonly Comparison[]): string {
  const needed = comparisons.flatMap((comparison) => {
    const seeds = comparison.seedsFor[String(Number(Math.abs(comparison.difference).toPrecision(6)))];
    if (seeds === undefined || seeds <= comparison.n) return [];
    return [
      {
        arm: comparison.arm,
        text: seeds > practicalSeeds ? `more than ${formatCount(practicalSeeds)} seeds` : `about ${formatCount(seeds)} seeds`,
      },
    ];
  });
  if (!needed.length) return "";
  if (comparisons.length === 1) return `; a difference of the size seen would take ${needed[0].text}`;
  return `; to tell a difference of the size seen would take ${list(needed.map(({ arm, text }) => `${text} for ${quote(arm)}`))}`;
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

function interval(comparison: Comparison): string {
  const half = halfWidth(comparison);
  return comparison.ci95!.map((end) => formatSigned(end, half)).join(" to ");
}

/** "0.03", or "0.03 to 0.05" where two digits tell them apart. */
function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => formatValue(value, value));
  return least === most ? least : `${least} to ${most}`;
}

function withUnit(text: string, metric: string): string {
  const unit = metricUnit(metric).replace(/ per token$/, "");
  return unit && unit !== "fraction" ? `${text} ${unit}` : text;
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function quote(name: string): string {
  return `“${name}”`;
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
