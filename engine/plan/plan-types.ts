import type { DType, OpAttrs, OpKind } from "../program/ops.ts";

/**
 * Memory of a plan: pooled buffers of 4-byte elements. `parameters`, `gradients`, `moment1` and `moment2` have the
 * same layout (decayed matrices first, norm gains after); `state` holds expert biases; `inputs` what the host
 * writes each microstep; `numbers` the per-step scalars; `metrics` what the host reads; `activations` the rest, shared by liveness.
 */
export const poolNames = ["parameters", "gradients", "moment1", "moment2", "state", "inputs", "numbers", "metrics", "activations"] as const;
export type PoolName = (typeof poolNames)[number];

/** A dense tensor's place in a pool; offset and length in elements, offset a multiple of 64 (256 bytes). */
export interface Slice {
  pool: PoolName;
  offset: number;
  length: number;
  dtype: DType;
  shape: readonly number[];
  name: string;
}

/** When an output adds to its slice instead of overwriting it: `later` = on every microstep of a step but the first. */
export type Accumulate = "never" | "always" | "later";

export type PlannedOp = {
  [Kind in OpKind]: {
    kind: Kind;
    attrs: OpAttrs[Kind];
    /** where in the model it comes from, e.g. `layers.0.mlp.experts` */
    name: string;
    inputs: Slice[];
    outputs: Slice[];
    /** one per output */
    accumulate: Accumulate[];
    flops: number;
    /** bytes read plus written */
    bytes: number;
  };
}[OpKind];

/** `microstep`: forward, backward, accumulate. `step`: clip, AdamW, bias update. `evaluate`: forward only. */
export type ListName = "microstep" | "step" | "evaluate";

/** A trainable tensor. `parts` are its rows under their published (Hugging Face) names: an init stream and an export entry each. */
export interface Parameter {
  name: string;
  shape: readonly number[];
  slice: Slice;
  gradient: Slice;
  init: "normal" | "ones";
  decay: boolean;
  parts: { name: string; offset: number; shape: readonly number[] }[];
}

export interface Plan {
  pools: Record<PoolName, number>;
  lists: Record<ListName, PlannedOp[]>;
  parameters: Parameter[];
  /** expert biases, one [E] tensor per MoE layer, under their published names */
  biases: { name: string; slice: Slice; initial: number }[];
  /** what the host writes before a microstep or an evaluation */
  inputs: {
    tokens: Slice; // i32[batch·seqLen]
    targets: Slice; // i32[batch·seqLen]
    order: Slice; // i32[batch·seqLen], rows sorted by token id (embeddingGrad)
    starts: Slice; // i32[vocab+1]
    numbers: Slice;
  };
  /** what the host may read after a step */
  metrics: {
    trainLoss: Slice;
    mtpLoss: Slice[];
    /** each times its weight: balance losses and z-losses, of the main model's MoE layers and of prediction modules' */
    routerLoss: { kind: "balance" | "z"; main: boolean; slice: Slice }[];
    /** of the main model alone where prediction modules are detached and have a norm of their own; clipScale likewise */
    gradNorm: Slice;
    clipScale: Slice;
    /** per main-model MoE layer, f32[groups,E], summed over the microsteps of the step */
    load: Slice[];
  };
  /** what the host may read after an evaluation; row layouts as in ops.ts */
  evaluation: {
    /** depth 0 is the main head; depth k has batch·(seqLen−k) rows; logits f32[rows,V] where the plan was asked to keep them, overlap from depth 1 on */
    depths: { logits: Slice | null; nll: Slice; argmax: Slice; overlap: Slice | null; seqLen: number }[];
    /** per main-model MoE layer, i32[batch·seqLen,K] */
    experts: Slice[];
  };
  batch: number;
  seqLen: number;
}
