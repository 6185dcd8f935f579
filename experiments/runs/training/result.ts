import { bigramEntropy } from "../../../engine/data/entropy.ts";
import type { DomainText } from "../../../engine/data/domain-text.ts";
import type { ArmResult, ExperimentResult, RunResult } from "../../results.ts";
import { compareArms } from "../../statistics/compare.ts";
import { summariseArm } from "../../statistics/summary.ts";
import type { ExperimentPlan } from "../plan/plan.ts";

/** Runs of a plan → the evidence: arms with means, and paired comparisons with the baseline. */
export function buildExperimentResult(plan: ExperimentPlan, runs: readonly RunResult[], texts: readonly DomainText[]): ExperimentResult {
  const { experiment, dataHash } = plan;
  const { id, cell, title, question, baseline, primary, domains } = experiment;
  const arms = plan.arms.map(({ name, patch, config, cost }): ArmResult => {
    const own = runs.filter((run) => run.arm === name).sort((a, b) => a.seedIndex - b.seedIndex);
    return {
      name,
      patch,
      config,
      params: cost.params,
      activeParams: cost.activeParams,
      flopsPerToken: cost.flopsPerToken,
      runs: own,
      ...summariseArm(own),
    };
  });
  return {
    id,
    cell,
    title,
    question,
    baseline,
    primary,
    domains,
    dataHash,
    bigramEntropy: Object.fromEntries(texts.map((text) => [text.name, entropyOf(text)])),
    arms,
    comparisons: compareArms(arms, baseline, primary),
  };
}

const entropies = new WeakMap<DomainText, number>();

/** Of the training text; a text is measured once. */
function entropyOf(text: DomainText): number {
  let entropy = entropies.get(text);
  if (entropy === undefined) entropies.set(text, (entropy = bigramEntropy(text.bytes.subarray(0, text.trainLength))));
  return entropy;
}
