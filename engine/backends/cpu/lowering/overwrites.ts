import type { OpKind } from "../../../program/ops.ts";

/** Outputs that the kernels can only overwrite. Where a plan adds to one, it is written aside and added. */
const overwritten: Partial<Record<OpKind, number[]>> = {
  attention: [0, 1],
  attentionGrad: [3],
  topk: [0],
  dispatch: [0, 1, 2],
  balanceLoss: [1],
  crossEntropy: [1, 2],
  clipScale: [0, 1],
};

export const overwrites = (kind: OpKind, output: number): boolean => overwritten[kind]?.includes(output) ?? false;
