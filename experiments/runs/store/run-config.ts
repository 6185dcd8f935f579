/** The complete configuration of a run, as config.json and results.json hold it. What a person may write is in runs/schema.ts. */
import * as v from "valibot";
import type { RunConfig } from "../../../engine/model/config.ts";
import { namesTo } from "../../own-keys.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const scheduled = v.union([v.number(), v.pipe(v.array(v.object({ until: v.number(), value: v.number() })), v.minLength(1))]);

const attention = v.variant("kind", [
  v.object({
    kind: v.literal("mla"),
    qLoraRank: v.nullable(count),
    kvLoraRank: count,
    qkNopeHeadDim: count,
    qkRopeHeadDim: count,
    vHeadDim: count,
  }),
  v.object({ kind: v.literal("gqa"), numKeyValueHeads: count, headDim: count, ropeDim: count }),
]);

const model = v.object({
  vocabSize: count,
  hiddenSize: count,
  numHiddenLayers: count,
  numAttentionHeads: count,
  initializerRange: v.number(),
  rmsNormEps: v.number(),
  ropeTheta: v.number(),
  tieWordEmbeddings: v.boolean(),
  attention,
  nRoutedExperts: count,
  nSharedExperts: count,
  numExpertsPerTok: count,
  moeIntermediateSize: count,
  intermediateSize: count,
  firstKDenseReplace: count,
  scoringFunc: v.literal("sigmoid"),
  normTopkProb: v.boolean(),
  routedScalingFactor: v.number(),
  nGroup: count,
  topkGroup: count,
  groupScore: v.exactOptional(v.literal("K/M")),
  mtp: v.object({ depth: count, lambda: scheduled, heads: v.picklist(["sequential", "parallel"]), detachTrunk: v.boolean() }),
});

const balance = v.object({
  losses: v.array(v.object({ group: v.union([v.picklist(["sequence", "batch"]), count]), alpha: scheduled })),
  zLoss: scheduled,
  bias: v.nullable(
    v.object({
      gamma: scheduled,
      rule: v.picklist(["sign", "magnitude"]),
      form: v.picklist(["additive", "multiplicative"]),
      group: v.union([v.literal("batch"), count]),
    }),
  ),
});

const train = v.object({
  steps: count,
  batchSize: count,
  seqLen: count,
  microBatch: v.nullable(count),
  clipNorm: v.number(),
  optimizer: v.object({
    kind: v.literal("adamw"),
    lr: scheduled,
    beta1: v.number(),
    beta2: v.number(),
    eps: v.number(),
    weightDecay: v.number(),
  }),
  schedule: v.object({
    kind: v.picklist(["cosine", "constant", "pieces"]),
    warmup: v.number(),
    final: v.number(),
    pieces: v.exactOptional(v.array(v.object({ until: v.number(), shape: v.picklist(["constant", "cosine"]), value: v.number() }))),
  }),
  evalEvery: count,
  checkpointEverySeconds: v.number(),
  keep: v.picklist(["weights", "none"]),
});

export const runConfig: v.GenericSchema<unknown, RunConfig> = v.object({
  model,
  balance,
  train,
  precision: v.object({ gemm: v.null(), moments: v.literal("f32"), keep: v.array(v.string()) }),
  validation: v.object({
    windowsPerDomain: count,
    /** runs of semantics 1 were summarised by the windows of their curves */
    final: v.optional(v.union([count, v.literal("all")])),
  }),
  data: v.object({ mixture: namesTo(v.number()), order: v.exactOptional(v.picklist(["random", "iid"])) }),
});
