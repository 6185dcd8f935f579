/** Results that look like those of real studies, from a seed: collapse and recovery, loss curves, specialised experts. */
import { randomLcg, randomNormal } from "d3-random";
import type { BalanceConfig, RunConfig } from "../../engine/model/config.ts";
import { maxVioFloor, maxVioGlobal, maxVioOf, routingEntropy, specialisation, weightedLoads } from "../../engine/train/metrics.ts";
import type { EvalMetrics, StepMetrics } from "../../engine/train/protocol.ts";
import type { ArmResult, ExperimentResult, FinalMetrics, MetricEvent, RunResult } from "../../experiments/results.ts";
import { costOf } from "../../experiments/runs/cost/cost.ts";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";

export interface ArmShape {
  name: string;
  balance?: Partial<BalanceConfig>;
  mtpDepth?: number;
  /** added to the validation loss */
  loss?: number;
  /** strength with which load is evened out by the end, 0 to 1 */
  even?: number;
  /** how much domains differ in the experts they use */
  special?: number;
  /** seed indices that diverge */
  diverges?: number[];
  /** seed indices that fail before their first step */
  fails?: number[];
  /** changes the resolved config */
  config?(config: RunConfig): void;
}

export interface StudyShape {
  title?: string;
  arms: ArmShape[];
  baseline?: string;
  seeds?: number;
  steps?: number;
  evals?: number;
  layers?: number;
  experts?: number;
  primary?: string[];
  domains?: string[];
}

export const fourArms: ArmShape[] = [
  { name: "no balancing", even: 0, special: 0.5 },
  { name: "sequence-wise loss", balance: { losses: [{ group: "sequence", alpha: 3e-2 }] }, loss: 0.036, even: 0.93, special: 0.12 },
  { name: "batch-wise loss", balance: { losses: [{ group: "batch", alpha: 3e-2 }] }, loss: 0.019, even: 0.93, special: 0.6 },
  {
    name: "loss-free",
    balance: {
      bias: {
        gamma: [
          { until: 0.96, value: 5e-3 },
          { until: 1, value: 0 },
        ],
        rule: "sign",
        form: "additive",
        group: "batch",
      },
    },
    loss: -0.011,
    even: 0.95,
    special: 0.7,
  },
];

export function makeStudy({
  title = "Auxiliary loss or loss-free balancing",
  arms: shapes,
  baseline = shapes[0].name,
  seeds = 3,
  steps = 400,
  evals = 8,
  layers = 2,
  experts = 16,
  primary = ["valLoss"],
  domains = ["prose", "code", "math"],
}: StudyShape): ExperimentResult {
  const arms = shapes.map((shape, armIndex): ArmResult => {
    const config = configOf(shape, { steps, layers, experts, evals });
    const runs = Array.from({ length: seeds }, (_, seedIndex) => makeRun(shape, config, armIndex, seedIndex, domains));
    const { params, activeParams, flopsPerToken } = costOf(config);
    return {
      name: shape.name,
      patch: shape.balance ? { balance: shape.balance } : {},
      config,
      params,
      activeParams,
      flopsPerToken,
      runs,
      ...summariseArm(runs),
    };
  });
  return {
    id: "balancing",
    cell: "balancing",
    title,
    question: "Which ways of balancing balance, and what do they cost?",
    baseline,
    primary,
    domains,
    dataHash: "d4".repeat(32),
    bigramEntropy: { prose: 2.41, code: 2.55, math: 1.71 },
    arms,
    comparisons: compareArms(arms, baseline, primary),
  };
}

function configOf(
  shape: ArmShape,
  { steps, layers, experts, evals }: { steps: number; layers: number; experts: number; evals: number },
): RunConfig {
  const config: RunConfig = structuredClone({ ...defaultConfig, train: { ...defaultConfig.train, evalEvery: Math.ceil(steps / evals) } });
  Object.assign(config.model, { numHiddenLayers: layers, nRoutedExperts: experts });
  config.model.mtp.depth = shape.mtpDepth ?? 0;
  config.train.steps = steps;
  Object.assign(config.balance, shape.balance);
  shape.config?.(config);
  return config;
}

function makeRun(shape: ArmShape, config: RunConfig, armIndex: number, seedIndex: number, domains: string[]): RunResult {
  // the seed's own luck is shared by all arms: runs are paired
  const luck = randomNormal.source(randomLcg(((seedIndex * 7919 + 13) % 9973) / 9973))(0, 1);
  const noise = randomNormal.source(randomLcg(((seedIndex * 104729 + armIndex * 1299709 + 17) % 99991) / 99991))(0, 1);
  const { steps, evalEvery, batchSize, seqLen } = config.train;
  const { numHiddenLayers: layers, nRoutedExperts: experts, numExpertsPerTok: k } = config.model;
  const depth = config.model.mtp.depth;
  const base = luck() * 0.03 + (shape.loss ?? 0) + noise() * 0.012;
  const tastes = Array.from({ length: layers }, () => Array.from({ length: experts }, () => luck()));
  const domainTastes = Array.from({ length: layers }, () => domains.map(() => Array.from({ length: experts }, () => luck())));
  const failed = shape.fails?.includes(seedIndex) ?? false;
  const divergedAt = shape.diverges?.includes(seedIndex) ? Math.ceil(steps * 0.6) : null;
  const events: MetricEvent[] = [];
  const secondsPerStep = 0.018 * (1 + 0.1 * noise());

  for (let step = 1; !failed && step <= (divergedAt ?? steps); step++) {
    const progress = step / steps;
    const blown = divergedAt === null ? 0 : Math.exp((step - divergedAt) / (steps * 0.02)) * 6;
    const loss = 1.72 + base + 3.8 * Math.exp(-progress * 22) + 0.9 * Math.exp(-progress * 4);
    const imbalance = collapse(progress, shape.even ?? 0, experts / k - 1);
    const common = { step, tokens: step * batchSize * seqLen, seconds: step * secondsPerStep };
    events.push({
      kind: "step",
      ...common,
      trainLoss: loss - 0.03 + 0.07 * noise() + blown,
      mtpLoss: Array.from({ length: depth }, (_, d) => loss + 0.45 + 0.2 * d),
      zLoss: 0,
      mtpRouterLoss: 0,
      balanceLoss: shape.balance?.losses ? 0.03 * (1 + imbalance / 4) : 0,
      gradNorm: Math.exp(0.2 * noise()) * (1 + blown),
      clipped: step % 2 === 0,
      skipped: false,
      lr: 3e-3 * Math.min(1, progress / 0.05),
      maxVioBatch: Math.max(0.1, imbalance * (1 + 0.12 * noise()) + 0.35),
    } satisfies StepMetrics);
    if ((step % evalEvery === 0 || step === steps) && divergedAt === null) {
      const agreement = Array.from({ length: depth }, (_, d) =>
        Math.max(0, 0.62 - 0.14 * d - 0.3 * Math.exp(-progress * 5) + 0.01 * noise()),
      );
      const expertCounts = tastes.map((taste, layer) =>
        domains.map((_, d) => loads(taste, domainTastes[layer][d], imbalance, shape.special ?? 0.5, 128 * seqLen * k)),
      );
      events.push({
        kind: "eval",
        ...common,
        valLoss: loss,
        valLossError: 0.008,
        valBpb: { all: loss / Math.LN2, ...Object.fromEntries(domains.map((name, d) => [name, (loss + 0.3 * (1 - d)) / Math.LN2])) },
        mtpLoss: Array.from({ length: depth }, (_, d) => loss + 0.45 + 0.2 * d),
        agreement,
        acceptance: agreement.map((share) => 0.3 + 0.7 * share),
        maxVioShift: maxVioGlobal(
          expertCounts,
          domains.map(() => 1),
        ),
        maxVio: Object.fromEntries(domains.map((name, d) => [name, maxVioOf(expertCounts, d)])),
        maxVioSequence: 1,
        starvedExperts: 0,
        loadCv: 0.1,
        maxVioGlobal: maxVioGlobal(
          expertCounts,
          domains.map(() => 1),
        ),
        maxVioFloor: maxVioFloor(128 * seqLen * domains.length, experts, k),
        routingEntropy: routingEntropy(
          weightedLoads(
            expertCounts,
            domains.map(() => 1),
          ),
        ),
        specialisation: specialisation(expertCounts),
        expertCounts,
      } satisfies EvalMetrics);
    }
  }
  const last = events.findLast((event) => event.kind === "eval");
  const done = !failed && divergedAt === null && last !== undefined;
  const trained = events.length ? events.at(-1)! : { step: 0, tokens: 0, seconds: 0 };
  const key = Array.from({ length: 64 }, (_, i) => ((i * 7 + armIndex * 3 + seedIndex * 5) % 16).toString(16)).join("");
  return {
    arm: shape.name,
    seed: { init: seedIndex, data: seedIndex },
    seedIndex,
    key,
    status: done ? "done" : failed ? "failed" : "diverged",
    error: failed ? "The device was lost twice; 0 steps were trained." : null,
    divergedAt,
    cached: false,
    steps: trained.step,
    tokens: trained.tokens,
    seconds: trained.seconds,
    provenance: done
      ? {
          backend: "cpu",
          adapter: "WASM SIMD",
          engine: "0.1.0",
          kernels: "k".repeat(8),
          fma: true,
          table: null,
          when: "2026-01-01T12:00:00.000Z",
          seconds: trained.seconds,
        }
      : null,
    curves: `runs/${key.slice(0, 16)}/metrics.jsonl`,
    metrics: done ? finalMetrics(last, events, domains) : null,
    events,
  };
}

function finalMetrics(last: EvalMetrics, events: MetricEvent[], domains: string[]): FinalMetrics {
  const steps = events.filter((event) => event.kind === "step");
  const tail = steps.slice(Math.floor(steps.length * 0.9));
  const mean = (pick: (event: StepMetrics) => number) => tail.reduce((sum, event) => sum + pick(event), 0) / tail.length;
  const { kind: _, ...rest } = last;
  return {
    ...rest,
    trainLoss: mean((e) => e.trainLoss),
    balanceLoss: mean((e) => e.balanceLoss),
    gradNorm: mean((e) => e.gradNorm),
    skippedSteps: 0,
    clippedSteps: steps.filter((e) => e.clipped).length,
    tokensPerSecond: last.tokens / last.seconds,
    maxVioBatch: mean((e) => e.maxVioBatch),
    domains,
  };
}

/** MaxVio rises to near collapse within 5 % of the run and then settles at what the remedy leaves. */
function collapse(progress: number, even: number, worst: number): number {
  const peak = worst * 0.95 * Math.min(1, progress / 0.05);
  const end = worst * 0.5 * (1 - even) + 0.15;
  return end + (peak - end) * Math.exp(-Math.max(0, progress - 0.05) * (even ? 25 : 6));
}

function loads(taste: number[], domainTaste: number[], imbalance: number, special: number, total: number): number[] {
  const weights = taste.map((t, e) => Math.exp(t * Math.min(1, imbalance / 3) + special * domainTaste[e]));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => Math.round((weight / sum) * total));
}
