import type { ListName, Plan, Slice } from "../plan/plan-types.ts";

export type BackendName = "reference" | "cpu" | "webgpu";

/** A plan made ready to replay on one device. Calls are queued in order; only `read` waits. */
export interface Executable {
  /** Copies host data into a slice (all of it, or its first elements). Ints go to i32 slices. */
  write(slice: Slice, data: ArrayLike<number>, replica?: number): void;
  /** Reads a slice after everything queued so far; several slices are read in one round trip. */
  read(slices: Slice[], replica?: number): Promise<(Float32Array | Float64Array | Int32Array)[]>;
  /** Queues one list for the first `replicas` (all when left out). `first` (microstep only): gradients and loads are overwritten instead of added to. */
  run(list: ListName, first?: boolean, replicas?: number): void;
  /** Writes a slice of the first replicas at once: `data[r]` is replica r's. On backends that have replicas, like the next. */
  writeEach?(slice: Slice, data: readonly ArrayLike<number>[]): void;
  /** Reads slices of the first `replicas` in one round trip: [replica][slice]. */
  readEach?(slices: Slice[], replicas: number): Promise<(Float32Array | Float64Array | Int32Array)[][]>;
  /** Resolves when everything queued has finished; throws DeviceLostError if the device is gone. */
  finish(): Promise<void>;
  /** Bytes of linear or device memory held, where the backend can tell. */
  readonly memoryBytes?: number;
  /** Kernel launches of one replay, on backends that launch kernels. */
  readonly dispatches?: Record<ListName, number>;
  /** Bytes that one replay of all replicas reads and writes by the plan's count, on backends that keep it. */
  readonly bytes?: Record<ListName, number>;
  /** Replays one list as `run` does and returns the milliseconds each of its ops took; on backends that can tell. */
  profile?(list: ListName, first?: boolean): Promise<number[]>;
  dispose(): void;
}

export interface BackendInfo {
  name: BackendName;
  /** e.g. "WASM SIMD, relaxed fma", "SwiftShader", "NVIDIA H100" */
  adapter: string;
  /** true for SwiftShader, llvmpipe and the like */
  software: boolean;
  /** identifies the kernels: hash of the WASM binary or the WGSL sources */
  kernels: string;
  /** hash of the table that chooses between kernels, on backends that choose by one */
  table?: string;
  fma: boolean | null;
  /** what one buffer and one binding of it may hold, in bytes, where the device says so */
  limits?: { maxBufferSize: number; maxStorageBufferBindingSize: number };
}

export interface Backend {
  readonly info: BackendInfo;
  compile(plan: Plan, options?: { replicas?: number; onProgress?: (done: number, total: number) => void }): Promise<Executable>;
  dispose(): void;
}

export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}
