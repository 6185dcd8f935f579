import { availableParallelism } from "node:os";
import type { BackendName } from "../../engine/backends/backend.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { NoBackendError, type Devices } from "../runs/devices/backend-choice.ts";
import { chooseForStudy, type StudyChoice } from "../runs/devices/choose-backend.ts";
import { openDomains } from "../runs/store/node/corpora.ts";
import type { Executor, OpenExecutor } from "../runs/training/executors.ts";
import { nodeExecutors } from "../runs/training/node/executors.ts";
import { readKernelTable } from "../runs/devices/node/kernel-table.ts";
import { MemoryError } from "../runs/cost/memory-limits.ts";
import { usableMemory } from "../runs/devices/node/memory.ts";
import type { Rates } from "../runs/devices/rates.ts";
import { remark } from "./output.ts";
import { RefusedError } from "./refused.ts";

let kernelTable: Promise<KernelTable | null> | undefined;

/** What `switchyard tune` measured for this user; read once, so that all workers of a study choose alike. A file that cannot be used is told once. */
export const userKernelTable = (): Promise<KernelTable | null> =>
  (kernelTable ??= readKernelTable().then(({ table, problem }) => {
    if (problem) remark(`switchyard: ${problem}\n`);
    return table;
  }));

/** The engine worker lies beside the bundled command line. */
const openEngine: OpenExecutor = nodeExecutors(new URL("./engine.worker.js", import.meta.url), userKernelTable);

/** Asks one worker what can train here, and chooses for these runs; that worker is used for the first of them afterwards. */
export async function findBackend(
  wanted: BackendName | "auto",
  { runs, jobs, rates }: { runs: RunConfig[]; jobs: number | null; rates: Rates },
): Promise<{ choice: StudyChoice; open: OpenExecutor; close(): Promise<void> }> {
  const first = await openEngine();
  try {
    const choice = await chooseForStudy({
      wanted,
      runs,
      rates,
      devices: await first.devices(wanted === "auto" ? undefined : [wanted]),
      texts: openDomains,
      open: openEngine,
      workers: (backend) => jobs ?? defaultWorkers(backend),
      machineBytes: usableMemory(),
    });
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
    if (error instanceof NoBackendError || error instanceof MemoryError) throw new RefusedError(`switchyard: ${error.message}`);
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
