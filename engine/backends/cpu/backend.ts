import type { ListName, Plan, Slice } from "../../plan/plan-types.ts";
import type { Backend, Executable } from "../backend.ts";
import { compileKernels, instantiate, type KernelModule } from "./kernels.ts";
import { layOut, type Layout, memoryBytes } from "./layout.ts";
import { compileLists } from "./lower.ts";
import type { Run } from "./lowering/lowering.ts";

/**
 * Runs plans in WebAssembly SIMD on the calling thread, one replica per instance. `relaxed: false` takes the kernels
 * without relaxed-SIMD multiply-add even where the runtime has it. In Node 20 import `node-flags.ts` first.
 */
export async function createCpuBackend({ relaxed = true }: { relaxed?: boolean } = {}): Promise<Backend> {
  const kernels = await compileKernels(relaxed);
  return {
    info: {
      name: "cpu",
      adapter: kernels.relaxed ? "WASM SIMD, relaxed multiply-add" : "WASM SIMD",
      software: false,
      kernels: kernels.sha256,
      fma: kernels.fma,
    },
    compile: async (plan, { replicas = 1 } = {}) => {
      if (replicas !== 1) throw new RangeError(`the CPU backend runs one replica per worker, not ${replicas}`);
      const executable = new CpuExecutable(plan, kernels);
      return executable;
    },
    dispose: () => {},
  };
}

/** Bytes of linear memory that `compile(plan)` will take; it never grows. */
export async function predictMemory(plan: Plan): Promise<number> {
  const { module } = await compileKernels();
  return memoryBytes(layOut(plan, sizesOf(module)));
}

/** An instance over one page, good for the functions that compute sizes. */
function sizesOf(module: WebAssembly.Module) {
  return instantiate(module, new WebAssembly.Memory({ initial: 1 }));
}

class CpuExecutable implements Executable {
  private readonly layout: Layout;
  private memory: WebAssembly.Memory | null;
  private lists: Record<ListName, Run[]>;

  constructor(plan: Plan, { module }: KernelModule) {
    this.layout = layOut(plan, sizesOf(module));
    const { pages, ropeTables } = this.layout;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    for (const { values, cos, sin } of ropeTables.values()) {
      new Float32Array(this.memory.buffer, cos).set(values.cos);
      new Float32Array(this.memory.buffer, sin).set(values.sin);
    }
    this.lists = compileLists(plan, this.layout, instantiate(module, this.memory), this.memory);
  }

  write(slice: Slice, data: ArrayLike<number>, replica = 0): void {
    if (data.length > slice.length) throw new RangeError(`${slice.name} holds ${slice.length} elements, not ${data.length}`);
    this.view(slice, replica).set(data);
  }

  async read(slices: Slice[], replica = 0): Promise<(Float32Array | Int32Array)[]> {
    return slices.map((slice) => this.view(slice, replica).slice());
  }

  run(list: ListName, first = false): void {
    for (const op of this.lists[list]) op(first);
  }

  async profile(list: ListName, first = false): Promise<number[]> {
    return this.lists[list].map((op) => {
      const start = performance.now();
      op(first);
      return performance.now() - start;
    });
  }

  async finish(): Promise<void> {}

  /** What the memory object really has; `predictMemory` says the same before there is one. */
  get memoryBytes(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  dispose(): void {
    this.memory = null;
    this.lists = { microstep: [], step: [], evaluate: [] };
  }

  private view({ pool, offset, length, dtype }: Slice, replica: number): Float32Array | Int32Array {
    if (!this.memory) throw new Error("the executable has been disposed of");
    if (replica !== 0) throw new RangeError(`the CPU backend has one replica, not ${replica + 1}`);
    const View = dtype === "i32" ? Int32Array : Float32Array;
    return new View(this.memory.buffer, this.layout.pools[pool] + 4 * offset, length);
  }
}
