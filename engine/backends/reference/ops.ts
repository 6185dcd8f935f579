import { isInPlace } from "../../program/op-records.ts";
import type { OpAttrs, OpKind } from "../../program/ops.ts";
import { attention } from "./attention.ts";
import { dense } from "./dense.ts";
import { experts } from "./experts.ts";
import { loss } from "./loss.ts";
import { movement } from "./movement.ts";
import { optimizer } from "./optimizer.ts";
import type { ReferenceOp } from "./reference-op.ts";
import { routing } from "./routing.ts";

export type AccumulatingOps = {
  [Kind in OpKind]: (attrs: OpAttrs[Kind], inputs: Float64Array[], outputs: Float64Array[], accumulate: boolean[]) => void;
};

const ops: { [Kind in OpKind]: ReferenceOp<Kind> } = { ...dense, ...attention, ...movement, ...routing, ...experts, ...loss, ...optimizer };

/**
 * Every op in float64, each the plain definition: the oracle other backends are held against.
 * An output whose `accumulate` flag is set is added to; the others are overwritten.
 */
export const referenceOps = Object.fromEntries(
  Object.entries(ops).map(([kind, op]) => [
    kind,
    // `accumulate` marks ops in place too, but they do their own update
    isInPlace(kind as OpKind) ? op : accumulated(op as ReferenceOp<OpKind>),
  ]),
) as AccumulatingOps;

function accumulated(op: ReferenceOp<OpKind>): AccumulatingOps[OpKind] {
  return (attrs: OpAttrs[OpKind], inputs: Float64Array[], outputs: Float64Array[], accumulate: boolean[]) => {
    const targets = outputs.map((output, i) => (accumulate[i] ? new Float64Array(output.length) : output));
    op(attrs as never, inputs, targets);
    outputs.forEach((output, i) => {
      if (accumulate[i]) for (let j = 0; j < output.length; j++) output[j] += targets[i][j];
    });
  };
}
