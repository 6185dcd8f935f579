import type { RunConfig } from "../../engine/model/config.ts";

function benchModel(
  sizes: { hiddenSize: number; layers: number; heads: number; mla: [kvLora: number, nope: number, rope: number, v: number]; moe: [routed: number, width: number, topK: number, shared: number]; seqLen: number; batch: number },
): RunConfig {
  const [kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim] = sizes.mla;
  const [nRoutedExperts, moeIntermediateSize, numExpertsPerTok, nSharedExperts] = sizes.moe;
  return {
    model: {
      vocabSize: 256, hiddenSize: sizes.hiddenSize, numHiddenLayers: sizes.layers, numAttentionHeads: sizes.heads, initializerRange: 0.02, rmsNormEps: 1e-6,
      ropeTheta: 1e4, tieWordEmbeddings: false, attention: { kind: "mla", qLoraRank: null, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim },
      nRoutedExperts, nSharedExperts, numExpertsPerTok, moeIntermediateSize, intermediateSize: 344, firstKDenseReplace: 0,
      scoringFunc: "sigmoid", normTopkProb: true, routedScalingFactor: 1, nGroup: 1, topkGroup: 1,
      mtp: { depth: 0, lambda: 0.3, heads: "sequential", detachTrunk: false },
    },
    balance: { losses: [{ group: "sequence", alpha: 1e-4 }], zLoss: 0, bias: { gamma: 1e-3, rule: "sign", form: "additive", group: "batch" } },
    train: {
      steps: 400, batchSize: sizes.batch, seqLen: sizes.seqLen, microBatch: null, clipNorm: 1,
      optimizer: { kind: "adamw", lr: 3e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
      schedule: { kind: "cosine", warmup: 0.05, final: 0.1 }, evalEvery: 100, checkpointEverySeconds: 10, keep: "none",
    },
    precision: { gemm: null, moments: "f32", keep: [] },
    validation: { windowsPerDomain: 128 },
    data: { mixture: { prose: 1, code: 1, math: 1 } },
  };
}

/** The bench models: byte vocabulary, every layer MoE, loss-free balancing with a sequence loss of 1e-4. */
export const benchModels = {
  XS: benchModel({ hiddenSize: 64, layers: 2, heads: 4, mla: [32, 16, 8, 16], moe: [16, 32, 2, 1], seqLen: 64, batch: 16 }),
  S: benchModel({ hiddenSize: 128, layers: 4, heads: 4, mla: [64, 16, 16, 32], moe: [16, 64, 2, 1], seqLen: 128, batch: 16 }),
  M: benchModel({ hiddenSize: 256, layers: 6, heads: 8, mla: [128, 32, 16, 32], moe: [32, 128, 4, 1], seqLen: 256, batch: 16 }),
};
