/** Compared runs in the shape that figures draw: every run an arm of its own. */
import type { ExperimentResult, RunResult } from "../../results.ts";
import { summariseArm } from "../../statistics/summary.ts";
import type { ComparableRun, RunComparison } from "./comparison.ts";
import { costOf } from "../cost/cost.ts";

export const comparisonId = "comparison";

/** @param runs those the comparison is of, in its order */
export function comparisonEvidence(comparison: RunComparison, runs: readonly ComparableRun[]): ExperimentResult {
  const arms = runs.map(({ record, result, events }, i) => {
    const { name, seed, key, error, steps, tokens, seconds } = comparison.runs[i];
    const { params, activeParams, flopsPerToken } = costOf(record.config);
    const last = events.at(-1);
    const run: RunResult = {
      arm: name,
      seed,
      seedIndex: 0,
      key,
      error,
      cached: true,
      curves: "",
      events,
      status: result?.status ?? "paused",
      divergedAt: result?.divergedAt ?? null,
      steps: steps ?? last?.step ?? 0,
      tokens: tokens ?? last?.tokens ?? 0,
      seconds: seconds ?? last?.seconds ?? 0,
      provenance: result?.provenance ?? null,
      metrics: result?.metrics ?? null,
    };
    return { name, patch: {}, config: record.config, params, activeParams, flopsPerToken, runs: [run], ...summariseArm([run]) };
  });
  return {
    id: comparisonId,
    cell: "",
    title: "Compared runs",
    question: null,
    baseline: arms[0].name,
    primary: [],
    domains: [...new Set(runs.flatMap(({ record }) => Object.keys(record.config.data.mixture)))],
    dataHash: runs[0].record.dataHash,
    bigramEntropy: {},
    arms,
    comparisons: [],
  };
}
