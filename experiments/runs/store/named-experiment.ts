/** Which run is which arm of an experiment: what a store's own files do not say, and its manifest does. */
import * as v from "valibot";
import type { ExperimentResult } from "../../results.ts";

export const namedExperiment = v.object({
  id: v.string(),
  title: v.string(),
  runs: v.array(v.object({ key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), arm: v.string(), seed: v.number(), status: v.string() })),
});

export type NamedExperiment = v.InferOutput<typeof namedExperiment>;

export const nameExperiment = ({ id, title, arms }: ExperimentResult): NamedExperiment => ({
  id,
  title,
  runs: arms.flatMap((arm) => arm.runs.map(({ key, seed, status }) => ({ key, arm: arm.name, seed: seed.init, status }))),
});
