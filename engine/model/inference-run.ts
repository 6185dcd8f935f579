import type { ModelConfig, RunConfig } from "./config.ts";

/**
 * A run configuration for a model that computes and is not trained: no balance loss, router biases held (gamma 0) and
 * always present, so that imported ones take part in the choice of experts.
 */
export function inferenceRun(model: ModelConfig, size: { batch: number; seqLen: number }): RunConfig {
  return {
    model,
    balance: { losses: [], zLoss: 0, bias: { gamma: 0, rule: "sign", form: "additive", group: "batch" } },
    train: {
      steps: 1,
      batchSize: size.batch,
      seqLen: size.seqLen,
      microBatch: null,
      clipNorm: 1,
      optimizer: { kind: "adamw", lr: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 },
      schedule: { kind: "constant", warmup: 0, final: 1 },
      evalEvery: 1,
      checkpointEverySeconds: Infinity,
      keep: "none",
    },
    precision: { gemm: null, moments: "f32", keep: [] },
    validation: { windowsPerDomain: 1 },
    data: { mixture: { text: 1 } },
  };
}
