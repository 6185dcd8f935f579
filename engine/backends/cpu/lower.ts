import type { OpAttrs, OpKind } from "../../program/ops.ts";
import type { Accumulate, ListName, Plan, PlannedOp, Slice } from "../../program/plan-types.ts";
import type { Kernels } from "./kernels.ts";
import type { Layout } from "./layout.ts";
import { lowerings } from "./lowering/index.ts";
import type { OpContext, Run } from "./lowering/lowering.ts";
import { overwrites } from "./lowering/overwrites.ts";
import { ropeKey } from "./rope-tables.ts";

/** Every op of a plan as a closure with its addresses and sizes. */
export function compileLists(plan: Plan, layout: Layout, kernels: Kernels, memory: WebAssembly.Memory): Record<ListName, Run[]> {
  const numbers = new Float32Array(memory.buffer);
  const services = {
    scratch: layout.scratch,
    kernels,
    number: (address: number, slot: number) => numbers[address / 4 + slot],
    rope: (attrs: OpAttrs["rope"]) => layout.ropeTables.get(ropeKey(attrs))!,
  };
  const lower = (op: PlannedOp): Run => {
    const address = ({ pool, offset }: Slice) => layout.pools[pool] + 4 * offset;
    const aside = op.outputs.map((_, n) => overwrites(op.kind, n) && op.accumulate[n] !== "never");
    const context = {
      ...services,
      attrs: op.attrs,
      inputs: op.inputs.map(address),
      outputs: op.outputs.map(address),
      add: op.accumulate.map(adds),
    };
    const lowered = lowerings[op.kind] as (context: OpContext<OpKind>) => Run;
    if (!aside.includes(true)) return lowered(context);
    return addAside(op, context, aside, layout.unsummed, lowered);
  };
  return {
    microstep: plan.lists.microstep.map(lower),
    step: plan.lists.step.map(lower),
    evaluate: plan.lists.evaluate.map(lower),
  };
}

function adds(mode: Accumulate): (first: boolean) => number {
  if (mode === "never") return () => 0;
  if (mode === "always") return () => 1;
  return (first) => (first ? 0 : 1);
}

/** Runs an op whose kernel only overwrites into memory of its own, then adds that to the outputs. */
function addAside(op: PlannedOp, context: OpContext<OpKind>, aside: boolean[], unsummed: number, lowered: (context: OpContext<OpKind>) => Run): Run {
  let end = unsummed;
  const outputs = context.outputs.map((target, n) => {
    if (!aside[n]) return target;
    const start = end;
    end += 4 * op.outputs[n].length;
    return start;
  });
  const run = lowered({ ...context, outputs });
  const { copy, addIntegers } = context.kernels;
  return (first) => {
    run(first);
    outputs.forEach((source, n) => {
      if (!aside[n]) return;
      const { length, dtype } = op.outputs[n];
      const add = context.add[n](first);
      if (add && dtype === "i32") addIntegers(source, context.outputs[n], length);
      else copy(source, context.outputs[n], length, add);
    });
  };
}
