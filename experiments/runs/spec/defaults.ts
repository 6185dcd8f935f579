import type { BalanceConfig, GqaConfig, MlaConfig, RunConfig } from "../../../engine/model/config.ts";

/** Bench model XS: the default of every key a spec leaves out. It balances nothing. */
export const defaultConfig: Omit<RunConfig, "train"> & { train: Omit<RunConfig["train"], "evalEvery"> } = {
  model: {
    vocabSize: 256,
    hiddenSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    // 0.006 belongs to d = 7168; at d = 64 it starves the residual stream
    initializerRange: 0.02,
    rmsNormEps: 1e-6,
    ropeTheta: 1e4,
    tieWordEmbeddings: false,
    attention: { kind: "mla", qLoraRank: null, kvLoraRank: 32, qkNopeHeadDim: 16, qkRopeHeadDim: 8, vHeadDim: 16 },
    nRoutedExperts: 16,
    nSharedExperts: 1,
    numExpertsPerTok: 2,
    moeIntermediateSize: 32,
    intermediateSize: 128,
    firstKDenseReplace: 0,
    scoringFunc: "sigmoid",
    normTopkProb: true,
    routedScalingFactor: 1,
    nGroup: 1,
    topkGroup: 1,
    mtp: { depth: 0, lambda: 0.3, heads: "sequential", detachTrunk: false },
  },
  balance: { losses: [], zLoss: 0, bias: null },
  train: {
    steps: 400,
    batchSize: 16,
    seqLen: 64,
    microBatch: null,
    clipNorm: 1,
    optimizer: { kind: "adamw", lr: 3e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
    schedule: { kind: "cosine", warmup: 0.05, final: 0.1 },
    checkpointEverySeconds: 10,
    keep: "weights",
  },
  precision: { gemm: null, moments: "f32", keep: [] },
  validation: { windowsPerDomain: 128, final: 512 },
  data: { mixture: { prose: 1, code: 1, math: 1 } },
};

/** Completes a bias update that says only some of its keys; gamma is V3's (§4.2). */
export const defaultBias: NonNullable<BalanceConfig["bias"]> = { gamma: 1e-3, rule: "sign", form: "additive", group: "batch" };

/** Completes an attention that says only some of its keys: GQA without further words is plain multi-head attention. */
export function defaultAttention(kind: "mla" | "gqa", hiddenSize: number, numAttentionHeads: number): MlaConfig | GqaConfig {
  if (kind === "mla") return defaultConfig.model.attention;
  const headDim = Math.max(1, Math.floor(hiddenSize / numAttentionHeads));
  return { kind, numKeyValueHeads: numAttentionHeads, headDim, ropeDim: headDim };
}

/** About eight points on a validation curve cost a run of the default study 15 % of its time. */
export const defaultEvalEvery = (steps: number) => Math.ceil(steps / 8);

/**
 * The last validation, which a run is judged by, reads four times the text of a point of its curve: half the error from the choice of
 * windows. For 400 steps of XS that is 98,304 tokens, a fifth of the time of training, beside 15 % for the curve.
 */
export const defaultFinal = (windowsPerDomain: number) => 4 * windowsPerDomain;

export const defaultSeeds = 3;
export const defaultPrimary = ["valLoss"];
