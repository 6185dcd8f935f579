/** Node-only: engine workers as worker_threads. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { WorkerLostError, remoteExecutor, type OpenExecutor } from "./executors.ts";

/** @param script the built engine worker (`out/node/engine.worker.js`) */
export function nodeExecutors(script: URL): OpenExecutor {
  return async () => {
    // A worker's own copy of the environment does not reach native code: the Vulkan loader reads the process's.
    const worker = new Worker(script, { env: SHARE_ENV });
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
