/** What is said of an op besides its meaning (`ops.ts`): shapes, gradient, how it writes, what it costs. One record an op, by family. */
import type { DType, OpAttrs, OpKind } from "./ops.ts";
import type { Node, Tensor } from "./tensor.ts";

/** Shape and type of one operand. */
export interface Operand {
  shape: number[];
  dtype: DType;
}

interface Signature {
  inputs: Operand[];
  outputs: Operand[];
}

/** d(total loss)/d(nll row) = factor · numbers[number] (1 if number < 0). Ops that know their own weight (balanceLoss, zLoss) need no seed. */
export interface LossSeed {
  tensor: Tensor;
  factor: number;
  number: number;
}

export interface GradientInputs {
  /** rows of the batch sorted by token id, and where each id starts (for embeddingGrad) */
  order: Tensor;
  starts: Tensor;
  numbers: Tensor;
}

/** What a gradient rule may do: read what is known, append ops, add terms. */
export interface GradientContext {
  readonly given: GradientInputs;
  seed(tensor: Tensor): LossSeed;
  emit<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind], inputs: Tensor[]): Tensor[];
  /** Adds one more term to the gradient of `x`, in place where the op can. */
  contribute<Kind extends OpKind>(x: Tensor, kind: Kind, attrs: OpAttrs[Kind], inputs: Tensor[]): void;
  contributeTensor(x: Tensor, term: Tensor): void;
  /** `dispatch` yields rowOfSlot and slotOfRow together; the gradient of a gather by one is a sum by the other. */
  rowOfSlot(slotOfRow: Tensor): Tensor;
}

interface OpRecord<Kind extends OpKind> {
  /** operand shapes as `ops.ts` states them: what builder, verifier and tests ask */
  signature(attrs: OpAttrs[Kind]): Signature;
  /** inputs beyond these are optional; default: none is */
  fewestInputs?: number;
  /** the first output may add to its slice (`accumulate`); every other output is always overwritten */
  accumulates?: true;
  /** output n works in place on input inPlace[n] */
  inPlace?: readonly number[];
  /** floating-point operations, 2 per multiply-add; default: one per element touched */
  flops?(attrs: OpAttrs[Kind]): number;
  /** a term of the loss that knows its own weight: its gradient needs no seed */
  isLoss?: true;
  /** absent: autodiff does not pass through it */
  gradient?(context: GradientContext, node: Node<Kind>, dOutputs: (Tensor | undefined)[]): void;
}

export type OpRecords<Kinds extends OpKind> = { [Kind in Kinds]: OpRecord<Kind> };

export const f = (...shape: number[]): Operand => ({ shape, dtype: "f32" });
export const i = (...shape: number[]): Operand => ({ shape, dtype: "i32" });
/** The table of per-step scalars has no fixed length. */
export const anyLength = -1;
export const numbers = f(anyLength);

export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The gradient of an op's first output. */
export const only = (d: (Tensor | undefined)[]): Tensor => {
  if (!d[0]) throw new Error("gradient of the first output is missing");
  return d[0];
};
