import type { ModelConfig, RunConfig } from "../model/config.ts";

interface Sizes {
  hiddenSize: number;
  layers: number;
  heads: number;
  /** kvLoraRank, nope, rope, v; null: multi-head attention with hiddenSize / heads columns a head, all of them rotated */
  mla: readonly [kvLora: number, nope: number, rope: number, v: number] | null;
  /** routed experts, width, top-k, shared experts; null: dense SwiGLU of width 344 in every layer */
  moe: readonly [routed: number, width: number, topK: number, shared: number] | null;
  seqLen: number;
  batch: number;
  balanced: boolean;
}

function benchModel({ hiddenSize, layers, heads, mla, moe, seqLen, batch, balanced }: Sizes): RunConfig {
  const headDim = hiddenSize / heads;
  const attention: ModelConfig["attention"] = mla
    ? { kind: "mla", qLoraRank: null, kvLoraRank: mla[0], qkNopeHeadDim: mla[1], qkRopeHeadDim: mla[2], vHeadDim: mla[3] }
    : { kind: "gqa", numKeyValueHeads: heads, headDim, ropeDim: headDim };
  const [nRoutedExperts, moeIntermediateSize, numExpertsPerTok, nSharedExperts] = moe ?? [16, 64, 2, 1];
  return {
    model: {
      vocabSize: 256,
      hiddenSize,
      numHiddenLayers: layers,
      numAttentionHeads: heads,
      initializerRange: 0.02,
      rmsNormEps: 1e-6,
      ropeTheta: 1e4,
      tieWordEmbeddings: false,
      attention,
      nRoutedExperts,
      nSharedExperts,
      numExpertsPerTok,
      moeIntermediateSize,
      intermediateSize: 344,
      firstKDenseReplace: moe ? 0 : layers,
      scoringFunc: "sigmoid",
      normTopkProb: true,
      routedScalingFactor: 1,
      nGroup: 1,
      topkGroup: 1,
      mtp: { depth: 0, lambda: 0.3, heads: "sequential", detachTrunk: false },
    },
    balance: balanced
      ? { losses: [{ group: "sequence", alpha: 1e-4 }], zLoss: 0, bias: { gamma: 1e-3, rule: "sign", form: "additive", group: "batch" } }
      : { losses: [], zLoss: 0, bias: null },
    train: {
      steps: 400,
      batchSize: batch,
      seqLen,
      microBatch: null,
      clipNorm: 1,
      optimizer: { kind: "adamw", lr: 3e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
      schedule: { kind: "cosine", warmup: 0.05, final: 0.1 },
      evalEvery: 100,
      checkpointEverySeconds: 10,
      keep: "none",
    },
    precision: { gemm: null, moments: "f32", keep: [] },
    validation: { windowsPerDomain: 128 },
    data: { mixture: { prose: 1, code: 1, math: 1 } },
  };
}

/**
 * The models that are timed. XS to L: every layer MoE, loss-free balancing with a sequence loss of 1e-4. D is S with plain multi-head attention and a dense
 * SwiGLU, MoE16 is D with S's experts; neither balances, so that libraries without balancing can train the very same models.
 */
export const benchModels = {
  XS: benchModel({ hiddenSize: 64, layers: 2, heads: 4, mla: [32, 16, 8, 16], moe: [16, 32, 2, 1], seqLen: 64, batch: 16, balanced: true }),
  S: benchModel({
    hiddenSize: 128,
    layers: 4,
    heads: 4,
    mla: [64, 16, 16, 32],
    moe: [16, 64, 2, 1],
    seqLen: 128,
    batch: 16,
    balanced: true,
  }),
  M: benchModel({
    hiddenSize: 256,
    layers: 6,
    heads: 8,
    mla: [128, 32, 16, 32],
    moe: [32, 128, 4, 1],
    seqLen: 256,
    batch: 16,
    balanced: true,
  }),
  L: benchModel({
    hiddenSize: 512,
    layers: 8,
    heads: 8,
    mla: [256, 64, 32, 64],
    moe: [64, 192, 6, 2],
    seqLen: 512,
    batch: 32,
    balanced: true,
  }),
  D: benchModel({ hiddenSize: 128, layers: 4, heads: 4, mla: null, moe: null, seqLen: 128, batch: 16, balanced: false }),
  MoE16: benchModel({ hiddenSize: 128, layers: 4, heads: 4, mla: null, moe: [16, 64, 2, 1], seqLen: 128, batch: 16, balanced: false }),
};

export type BenchModel = keyof typeof benchModels;
