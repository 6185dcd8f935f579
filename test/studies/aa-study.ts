/**
 * A/A experiments: two arms that differ in nothing but their seeds. Whatever "differs" there is a false verdict, of real
 * training instead of simulated numbers. Everything is fixed here, before any of it has run.
 */
import { dataHash } from "../../engine/data/corpus.ts";
import type { DomainText } from "../../engine/data/domain-text.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { planExperiment, type ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import { resolveExperiment } from "../../experiments/runs/spec/spec.ts";
import { significance } from "../../experiments/statistics/compare.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";

export const experiments = 40;
const seedsEach = 5;
/** Added to the seeds of the second arm: larger than any seed of the first, so that no two of the 400 runs are alike. */
const seedOffset = 1000;

/** A run takes a moment: what is tested is the way from training to verdict, and its noise is that of any training. */
const spec = {
  model: {
    hiddenSize: 16,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    nRoutedExperts: 4,
    moeIntermediateSize: 8,
    intermediateSize: 32,
    attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 },
  },
  train: { steps: 60, batchSize: 6, seqLen: 32, evalEvery: 60, keep: "none" },
  validation: { windowsPerDomain: 8 },
  arms: { a: {}, "a again": { seedOffset } },
  baseline: "a",
  primary: ["valLoss"],
};

/** Seeds of experiment `index`, from 0: 1 to 5, 11 to 15, and so on. */
const seedsOf = (index: number): number[] => Array.from({ length: seedsEach }, (_, i) => 10 * index + i + 1);

/** @param texts all corpora, in their canonical order */
export function aaPlans(texts: readonly DomainText[]): ExperimentPlan[] {
  const domains = texts.map((text) => text.name);
  const hash = dataHash([...texts]);
  return Array.from({ length: experiments }, (_, index) => {
    const request = { cell: `aa-${index + 1}`, index: 0, title: "A/A", spec: { ...spec, seeds: seedsOf(index) } };
    return planExperiment(resolveExperiment(request, { domains, metrics: Object.keys(metricDefinitions) }), hash);
  });
}

/** The ids of experiments whose arms were judged to differ. */
export const differing = (results: readonly ExperimentResult[]): string[] =>
  results.filter(({ comparisons }) => comparisons.some(({ verdict }) => verdict === "lower" || verdict === "higher")).map(({ id }) => id);

/** Probability that `n` experiments at level `p` yield more than `k` false verdicts. */
export function chanceOfMore(k: number, n = experiments, p = significance): number {
  let [term, below] = [(1 - p) ** n, 0];
  for (let i = 0; i <= k; i++) {
    below += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return 1 - below;
}

/** The most false verdicts that a right program shows in all but 1 of 100 such studies. */
export function mostByChance(): number {
  let k = 0;
  while (chanceOfMore(k) > 0.01) k++;
  return k;
}
