import type { OpAttrs, OpKind } from "../../program/ops.ts";

/**
 * One operation in float64: reads `inputs`, writes every element of `outputs`. Integers are stored exactly.
 * Tensors are dense row-major subarrays with the shapes that `ops.ts` states.
 */
export type ReferenceOp<Kind extends OpKind> = (attrs: OpAttrs[Kind], inputs: Float64Array[], outputs: Float64Array[]) => void;

/** The operations of one family. */
export type ReferenceOps<Kind extends OpKind> = { [K in Kind]: ReferenceOp<K> };
