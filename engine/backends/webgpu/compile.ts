import type { ListName, Plan } from "../../plan/plan-types.ts";
import type { Device } from "./device.ts";
import { Layout } from "./layout.ts";
import { DeviceMemory } from "./memory.ts";
import type { Pipelines } from "./pipelines.ts";
import { type KernelChoice, type PreparedDispatch, type PreparedList, preparePlan } from "./prepare.ts";

/** One dispatch, ready to encode. */
export interface Dispatch {
  label: string;
  /** index of the op in its list */
  op: number;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  grid: readonly [x: number, y: number];
  /** estimated work with all replicas, to size command buffers */
  flops: number;
}

/** A list as dispatches: on the first microstep of a step, and on later ones (where gradients and loads are added to). */
interface CompiledList {
  first: Dispatch[];
  later: Dispatch[];
  /** how many ops the dispatches belong to */
  ops: number;
  /** bytes that one replay reads and writes, by the plan's count, with all replicas */
  bytes: number;
}

export interface CompiledPlan {
  memory: DeviceMemory;
  /** bytes of all buffers */
  memoryBytes: number;
  lists: Record<ListName, CompiledList>;
}

export interface CompileOptions extends KernelChoice {
  replicas: number;
  onProgress: (done: number, total: number) => void;
}

/**
 * Lowers every op, compiles all kernels in parallel, creates buffers and bind groups. Throws with the op's name if WebGPU refuses one,
 * RangeError if the replicas do not fit the adapter's buffers.
 */
export async function compilePlan(device: Device, pipelines: Pipelines, plan: Plan, options: CompileOptions): Promise<CompiledPlan> {
  const { gpu, limits } = device;
  const layout = new Layout(plan, options.replicas);
  const memory = new DeviceMemory(plan, layout, Math.floor(limits.maxBufferSize / 4));
  const prepared = preparePlan(plan, memory, limits, options);
  const compiled = await compileKernels(pipelines, prepared, options.onProgress);

  // Everything between push and pop is synchronous: scopes form a stack that another compile would otherwise share.
  gpu.pushErrorScope("out-of-memory");
  gpu.pushErrorScope("validation");
  let result: CompiledPlan | undefined;
  let failure: unknown;
  try {
    const memoryBytes = memory.allocate(gpu);
    const bind = binder(gpu, pipelines, memory, compiled, limits.maxStorageBufferBindingSize);
    const list = (name: ListName): CompiledList => ({
      first: prepared[name].first.map(bind),
      later: prepared[name].later.map(bind),
      ops: plan.lists[name].length,
      bytes: plan.lists[name].reduce((sum, op) => sum + op.bytes, 0) * options.replicas,
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

/** Milliseconds between two reports of progress: what is told crosses threads and is drawn. */
const progressEvery = 100;

/** Pipelines by source, compiled in parallel. Progress is that of the kernels that are not there yet: none where an earlier plan had them all. */
async function compileKernels(
  pipelines: Pipelines,
  prepared: Record<ListName, PreparedList>,
  onProgress: (done: number, total: number) => void,
): Promise<Map<string, GPUComputePipeline>> {
  const dispatches = Object.values(prepared).flatMap(({ first, later }) => [...first, ...later]);
  const distinct = new Map(dispatches.map((dispatch) => [dispatch.code, dispatch]));
  const compiled = new Map<string, GPUComputePipeline>();
  const missing = new Set([...distinct.keys()].filter((code) => !pipelines.has(code)));
  const total = missing.size;
  let told = -Infinity;
  await Promise.all(
    [...distinct.values()].map(async ({ code, layout, label }) => {
      compiled.set(code, await pipelines.get(code, layout, label));
      if (!missing.delete(code)) return;
      if (missing.size > 0 && performance.now() - told < progressEvery) return;
      told = performance.now();
      onProgress(total - missing.size, total);
    }),
  );
  return compiled;
}

/** Gives each prepared dispatch its pipeline and bind group, once. */
function binder(
  gpu: GPUDevice,
  pipelines: Pipelines,
  memory: DeviceMemory,
  compiled: Map<string, GPUComputePipeline>,
  bindingLimit: number,
): (prepared: PreparedDispatch) => Dispatch {
  const bound = new Map<PreparedDispatch, Dispatch>();
  return (prepared) => {
    const known = bound.get(prepared);
    if (known) return known;
    const { label, op, code, layout, operands, grid, flops } = prepared;
    const entries = operands.map((operand, binding): GPUBindGroupEntry => {
      const { buffer, from, length } = memory.bound(operand);
      if (4 * length > bindingLimit) {
        throw new RangeError(
          `${label}: binds ${4 * length} bytes for ${memory.layout.replicas} replica(s); this adapter allows ${bindingLimit}`,
        );
      }
      return { binding, resource: { buffer, offset: 4 * from, size: 4 * length } };
    });
    const bindGroup = gpu.createBindGroup({ label, layout: pipelines.bindGroupLayout(layout), entries });
    const dispatch: Dispatch = { label, op, pipeline: compiled.get(code)!, bindGroup, grid, flops };
    bound.set(prepared, dispatch);
    return dispatch;
  };
}
