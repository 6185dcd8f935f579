/** Browser-only: engine workers as module workers. */
import type { KernelTable } from "../../../engine/backends/webgpu/matmul/table.ts";
import type { EngineOptions } from "../../../engine/backends/options.ts";
import { WorkerLostError, remoteExecutor, type OpenExecutor } from "./executors.ts";

/**
 * @param create makes the worker; left to the caller because bundlers want to see `new Worker(new URL(…))` or `?worker` there
 * @param kernelTable the user's table of kernels, asked for anew with each worker
 */
export function browserExecutors(create: () => Worker, kernelTable: () => KernelTable | null = () => null): OpenExecutor {
  return async () => {
    const worker = create();
    const options: EngineOptions = { kernelTable: kernelTable() };
    worker.postMessage(options);
    const death = new Promise<never>((_resolve, reject) => {
      worker.addEventListener("error", (event) =>
        reject(new WorkerLostError(`engine worker failed: ${event.message || "its script could not be loaded"}`)),
      );
      worker.addEventListener("messageerror", () => reject(new WorkerLostError("engine worker sent a message that could not be read")));
    });
    return remoteExecutor({ endpoint: worker, death, terminate: async () => worker.terminate() });
  };
}
