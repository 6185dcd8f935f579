import { own } from "../own-keys.ts";
import { metricTitle, metricUnit } from "../statistics/metrics.ts";
import { formatCount, formatP, formatSigned, formatValue } from "../statistics/numbers.ts";
import type { ArmResult, Comparison, ExperimentResult } from "../results.ts";

/** A table as it is read; HTML, Markdown and LaTeX write the same one (as data: table-csv.ts). */
export interface Table {
  caption: string;
  /** `long`: words of any length, which may be broken anywhere where space is short */
  columns: { name: string; unit?: string; align: "left" | "right"; long?: boolean }[];
  rows: (string | number)[][];
}

/** Metrics worth a column: the primary ones, then those that the product exists to compare, if the runs have them. */
export function shownMetrics({ primary, arms }: ExperimentResult): string[] {
  const measured = (metric: string): boolean => arms.some((arm) => own(arm.mean, metric) !== undefined);
  // agreement stands in for an acceptance that older versions did not measure: both are more than a sheet is wide
  const guesses = measured("acceptance.1") ? ["acceptance.1", "acceptance.2"] : ["agreement.1", "agreement.2"];
  const wanted = [...primary, "valLoss", "maxVioGlobal", "specialisation", ...guesses, "tokensPerSecond"];
  return [...new Set(wanted)].filter(measured);
}

/** One row per arm: sizes and mean ± standard deviation over finished runs. */
export function armTable(experiment: ExperimentResult): Table {
  const metrics = shownMetrics(experiment);
  const cell = ({ n, mean: means, sd: sds }: ArmResult, metric: string) => {
    const [mean, sd] = [own(means, metric), own(sds, metric)];
    return n === 0 || mean === undefined ? "–" : `${formatValue(mean, sd)}${n > 1 ? ` ± ${formatValue(sd ?? NaN, sd)}` : ""}`;
  };
  return {
    caption: `Arms of “${experiment.title}”: mean ± standard deviation over finished runs`,
    columns: [
      { name: "arm", align: "left", long: true },
      { name: "runs", align: "right" },
      { name: "parameters", align: "right" },
      { name: "active", align: "right" },
      ...metrics.map((name) => ({ name: metricTitle(name), unit: metricUnit(name), align: "right" as const })),
    ],
    rows: experiment.arms.map((arm) => [
      arm.name === experiment.baseline ? `${arm.name} (baseline)` : arm.name,
      `${arm.n} of ${arm.runs.length}`,
      formatCount(arm.params),
      formatCount(arm.activeParams),
      ...metrics.map((metric) => cell(arm, metric)),
    ]),
  };
}

/** Comparisons of the primary metrics, and of those that always matter here. */
export const shownComparisons = ({ comparisons, primary }: ExperimentResult): Comparison[] =>
  comparisons.filter((c) => primary.includes(c.metric) || ["maxVioGlobal", "specialisation"].includes(c.metric));

/** One row per comparison of a tested metric with the baseline. */
export function comparisonTable(experiment: ExperimentResult): Table {
  const { title, baseline } = experiment;
  const half = ({ ci95 }: Comparison): number => (ci95 ? (ci95[1] - ci95[0]) / 2 : NaN);
  const interval = (c: Comparison): string => (c.ci95 ? c.ci95.map((end) => formatSigned(end, half(c))).join(" to ") : "–");
  return {
    caption: `Paired differences from “${baseline}” in “${title}”, by seed`,
    columns: [
      { name: "metric", align: "left" },
      { name: "arm", align: "left", long: true },
      { name: "pairs", align: "right" },
      { name: "difference", align: "right" },
      { name: "95 % interval", align: "right" },
      { name: "p (Holm)", align: "right" },
      { name: "detectable", align: "right" },
      { name: "verdict", align: "left" },
    ],
    rows: shownComparisons(experiment).map((c) => [
      metricTitle(c.metric),
      c.arm,
      c.n,
      c.measuredDifferently === undefined ? formatSigned(c.difference, half(c)) : "–",
      interval(c),
      c.pHolm === null ? "–" : formatP(c.pHolm),
      c.detectable80 === null ? "–" : formatValue(c.detectable80, c.detectable80),
      c.verdict,
    ]),
  };
}

/** The same without a column. */
export function withoutColumn({ caption, columns, rows }: Table, name: string): Table {
  const at = columns.findIndex((column) => column.name === name);
  return { caption, columns: columns.toSpliced(at, 1), rows: rows.map((row) => row.toSpliced(at, 1)) };
}

/** One row per run, with everything that tells it from another. */
export function runTable({ title, arms }: ExperimentResult): Table {
  return {
    caption: `Runs of “${title}”`,
    columns: [
      { name: "arm", align: "left", long: true },
      { name: "seed", align: "right" },
      { name: "status", align: "left", long: true },
      { name: "valLoss", align: "right" },
      { name: "maxVioGlobal", align: "right" },
      { name: "specialisation", align: "right" },
      { name: "steps", align: "right" },
      { name: "skipped", align: "right" },
      { name: "seconds", align: "right" },
      { name: "device", align: "left", long: true },
      { name: "key", align: "left", long: true },
    ],
    rows: arms.flatMap((arm) =>
      arm.runs.map((run) => [
        arm.name,
        run.seed.init === run.seed.data ? run.seed.init : `${run.seed.init}/${run.seed.data}`,
        run.status + (run.cached ? ", stored" : "") + (run.error ? `: ${run.error}` : ""),
        ...[run.metrics?.valLoss, run.metrics?.maxVioGlobal, run.metrics?.specialisation].map((value) =>
          value === undefined ? "–" : formatValue(value),
        ),
        run.steps,
        run.metrics?.skippedSteps ?? "–",
        run.seconds.toFixed(1),
        run.provenance ? `${run.provenance.backend} (${run.provenance.adapter})` : "–",
        run.key.slice(0, 16),
      ]),
    ),
  };
}
