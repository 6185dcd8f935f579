import type { ListName, Plan, PlannedOp } from "../../program/plan-types.ts";
import { assemble } from "./assemble.ts";
import type { Device } from "./device.ts";
import { Layout } from "./layout.ts";
import type { AdapterClass, LowerableOp, LowerContext, Operand } from "./launch.ts";
import { lowerings } from "./lower/index.ts";
import { DeviceMemory } from "./memory.ts";
import type { BindingShape, Pipelines } from "./pipelines.ts";

/** One dispatch, ready to encode. */
export interface Dispatch {
  label: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  grid: readonly [x: number, y: number];
  /** estimated work with all replicas, to size command buffers */
  flops: number;
}

/** A list as dispatches: on the first microstep of a step, and on later ones (where gradients and loads are added to). */
export interface CompiledList {
  first: Dispatch[];
  later: Dispatch[];
  /** bytes that one replay reads and writes, by the plan's count, with all replicas */
  bytes: number;
}

export interface CompiledPlan {
  memory: DeviceMemory;
  /** bytes of all buffers */
  memoryBytes: number;
  lists: Record<ListName, CompiledList>;
}

export interface CompileOptions {
  adapterClass: AdapterClass;
  replicas: number;
  onProgress: (done: number, total: number) => void;
}

interface Prepared {
  label: string;
  code: string;
  operands: Operand[];
  layout: BindingShape;
  grid: readonly [x: number, y: number];
  flops: number;
}

/** Lowers every op, compiles all kernels in parallel, creates buffers and bind groups. Throws with the op's name if WebGPU refuses one. */
export async function compilePlan(
  device: Device,
  pipelines: Pipelines,
  plan: Plan,
  { adapterClass, replicas, onProgress }: CompileOptions,
): Promise<CompiledPlan> {
  const { gpu } = device;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const layout = new Layout(plan, replicas);
  const memory = new DeviceMemory(plan, layout, Math.floor(maxBufferSize / 4));
  const context: LowerContext = {
    adapterClass,
    scratch: (length, dtype) => memory.scratch(length, dtype),
    table: (key, make) => memory.table(key, make),
    pieces: (slice) => layout.pieces(slice),
    bindingLimit: Math.floor(maxStorageBufferBindingSize / 4),
    sameBuffer: (pool, a, b) => memory.sameBuffer(pool, a, b),
    replicas,
  };

  const prepare = (op: PlannedOp, first: boolean): Prepared[] => {
    memory.freeScratch();
    const add = op.accumulate.map((mode) => mode === "always" || (mode === "later" && !first));
    const lowerable = { ...op, add } as LowerableOp;
    const launches = lowerings[op.kind](lowerable as never, context);
    return launches.map((launch) => {
      const { code, bindings, shape } = assemble(launch, (operand) => memory.strideOf(operand));
      const label = `${op.kind} ${op.name} (${launch.kernel})`;
      const operands = bindings.map(({ operand }) => operand);
      if (shape) operands.push(memory.shape(shape));
      const layout = { storage: bindings.length, uniform: shape !== undefined };
      return { label, code, operands, layout, grid: launch.grid, flops: (op.flops * replicas) / launches.length };
    });
  };
  const prepareList = (ops: PlannedOp[]): { first: Prepared[]; later: Prepared[] } => {
    const first: Prepared[] = [];
    const later: Prepared[] = [];
    for (const op of ops) {
      const prepared = prepare(op, true);
      first.push(...prepared);
      later.push(...(op.accumulate.includes("later") ? prepare(op, false) : prepared));
    }
    return { first, later };
  };
  const { microstep, step, evaluate } = plan.lists;
  const prepared = { microstep: prepareList(microstep), step: prepareList(step), evaluate: prepareList(evaluate) };

  const pipelineOf = await compileKernels(pipelines, Object.values(prepared).flatMap(({ first, later }) => [...first, ...later]), onProgress);

  // Everything between push and pop is synchronous: scopes form a stack that another compile would otherwise share.
  gpu.pushErrorScope("out-of-memory");
  gpu.pushErrorScope("validation");
  let failure: unknown;
  let result: CompiledPlan | undefined;
  try {
    const memoryBytes = memory.allocate(gpu);
    const made = new Map<Prepared, Dispatch>();
    const dispatch = (one: Prepared): Dispatch => {
      let known = made.get(one);
      if (!known) {
        const entries = one.operands.map((operand, binding): GPUBindGroupEntry => {
          const { buffer, from, length } = memory.bound(operand);
          if (4 * length > maxStorageBufferBindingSize) {
            throw new RangeError(`${one.label}: binds ${4 * length} bytes for ${replicas} replica(s); this adapter allows ${maxStorageBufferBindingSize}`);
          }
          return { binding, resource: { buffer, offset: 4 * from, size: 4 * length } };
        });
        const bindGroup = gpu.createBindGroup({ label: one.label, layout: pipelines.bindGroupLayout(one.layout), entries });
        known = { label: one.label, pipeline: pipelineOf.get(one.code)!, bindGroup, grid: one.grid, flops: one.flops };
        made.set(one, known);
      }
      return known;
    };
    const list = (name: ListName): CompiledList => ({
      first: prepared[name].first.map(dispatch),
      later: prepared[name].later.map(dispatch),
      bytes: plan.lists[name].reduce((sum, op) => sum + op.bytes, 0) * replicas,
    });
    result = { memory, memoryBytes, lists: { microstep: list("microstep"), step: list("step"), evaluate: list("evaluate") } };
  } catch (error) {
    failure = error;
  }
  const errors = await Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]);
  const reported = errors.find((error) => error !== null);
  if (result && !reported) return result;
  memory.dispose();
  device.check();
  throw failure ?? new Error(`WebGPU: ${reported!.message}`);
}

async function compileKernels(
  pipelines: Pipelines,
  prepared: Prepared[],
  onProgress: (done: number, total: number) => void,
): Promise<Map<string, GPUComputePipeline>> {
  const distinct = new Map(prepared.map((one) => [one.code, one]));
  const compiled = new Map<string, GPUComputePipeline>();
  await Promise.all(
    [...distinct.values()].map(async ({ code, layout, label }) => {
      compiled.set(code, await pipelines.get(code, layout, label));
      onProgress(compiled.size, distinct.size);
    }),
  );
  return compiled;
}
