/** What was found of a claim, in words that follow from the numbers. */
import type { ArmResult, ExperimentResult } from "../results.ts";
import type { Finding, Outcome } from "./claims.ts";
import { metricTitle, metricUnit } from "./metrics.ts";
import { formatCount, formatP, formatSigned, formatValue } from "./numbers.ts";
import { describeUnfinished } from "./sentence.ts";

export const outcomeTitles: Record<Outcome, string> = {
  holds: "Holds here.",
  "does not hold": "Does not hold here.",
  "cannot tell": "Cannot be told here.",
  "not measured": "Not measured.",
};

/** "Of 4 claims 2 hold here, 1 does not and 1 cannot be told. From 12 runs: 4 arms, 3 seeds, 300 steps of 1,024 tokens." */
export function describeStudy({ arms }: Pick<ExperimentResult, "arms">, findings: readonly Finding[]): string {
  const count = (outcome: Outcome) => findings.filter((finding) => finding.outcome === outcome).length;
  const parts = [
    [count("holds"), "holds here", "hold here"],
    [count("does not hold"), "does not hold", "do not hold"],
    [count("cannot tell"), "cannot be told", "cannot be told"],
    [count("not measured"), "was not measured", "were not measured"],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`);
  return [
    findings.length === 0 ? "" : `Of ${findings.length} ${findings.length === 1 ? "claim" : "claims"} ${list(said)}.`,
    `From ${describeRuns(arms)}.`,
    describeUnfinished(arms) ?? "",
  ]
    .filter(Boolean)
    .join(" ");
}

function describeRuns(arms: readonly ArmResult[]): string {
  const runs = arms.flatMap((arm) => arm.runs);
  const done = runs.filter((run) => run.status === "done").length;
  const seeds = Math.max(0, ...arms.map((arm) => arm.runs.length));
  const each = (of: (arm: ArmResult) => number) =>
    [...new Set(arms.map(of))]
      .sort((a, b) => a - b)
      .map(formatCount)
      .join(" or ");
  const size = arms.every((arm) => arm.config.train)
    ? `, ${each(({ config }) => config.train.steps)} steps of ${each(({ config: { train } }) => train.batchSize * train.seqLen)} tokens`
    : "";
  return `${done === runs.length ? done : `${done} of ${runs.length}`} ${runs.length === 1 ? "run" : "runs"}: ${counted(arms.length, "arm")}, ${counted(seeds, "seed")}${size}`;
}

/** Numbers behind an outcome: size, interval, n, means, p; and for "cannot tell" what the design could have seen. */
export function describeFinding(finding: Finding): string {
  const { claim, n, why, ci95 } = finding;
  if (finding.outcome === "not measured") return `${capital(why ?? "there is nothing to measure")}.`;
  const other = typeof finding.than === "number" ? asWritten(finding.than) : `“${finding.than}”`;
  if (why === "identical") return `${quantity(claim.metric)} of “${claim.arm}” and ${other} is identical in ${counted(n, "seed")}.`;
  if (why === "no spread")
    return `${quantity(claim.metric)} of “${claim.arm}” ${size(finding, other)}, by the same in each of ${counted(n, "seed")}: without a spread there is neither interval nor test.`;
  const sentences = [
    `${quantity(claim.metric)} of “${claim.arm}” ${size(finding, other)} (${[interval(finding), counted(n, "seed"), probability(finding)].filter(Boolean).join(", ")}).`,
  ];
  if (claim.expect === "same" && finding.outcome !== "cannot tell")
    sentences.push(`That is ${finding.outcome === "holds" ? "within" : "beyond"} the ±${margin(finding)} that count as the same.`);
  if (finding.outcome === "cannot tell") sentences.push(ci95 === null ? "One seed has no interval; two or more can tell." : reach(finding));
  return sentences.join(" ");
}

/** "MaxVio, validation" → "MaxVio (validation)", so that a sentence can go on. */
const quantity = (metric: string): string => metricTitle(metric).replace(/, (.+)$/, " ($1)");

/** "is 0.071 times that of “b”, 0.24 against 3.4", "is above that of “b” by 0.03 nats, 2.21 against 2.18", "is 0.66, above 0.5" */
function size(finding: Finding, other: string): string {
  const { armMean, thanMean, scale, estimate, ci95, claim, than } = finding;
  const half = ci95 && scale === "difference" ? (ci95[1] - ci95[0]) / 2 : NaN;
  // without a spread, three significant digits
  const digits = (value: number): string => formatValue(value, Number.isFinite(half) ? half : Math.abs(value) / 10);
  const direction = estimate < 0 ? "below" : "above";
  if (typeof than === "number") return `is ${withUnit(digits(armMean), claim.metric)}, ${direction} ${other}`;
  const means = `${digits(armMean)} against ${digits(thanMean)}`;
  if (scale === "ratio") return `is ${formatFactor(estimate)} times that of ${other}, ${means}`;
  return `is ${direction} that of ${other} by ${withUnit(digits(Math.abs(estimate)), claim.metric)}, ${means}`;
}

/** The interval that decides: of two one-sided tests at 5 %, which tell that a difference is small, that of 90 %. */
function interval({ ci95, ci90, outcome, scale, than }: Finding): string {
  const [level, ends] = ci90 && outcome !== "does not hold" ? (["90 % interval", ci90] as const) : (["95 % interval", ci95] as const);
  if (!ends) return "";
  if (scale === "ratio") return `${level} of the factor ${ends.map(formatFactor).join(" to ")}`;
  const half = (ends[1] - ends[0]) / 2;
  const told = typeof than === "number" ? ends.map((end) => formatValue(end + than, half)) : ends.map((end) => formatSigned(end, half));
  return `${level} ${typeof than === "number" ? "" : "of the difference "}${told.join(" to ")}`;
}

function probability({ pHolm, family }: Finding): string {
  return pHolm === null
    ? ""
    : `p ${pHolm < 0.001 ? formatP(pHolm) : `= ${formatP(pHolm)}`}${family > 1 ? ` after correction for ${family} comparisons` : ""}`;
}

/** Why the interval decides nothing, and what this design could have seen. */
function reach(finding: Finding): string {
  const { claim, scale, ci95, ci90, detectable80, than } = finding;
  const [low, high] = (ci90 ?? ci95)!;
  if (claim.expect === "same") {
    const inside = low >= -claim.within! && high <= claim.within!;
    return `To count as the same it must surely be within ±${margin(finding)}; the interval ${inside ? "is, but not after correction" : "reaches beyond"}.`;
  }
  const bound = claim.factor ?? (typeof than === "number" ? than : 0);
  const shift = typeof than === "number" ? than : 0;
  const told = low + shift > bound || high + shift < bound;
  const line = claim.factor === null ? asWritten(bound) : `the factor ${formatFactor(bound)}`;
  const sentence = told ? `The interval by itself leaves out ${line}, but not after correction.` : `The interval contains ${line}.`;
  if (detectable80 === null) return sentence;
  return `${sentence} This design would have seen ${scale === "ratio" ? `a factor of ${formatFactor(detectable80)}` : withUnit(formatValue(detectable80, detectable80), claim.metric)} with 80 % power.`;
}

const margin = ({ claim }: Finding): string => withUnit(asWritten(claim.within!), claim.metric);

/** What somebody wrote keeps the digits they wrote. */
const asWritten = (value: number): string => String(value).replaceAll("-", "−");

/** Two significant digits. */
const formatFactor = (factor: number): string => formatValue(factor, Math.abs(factor));

function withUnit(text: string, metric: string): string {
  const unit = metricUnit(metric).replace(/ per token$/, "");
  return unit && unit !== "fraction" ? `${text} ${unit}` : text;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
