import { type ListName, type Plan, type PlannedOp, type PoolName, poolNames, type Slice } from "../../plan/plan-types.ts";
import type { Backend, Executable } from "../backend.ts";
import { type AccumulatingOps, referenceOps } from "./ops.ts";

type Pools = Record<PoolName, Float64Array>;

/** Runs plans in float64 with one plain function per op: slow, exact enough to be the oracle, no device. */
export function createReferenceBackend(): Backend {
  return {
    info: { name: "reference", adapter: "plain TypeScript, float64", software: true, kernels: "float64", fma: null },
    compile: async (plan, { replicas = 1 } = {}) => {
      return new ReferenceExecutable(plan, replicas);
    },
    dispose: () => {},
  };
}

class ReferenceExecutable implements Executable {
  private readonly plan: Plan;
  private readonly replicas: Pools[];

  constructor(plan: Plan, replicas: number) {
    this.plan = plan;
    this.replicas = Array.from({ length: replicas }, () => allocate(plan));
  }

  write(slice: Slice, data: ArrayLike<number>, replica = 0): void {
    if (data.length > slice.length) throw new RangeError(`${slice.name} holds ${slice.length} elements, not ${data.length}`);
    view(this.replicas[replica], slice).set(data);
  }

  async read(slices: Slice[], replica = 0): Promise<(Float64Array | Int32Array)[]> {
    return slices.map((slice) => {
      const data = view(this.replicas[replica], slice);
      return slice.dtype === "i32" ? Int32Array.from(data) : data.slice();
    });
  }

  run(list: ListName, first = false): void {
    for (const pools of this.replicas) for (const op of this.plan.lists[list]) runOp(pools, op, first);
  }

  async finish(): Promise<void> {}

  dispose(): void {
    this.replicas.length = 0;
  }
}

/** Activations start as NaN, so that reading what no op has written shows; the rest starts at zero as on every backend. */
function allocate(plan: Plan): Pools {
  const pools = Object.fromEntries(poolNames.map((name) => [name, new Float64Array(plan.pools[name])])) as Pools;
  pools.activations.fill(NaN);
  return pools;
}

function runOp(pools: Pools, op: PlannedOp, first: boolean): void {
  const run = referenceOps[op.kind] as AccumulatingOps[typeof op.kind];
  run(
    op.attrs as never,
    op.inputs.map((slice) => view(pools, slice)),
    op.outputs.map((slice) => view(pools, slice)),
    op.accumulate.map((mode) => mode === "always" || (mode === "later" && !first)),
  );
}

function view(pools: Pools, slice: Slice): Float64Array {
  return pools[slice.pool].subarray(slice.offset, slice.offset + slice.length);
}
