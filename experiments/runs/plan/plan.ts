/** From a resolved experiment to the list of runs that will be trained: the thing a person sees before pressing Run. */
import type { RunConfig, Seed } from "../../../engine/model/config.ts";
import { costOf, type Cost } from "../cost/cost.ts";
import { differences, type Difference } from "../spec/difference.ts";
import { keyParts, runKeys } from "../store/key.ts";
import type { ResolvedExperiment } from "../spec/spec.ts";
import type { RunRecord, RunStore } from "../store/store.ts";

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

interface ArmPlan {
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
  const share = sharing();
  const resolved = experiment.arms.map((arm) => ({ ...arm, config: share(arm.config) }));
  const baseline = resolved.find((arm) => arm.name === experiment.baseline)!;
  const arms = resolved.map(
    ({ name, patch, config, seedOffset }): ArmPlan => ({
      name,
      patch,
      config,
      seedOffset,
      cost: costOf(config),
      differences: differences(baseline.config, config),
    }),
  );
  const keysOf = runKeys(dataHash);
  const keyed = resolved.map((arm) => ({ ...arm, key: keysOf(arm.config) }));
  const runs = experiment.seeds.flatMap((number, seedIndex) =>
    keyed.map(({ name, config, seedOffset, key }): PlannedRun => {
      const seed = { init: number + seedOffset, data: number + seedOffset };
      return { id: `${experiment.id}/${name}/${number}`, arm: name, seed, seedIndex, config, key: key(seed) };
    }),
  );
  return { experiment, dataHash, arms, runs };
}

/** Makes equal parts of configs one object: what thousands of arms share is compared, hashed and sent once. */
function sharing(): (config: RunConfig) => RunConfig {
  const known = new Map<string, unknown>();
  return (config) =>
    Object.fromEntries(
      Object.entries(config).map(([name, part]) => {
        const text = JSON.stringify(part);
        if (!known.has(text)) known.set(text, part);
        return [name, known.get(text)];
      }),
    ) as unknown as RunConfig;
}

/** What the stores already hold of a plan. */
export interface CacheReport {
  /** ids of runs with a finished result */
  cached: Set<string>;
  /** how a run that is not there differs from the most similar run that is, first part first; [] when nothing is kept */
  nearest(run: PlannedRun): Promise<Difference[]>;
}

/** A run that has to be trained, and where it first differs from what is there. */
export interface Miss {
  run: PlannedRun;
  difference: Difference;
}

/** The first of a plan's runs that is not there, where anything is. */
export async function firstMiss({ runs }: Pick<ExperimentPlan, "runs">, { cached, nearest }: CacheReport): Promise<Miss | null> {
  const run = runs.find(({ id }) => !cached.has(id));
  const [difference] = run ? await nearest(run) : [];
  return run && difference ? { run, difference } : null;
}

/** Runs that a store is asked for at once. */
const batch = 64;

export async function lookUp({ runs, dataHash }: Pick<ExperimentPlan, "runs" | "dataHash">, store: RunStore): Promise<CacheReport> {
  const cached = new Set<string>();
  for (let at = 0; at < runs.length; at += batch)
    await Promise.all(runs.slice(at, at + batch).map(async ({ id, key }) => void ((await store.find(key)) && cached.add(id))));
  // every kept run is read for this, so only when somebody asks
  let kept: Promise<readonly RunRecord[]> | undefined;
  return { cached, nearest: async (run) => nearestOf(run, dataHash, await (kept ??= store.list())) };
}

function nearestOf(run: PlannedRun, dataHash: string, kept: readonly RunRecord[]): Difference[] {
  const wanted = keyParts(run.config, run.seed, dataHash);
  let fewest: Difference[] | undefined;
  for (const record of kept) {
    if (record.key === run.key) continue;
    const found = differences({ ...keyParts(record.config, record.seed, record.dataHash), semantics: record.semantics }, wanted);
    if (fewest === undefined || found.length < fewest.length) fewest = found;
  }
  return fewest ?? [];
}
