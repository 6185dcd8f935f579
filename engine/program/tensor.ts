import type { DType, OpAttrs, OpKind } from "./ops.ts";

/** Where a tensor lives longer than one list: everything else is an activation, placed by liveness. */
export type Home = "activations" | "parameters" | "state" | "inputs" | "numbers" | "metrics";

/** A typed symbolic value. Every tensor is written by one node (or is given: a parameter, input, state or number). */
export interface Tensor {
  id: number;
  name: string;
  shape: readonly number[];
  dtype: DType;
  home: Home;
}

/** One application of an op. `into[o]`, when set, is the tensor that output `o` continues: out = into + value. */
export interface Node<Kind extends OpKind = OpKind> {
  kind: Kind;
  attrs: OpAttrs[Kind];
  name: string;
  inputs: Tensor[];
  outputs: Tensor[];
  into: (Tensor | null)[];
  /** false: autodiff does not pass through it */
  differentiable: boolean;
}
