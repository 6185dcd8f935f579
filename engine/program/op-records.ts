import { dense } from "./families/dense.ts";
import { attention } from "./families/attention.ts";
import { movement } from "./families/movement.ts";
import { routing } from "./families/routing.ts";
import { experts } from "./families/experts.ts";
import { loss } from "./families/loss.ts";
import { optimizer } from "./families/optimizer.ts";
import { elements, type OpRecords } from "./op-record.ts";
import type { OpAttrs, OpKind } from "./ops.ts";

/** Every op's record; the families are those of `backends/reference` and of every other place that files ops. */
export const opRecords: OpRecords<OpKind> = { ...dense, ...attention, ...movement, ...routing, ...experts, ...loss, ...optimizer };

export const accumulates = (kind: OpKind): boolean => opRecords[kind].accumulates ?? false;
export const isInPlace = (kind: OpKind): boolean => opRecords[kind].inPlace !== undefined;

/** Floating-point operations: products count 2 per multiply-add, attention its causal half; the rest about one per element touched. */
export function flopsOf<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind]): number {
  const { flops, signature } = opRecords[kind];
  if (flops) return flops(attrs);
  const { inputs, outputs } = signature(attrs);
  return [...inputs, ...outputs].reduce((sum, { shape }) => sum + Math.max(0, elements(shape)), 0);
}
