/** The tables of a report as data: one number a cell in full, metrics by the names that results.json has. */
import { csvTable, csvText } from "../figures/csv.ts";
import type { Comparison, ExperimentResult } from "../results.ts";
import { shownComparisons, shownMetrics } from "./tables.ts";

/** One row per arm: sizes, and of each metric the mean and standard deviation over finished runs. */
export function armCsv(experiment: ExperimentResult): string {
  const metrics = shownMetrics(experiment);
  return csvText(
    csvTable(
      ["arm", "baseline", "n", "runs", "params", "activeParams", ...metrics.flatMap((metric) => [`${metric}.mean`, `${metric}.sd`])],
      experiment.arms.map((arm) => [
        arm.name,
        arm.name === experiment.baseline,
        arm.n,
        arm.runs.length,
        arm.params,
        arm.activeParams,
        ...metrics.flatMap((metric) => (arm.n === 0 ? [null, null] : [arm.mean[metric], arm.n > 1 ? arm.sd[metric] : null])),
      ]),
    ),
  );
}

/** Half of the 95 % interval's width: what stands after ± . */
const halfWidth = ({ ci95 }: Comparison): number | null => (ci95 ? (ci95[1] - ci95[0]) / 2 : null);

/** One row per comparison of a tested metric with the baseline. */
export function comparisonCsv(experiment: ExperimentResult): string {
  return csvText(
    csvTable(
      ["metric", "arm", "baseline", "n", "difference", "sd", "halfWidth95", "low95", "high95", "p", "pHolm", "detectable80", "verdict"],
      shownComparisons(experiment).map((c) => [
        c.metric,
        c.arm,
        experiment.baseline,
        c.n,
        c.difference,
        c.sd,
        halfWidth(c),
        c.ci95?.[0],
        c.ci95?.[1],
        c.p,
        c.pHolm,
        c.detectable80,
        c.verdict,
      ]),
    ),
  );
}

/** One row per run, with everything that tells it from another. */
export function runCsv({ arms }: ExperimentResult): string {
  return csvText(
    csvTable(
      [
        "arm",
        "seed",
        "dataSeed",
        "status",
        "stored",
        "error",
        "valLoss",
        "maxVioGlobal",
        "specialisation",
        "steps",
        "tokens",
        "seconds",
        "backend",
        "adapter",
        "key",
      ],
      arms.flatMap((arm) =>
        arm.runs.map((run) => [
          arm.name,
          run.seed.init,
          run.seed.data,
          run.status,
          run.cached,
          run.error,
          run.metrics?.valLoss,
          run.metrics?.maxVioGlobal,
          run.metrics?.specialisation,
          run.steps,
          run.tokens,
          run.seconds,
          run.provenance?.backend,
          run.provenance?.adapter,
          run.key,
        ]),
      ),
    ),
  );
}
