import type { DomainText } from "../../../engine/data/domain-text.ts";
import type { ExperimentResult } from "../../results.ts";
import { LiveRun } from "./live-run.ts";
import type { ExperimentPlan } from "../plan/plan.ts";
import { buildExperimentResult } from "./result.ts";
import type { RunStore } from "../store/store.ts";

/** What the store holds of a plan, training nothing; runs that it does not hold stay "queued". */
export async function resultFromStore(plan: ExperimentPlan, store: RunStore, texts: readonly DomainText[]): Promise<ExperimentResult> {
  const runs = plan.runs.map((run) => new LiveRun(run, plan.experiment.id));
  for (const run of runs) {
    const result = await store.find(run.planned.key);
    if (result) run.take(result, await store.events(run.planned.key), true);
  }
  return buildExperimentResult(
    plan,
    runs.map((run) => run.result()),
    texts,
  );
}
