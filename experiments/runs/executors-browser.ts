/** Browser-only: engine workers as module workers. */
import { WorkerLostError, remoteExecutor, type OpenExecutor } from "./executors.ts";

/** @param create makes the worker; left to the caller because bundlers want to see `new Worker(new URL(…))` or `?worker` there */
export function browserExecutors(create: () => Worker): OpenExecutor {
  return async () => {
    const worker = create();
    const death = new Promise<never>((_resolve, reject) => {
      worker.addEventListener("error", (event) => reject(new WorkerLostError(`engine worker failed: ${event.message || "its script could not be loaded"}`)));
      worker.addEventListener("messageerror", () => reject(new WorkerLostError("engine worker sent a message that could not be read")));
    });
    return remoteExecutor({ endpoint: worker, death, terminate: async () => worker.terminate() });
  };
}
