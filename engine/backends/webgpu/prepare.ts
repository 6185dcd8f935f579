import type { ListName, Plan, PlannedOp } from "../../plan/plan-types.ts";
import { assemble } from "./assemble.ts";
import type { BufferLimits } from "./device.ts";
import type { AdapterClass, LowerableOp, LowerContext, Operand } from "./launch.ts";
import type { Choice, ProductShape } from "./matmul/table.ts";
import { lowerings } from "./lower/index.ts";
import type { DeviceMemory } from "./memory.ts";
import type { BindingShape } from "./pipelines.ts";

/** A dispatch that still lacks its pipeline and its bind group: all that can be known without a device. */
export interface PreparedDispatch {
  /** kind and name of the op, and the kernel */
  label: string;
  /** index of the op in its list */
  op: number;
  code: string;
  layout: BindingShape;
  /** in binding order */
  operands: Operand[];
  grid: readonly [x: number, y: number];
  /** estimated work with all replicas */
  flops: number;
}

/** One list: as it runs on the first microstep of a step, and on later ones. Dispatches that do not differ are the same objects. */
export interface PreparedList {
  first: PreparedDispatch[];
  later: PreparedDispatch[];
}

/** What decides between kernels that compute the same. */
export interface KernelChoice {
  adapterClass: AdapterClass;
  chooseMatmul(shape: ProductShape): Choice;
}

/** Lowers every op of a plan; scratch, tables and shapes are reserved in `memory`. */
export function preparePlan(
  plan: Plan,
  memory: DeviceMemory,
  limits: BufferLimits,
  { adapterClass, chooseMatmul }: KernelChoice,
): Record<ListName, PreparedList> {
  const { layout } = memory;
  const context: LowerContext = {
    adapterClass,
    chooseMatmul,
    scratch: (length, dtype) => memory.scratch(length, dtype),
    table: (key, make) => memory.table(key, make),
    pieces: (slice) => layout.pieces(slice),
    bindingLimit: Math.floor(limits.maxStorageBufferBindingSize / 4),
    sameBuffer: (pool, a, b) => memory.sameBuffer(pool, a, b),
    replicas: layout.replicas,
  };

  const prepare = (op: PlannedOp, index: number, first: boolean): PreparedDispatch[] => {
    memory.freeScratch();
    const add = op.accumulate.map((mode) => mode === "always" || (mode === "later" && !first));
    const lowerable: LowerableOp = { ...op, add };
    // the table's entry and the op have the same kind, which the type system cannot see
    const launches = lowerings[op.kind](lowerable as never, context);
    return launches.map((launch) => {
      const { code, bindings, shape } = assemble(launch, (operand) => memory.strideOf(operand));
      const operands = bindings.map(({ operand }) => operand);
      if (shape) operands.push(memory.shape(shape));
      return {
        label: `${op.kind} ${op.name} (${launch.kernel})`,
        op: index,
        code,
        layout: { storage: bindings.length, uniform: shape !== undefined },
        operands,
        grid: launch.grid,
        flops: (op.flops * layout.replicas) / launches.length,
      };
    });
  };

  const list = (name: ListName): PreparedList => {
    const prepared: PreparedList = { first: [], later: [] };
    for (const [index, op] of plan.lists[name].entries()) {
      const dispatches = prepare(op, index, true);
      prepared.first.push(...dispatches);
      prepared.later.push(...(op.accumulate.includes("later") ? prepare(op, index, false) : dispatches));
    }
    return prepared;
  };
  return { microstep: list("microstep"), step: list("step"), evaluate: list("evaluate") };
}
