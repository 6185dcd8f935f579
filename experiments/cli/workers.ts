import { availableParallelism } from "node:os";
import type { BackendName } from "../../engine/backends/backend.ts";
import { chooseBackend, NoBackendError, type BackendChoice, type Devices } from "../runs/backend-choice.ts";
import type { Executor, OpenExecutor } from "../runs/executors.ts";
import { nodeExecutors } from "../runs/executors-node.ts";
import { RefusedError } from "./refused.ts";

/** The engine worker lies beside the bundled command line. */
export const openEngine: OpenExecutor = nodeExecutors(new URL("./engine.worker.js", import.meta.url));

/** Asks one worker what can train here; that worker is used for the first run afterwards. */
export async function findBackend(wanted: BackendName | "auto"): Promise<{ choice: BackendChoice; open: OpenExecutor; close(): Promise<void> }> {
  const first = await openEngine();
  try {
    const choice = chooseBackend(await first.devices(wanted === "auto" ? undefined : [wanted]), wanted);
    let unused: Executor | null = first;
    return {
      choice,
      open: async () => {
        const executor = unused ?? (await openEngine());
        unused = null;
        return executor;
      },
      close: async () => unused?.terminate(),
    };
  } catch (error) {
    await first.terminate();
    if (error instanceof NoBackendError) throw new RefusedError(`switchyard: ${error.message}`);
    throw error;
  }
}

export async function askDevices(): Promise<Devices> {
  const executor = await openEngine();
  try {
    return await executor.devices();
  } finally {
    await executor.terminate();
  }
}

/** A CPU worker is one core's work; one GPU is kept busy by one worker. */
export const defaultWorkers = (backend: BackendName): number => (backend === "webgpu" ? 1 : availableParallelism());
