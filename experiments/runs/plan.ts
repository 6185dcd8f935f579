/** From a resolved experiment to the list of runs that will be trained: the thing a person sees before pressing Run. */
import type { RunConfig, Seed } from "../../engine/model/config.ts";
import { costOf, type Cost } from "./cost.ts";
import { differences, type Difference } from "./difference.ts";
import { keyParts, runKey } from "./key.ts";
import type { ResolvedExperiment } from "./spec.ts";
import type { RunRecord, RunStore } from "./store.ts";

export interface PlannedRun {
  /** unique within a coordinator: experiment / arm / seed */
  id: string;
  arm: string;
  seed: Seed;
  /** index within the experiment's seeds: runs with equal index are paired */
  seedIndex: number;
  config: RunConfig;
  key: string;
}

export interface ArmPlan {
  name: string;
  patch: unknown;
  config: RunConfig;
  cost: Cost;
  /** leaves in which the resolved config differs from the baseline's */
  differences: Difference[];
  /** nonzero when the arm draws its own weights and data order */
  seedOffset: number;
}

export interface ExperimentPlan {
  experiment: ResolvedExperiment;
  dataHash: string;
  arms: ArmPlan[];
  /** whole seeds across the arms first, so that every arm has an early result */
  runs: PlannedRun[];
}

export function planExperiment(experiment: ResolvedExperiment, dataHash: string): ExperimentPlan {
  const baseline = experiment.arms.find((arm) => arm.name === experiment.baseline)!;
  const arms = experiment.arms.map(({ name, patch, config, seedOffset }): ArmPlan => ({
    name, patch, config, seedOffset, cost: costOf(config), differences: differences(baseline.config, config),
  }));
  const runs = experiment.seeds.flatMap((number, seedIndex) =>
    experiment.arms.map(({ name, config, seedOffset }): PlannedRun => {
      const seed = { init: number + seedOffset, data: number + seedOffset };
      return { id: `${experiment.id}/${name}/${number}`, arm: name, seed, seedIndex, config, key: runKey(config, seed, dataHash) };
    }),
  );
  return { experiment, dataHash, arms, runs };
}

/** What the stores already hold of a plan. */
export interface CacheReport {
  /** ids of runs with a finished result */
  cached: Set<string>;
  /** for a run that is not there: how it differs from the most similar run that is, first part first */
  misses: Map<string, Difference[]>;
}

export async function lookUp(plan: Pick<ExperimentPlan, "runs" | "dataHash">, store: RunStore): Promise<CacheReport> {
  const report: CacheReport = { cached: new Set(), misses: new Map() };
  const kept = await store.list();
  for (const run of plan.runs) {
    if (await store.find(run.key)) report.cached.add(run.id);
    else report.misses.set(run.id, nearest(run, plan.dataHash, kept));
  }
  return report;
}

/** Differences to the kept run that has the fewest, or [] when nothing is kept. */
function nearest(run: PlannedRun, dataHash: string, kept: readonly RunRecord[]): Difference[] {
  const wanted = keyParts(run.config, run.seed, dataHash);
  const all = kept.filter((record) => record.key !== run.key).map((record) => differences({ ...keyParts(record.config, record.seed, record.dataHash), semantics: record.semantics }, wanted));
  return all.sort((a, b) => a.length - b.length)[0] ?? [];
}
