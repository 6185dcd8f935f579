import { domainNames } from "../../engine/data/corpus.ts";
import type { ExperimentRequest } from "../../experiments/request.ts";
import {
  SpecError,
  resolveExperiment,
  type ResolvedExperiment,
  type SpecOptions,
  type SpecProblem,
} from "../../experiments/runs/spec/spec.ts";

export const options: SpecOptions = { domains: domainNames, metrics: ["valLoss", "valBpb", "maxVioGlobal", "specialisation"] };

export const request = (spec: unknown, cell = "balancing"): ExperimentRequest => ({ cell, index: 0, title: "A study", spec });

export const resolve = (spec: unknown, more: Partial<SpecOptions> = {}): ResolvedExperiment =>
  resolveExperiment(request(spec), { ...options, ...more });

/** The problems of a spec that must not resolve. */
export function problemsOf(spec: unknown, more: Partial<SpecOptions> = {}): SpecProblem[] {
  try {
    resolve(spec, more);
  } catch (error) {
    if (error instanceof SpecError) return error.problems;
    throw error;
  }
  throw new Error(`resolved although it should not: ${JSON.stringify(spec)}`);
}
