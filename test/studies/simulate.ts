/**
 * Simulated studies: runs whose true differences and spreads are known, judged by the very functions that judge real ones.
 * What an interval, a verdict and a detectable difference promise is a frequency, so it can be counted.
 */
import { stream, type RandomStream } from "../../engine/random.ts";
import type { ArmResult, Comparison, FinalMetrics, RunResult } from "../../experiments/results.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";

export interface StudyDesign {
  seeds: number;
  /** true difference of each arm to the baseline, in nats */
  shifts: readonly number[];
  /** sd of what an arm's run adds to its seed, baseline first, in nats */
  noise: readonly number[];
  /** one run of every study, of an arm and a seed drawn at random, ends without a result */
  diverged?: boolean;
  /** primary metrics, 1 when left out: each has the shifts, and noise of its own */
  metrics?: 1 | 2;
}

/** The metrics that carry the simulated values. */
const carriers = ["valLoss", "specialisation"] as const;
type Carried = Record<(typeof carriers)[number], number>;
/** What all runs of one seed share; pairing removes it. Much wider than the noise, so that pairing by mistake would show. */
const seedSpread = 0.1;

/** True sd of the paired differences of arm `arm` (0 is the first that is not the baseline). */
export function pairedSd({ noise }: StudyDesign, arm = 0): number {
  return Math.hypot(noise[0], noise[arm + 1]);
}

/** Comparisons of `studies` studies of one design, drawn from the stream named `name`. Equal arguments, equal studies. */
export function* simulateStudies(design: StudyDesign, studies: number, name: string): Generator<Comparison[]> {
  const random = stream(1, name);
  for (let study = 0; study < studies; study++) {
    const arms = simulateArms(design, random);
    const primary = carriers.slice(0, design.metrics ?? 1);
    yield compareArms(arms, arms[0].name, primary).filter(({ metric }) => primary.some((carrier) => carrier === metric));
  }
}

function simulateArms({ seeds, shifts, noise, diverged = false, metrics = 1 }: StudyDesign, random: RandomStream): ArmResult[] {
  const luck = Array.from({ length: seeds }, () => 2 + seedSpread * random.normal());
  const lost = diverged ? { arm: random.below(shifts.length + 1), seed: random.below(seeds) } : null;
  return [0, ...shifts].map((shift, arm): ArmResult => {
    const name = arm === 0 ? "baseline" : `arm ${arm}`;
    const runs = luck.map((base, seed) => {
      const value = () => base + shift + noise[arm] * random.normal();
      const values: Carried = { valLoss: value(), specialisation: metrics === 2 ? value() : NaN };
      return runWith(name, seed, lost?.arm === arm && lost.seed === seed ? null : values);
    });
    return {
      name,
      patch: {},
      config: {} as ArmResult["config"],
      params: 0,
      activeParams: 0,
      flopsPerToken: 0,
      runs,
      ...summariseArm(runs),
    };
  });
}

/** Metrics that no study looks at: what is not finite makes no pair, and so costs no test and no bootstrap. */
const unmeasured: Omit<FinalMetrics, keyof Carried> = {
  step: 1,
  tokens: 1,
  seconds: 1,
  valLossError: NaN,
  valBpb: {},
  mtpLoss: [],
  agreement: [],
  acceptance: [],
  maxVioGlobal: NaN,
  maxVioFloor: NaN,
  routingEntropy: NaN,
  expertCounts: [],
  trainLoss: NaN,
  balanceLoss: NaN,
  gradNorm: NaN,
  skippedSteps: NaN,
  clippedSteps: NaN,
  tokensPerSecond: NaN,
  maxVioBatch: NaN,
  domains: [],
};

/** @param values null makes a run that diverged */
function runWith(arm: string, seedIndex: number, values: Carried | null): RunResult {
  const done = values !== null;
  return {
    arm,
    seed: { init: seedIndex, data: seedIndex },
    seedIndex,
    key: "",
    status: done ? "done" : "diverged",
    error: null,
    divergedAt: done ? null : 1,
    cached: false,
    steps: 1,
    tokens: 1,
    seconds: 1,
    provenance: null,
    curves: "",
    metrics: done ? { ...unmeasured, ...values } : null,
  };
}
