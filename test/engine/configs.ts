import type { RunConfig } from "../../engine/model/config.ts";

type DeepPartial<T> = { [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> | T[K] : T[K] };

/** A model small enough for float64 and finite differences, with every odd size a real one could have. */
export function tinyConfig(
  patch: { model?: DeepPartial<RunConfig["model"]>; balance?: Partial<RunConfig["balance"]>; train?: Partial<RunConfig["train"]> } = {},
): RunConfig {
  const { mtp, ...model } = patch.model ?? {};
  return {
    model: {
      vocabSize: 256,
      hiddenSize: 12,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      initializerRange: 0.2,
      rmsNormEps: 1e-6,
      ropeTheta: 1e4,
      tieWordEmbeddings: false,
      attention: { kind: "mla", qLoraRank: null, kvLoraRank: 6, qkNopeHeadDim: 4, qkRopeHeadDim: 2, vHeadDim: 5 },
      nRoutedExperts: 5,
      nSharedExperts: 1,
      numExpertsPerTok: 2,
      moeIntermediateSize: 7,
      intermediateSize: 9,
      firstKDenseReplace: 0,
      scoringFunc: "sigmoid",
      normTopkProb: true,
      routedScalingFactor: 1,
      nGroup: 1,
      topkGroup: 1,
      mtp: { depth: 0, lambda: 0.3, heads: "sequential", detachTrunk: false, ...(mtp as object) },
      ...(model as object),
    },
    balance: { losses: [], zLoss: 0, bias: null, ...patch.balance },
    train: {
      steps: 10,
      batchSize: 4,
      seqLen: 8,
      microBatch: null,
      clipNorm: 1,
      optimizer: { kind: "adamw", lr: 1e-2, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
      schedule: { kind: "cosine", warmup: 0.2, final: 0.1 },
      evalEvery: 5,
      checkpointEverySeconds: 1000,
      keep: "weights",
      ...patch.train,
    },
    precision: { gemm: null, moments: "f32", keep: [] },
    validation: { windowsPerDomain: 5 },
    data: { mixture: { prose: 1, code: 1 } },
  };
}

/** The configurations that between them use every op and every branch of the model. */
export const variedConfigs: Record<string, RunConfig> = {
  "MLA, loss-free": tinyConfig({ balance: { bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } } }),
  "query latent, dense first layer, two shared experts": tinyConfig({
    model: {
      attention: { kind: "mla", qLoraRank: 5, kvLoraRank: 6, qkNopeHeadDim: 4, qkRopeHeadDim: 2, vHeadDim: 5 },
      firstKDenseReplace: 1,
      nSharedExperts: 2,
      routedScalingFactor: 2.5,
    },
  }),
  "GQA, tied embeddings, no shared expert, gates not normalised": tinyConfig({
    model: {
      attention: { kind: "gqa", numKeyValueHeads: 1, headDim: 6, ropeDim: 4 },
      tieWordEmbeddings: true,
      nSharedExperts: 0,
      normTopkProb: false,
    },
  }),
  "balance losses at three scopes with z-loss": tinyConfig({
    balance: {
      losses: [
        { group: "sequence", alpha: 0.3 },
        { group: "batch", alpha: 0.2 },
        { group: 2, alpha: 0.1 },
      ],
      zLoss: 0.01,
    },
  }),
  "group-limited routing, multiplicative magnitude bias per pair of sequences, sequence loss": tinyConfig({
    model: { nRoutedExperts: 8, nGroup: 4, topkGroup: 2, numExpertsPerTok: 3 },
    balance: { losses: [{ group: "sequence", alpha: 0.3 }], bias: { gamma: 0.05, rule: "magnitude", form: "multiplicative", group: 2 } },
  }),
  "two sequential MTP depths": tinyConfig({ model: { mtp: { depth: 2 } }, balance: { losses: [{ group: "sequence", alpha: 0.3 }] } }),
  "two parallel MTP heads": tinyConfig({ model: { mtp: { depth: 2, heads: "parallel" } } }),
  "all dense, its MTP module too": tinyConfig({ model: { firstKDenseReplace: 2, mtp: { depth: 1 } } }),
  "groups ranked by their one best expert": tinyConfig({
    model: { nRoutedExperts: 8, nGroup: 4, topkGroup: 2, numExpertsPerTok: 2, groupScore: "K/M" },
  }),
  "two parallel MTP heads on a detached trunk": tinyConfig({ model: { mtp: { depth: 2, heads: "parallel", detachTrunk: true } } }),
  "gradient accumulation over two microsteps": tinyConfig({
    train: { microBatch: 2 },
    balance: { losses: [{ group: "sequence", alpha: 0.3 }], bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } },
  }),
};
