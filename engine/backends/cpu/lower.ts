import { accumulates } from "../../program/op-records.ts";
import type { OpAttrs, OpKind } from "../../program/ops.ts";
import type { Accumulate, ListName, Plan, PlannedOp, Slice } from "../../plan/plan-types.ts";
import type { Kernels } from "./kernels.ts";
import type { Layout } from "./layout.ts";
import { lowerings } from "./lowering/index.ts";
import type { OpContext, Run } from "./lowering/lowering.ts";
import { ropeKey } from "./rope-tables.ts";

/** Every op of a plan as a closure with its addresses and sizes. */
export function compileLists(plan: Plan, layout: Layout, kernels: Kernels, memory: WebAssembly.Memory): Record<ListName, Run[]> {
  const numbers = new Float32Array(memory.buffer);
  const address = ({ pool, offset }: Slice) => layout.pools[pool] + 4 * offset;
  const services = {
    scratch: layout.scratch,
    kernels,
    number: (table: number, slot: number) => numbers[table / 4 + slot],
    rope: (attrs: OpAttrs["rope"]) => layout.ropeTables.get(ropeKey(attrs))!,
  };
  const lower = (op: PlannedOp): Run => {
    const lowered = lowerings[op.kind] as (context: OpContext<OpKind>) => Run;
    return lowered({ ...services, attrs: op.attrs, inputs: op.inputs.map(address), outputs: op.outputs.map(address), add: adds(op) });
  };
  return {
    microstep: plan.lists.microstep.map(lower),
    step: plan.lists.step.map(lower),
    evaluate: plan.lists.evaluate.map(lower),
  };
}

/** Ops that work in place are marked as accumulating too, but have only one form. */
function adds({ kind, accumulate: [mode] }: PlannedOp): (first: boolean) => number {
  if (!accumulates(kind)) return () => 0;
  return additions[mode];
}

const additions: Record<Accumulate, (first: boolean) => number> = {
  never: () => 0,
  always: () => 1,
  later: (first) => (first ? 0 : 1),
};
