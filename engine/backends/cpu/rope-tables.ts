import { cos as cosine, sin as sine } from "../../numerics/elementary.ts";
import { pow } from "../../numerics/pow.ts";
import type { OpAttrs } from "../../program/ops.ts";
import type { PlannedOp } from "../../plan/plan-types.ts";

export interface RopeTable {
  values: { cos: Float32Array; sin: Float32Array };
}

type RopeAttrs = OpAttrs["rope"];

export const ropeKey = ({ seqLen, ropeDim, theta, inverse }: RopeAttrs): string => `${seqLen} ${ropeDim} ${theta} ${inverse}`;

/** One table for each kind of rotation among the ops. */
export function ropeTables(ops: PlannedOp[]): Map<string, RopeTable> {
  const tables = new Map<string, RopeTable>();
  for (const op of ops)
    if (op.kind === "rope" && !tables.has(ropeKey(op.attrs))) tables.set(ropeKey(op.attrs), { values: tableOf(op.attrs) });
  return tables;
}

/** [seqLen, ropeDim] each: y = x·cos + swap(x)·sin, with the two numbers of a pair swapped. */
function tableOf({ seqLen, ropeDim, theta, inverse }: RopeAttrs): RopeTable["values"] {
  const cos = new Float32Array(seqLen * ropeDim);
  const sin = new Float32Array(seqLen * ropeDim);
  for (let column = 0; column < ropeDim; column += 2) {
    const frequency = pow(theta, -column / ropeDim);
    for (let position = 0; position < seqLen; position++) {
      const angle = (inverse ? -position : position) * frequency;
      const at = position * ropeDim + column;
      cos[at] = cos[at + 1] = cosine(angle);
      sin[at + 1] = sine(angle);
      sin[at] = -sin[at + 1];
    }
  }
  return { cos, sin };
}
