/** Node-only: engine workers as worker_threads. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { KernelTable } from "../../../../engine/backends/webgpu/matmul/table.ts";
import type { EngineOptions } from "../../../../engine/backends/options.ts";
import { WorkerLostError, remoteExecutor, type OpenExecutor } from "../executors.ts";

/**
 * @param script the built engine worker (`out/node/engine.worker.js`)
 * @param kernelTable the user's table of kernels, asked for anew with each worker
 */
export function nodeExecutors(script: URL, kernelTable: () => Promise<KernelTable | null> = async () => null): OpenExecutor {
  return async () => {
    const options: EngineOptions = { kernelTable: await kernelTable() };
    // A worker's own copy of the environment does not reach native code: the Vulkan loader reads the process's.
    const worker = new Worker(script, { env: SHARE_ENV, workerData: options });
    const death = new Promise<never>((_resolve, reject) => {
      worker.once("error", (error) => reject(new WorkerLostError(`engine worker failed: ${error.message}`, { cause: error })));
      worker.once("exit", (code) => reject(new WorkerLostError(`engine worker ended with code ${code}`)));
    });
    return remoteExecutor({
      endpoint: nodeEndpoint(worker),
      death,
      terminate: async () => {
        await worker.terminate();
      },
    });
  };
}
