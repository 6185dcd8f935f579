import type { ExperimentResult } from "../../../experiments/results.ts";

/** Steps at which any run was validated, ascending: where a scrubber can stand. */
export function validatedSteps({ arms }: Pick<ExperimentResult, "arms">): number[] {
  const steps = new Set<number>();
  for (const run of arms.flatMap((arm) => arm.runs)) for (const event of run.events ?? []) if (event.kind === "eval") steps.add(event.step);
  return [...steps].sort((a, b) => a - b);
}
