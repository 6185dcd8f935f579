import type { KernelTable } from "./webgpu/matmul/table.ts";

/** What an engine worker is opened with: plain data, as `workerData` in Node and as the first message in a browser. */
export interface EngineOptions {
  /** goes before the table of kernels that Switchyard brings; read from the user's file by whoever opens the worker, since the engine knows no files */
  kernelTable: KernelTable | null;
}
