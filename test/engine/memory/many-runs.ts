import { predictMemory } from "../../../engine/backends/cpu/backend.ts";
import { planRun } from "../../../engine/plan/plan.ts";
import { trainAlone } from "../../../engine/train/alone.ts";
import { cpuExecutor } from "../kill/executor.ts";
import { tinyStudy } from "../kill/study.ts";
import { smallDomains } from "../training.ts";

/** @returns resident bytes of the process after each run, and the linear memory of one run */
export async function manyRuns(count: number): Promise<{ resident: number[]; linear: number }> {
  const { config } = tinyStudy({ steps: 3, batchSize: 16, microBatch: 16, checkpointEverySeconds: 1000 }).runs[0];
  const executor = await cpuExecutor()();
  const resident: number[] = [];
  for (let n = 0; n < count; n++) {
    const outcome = await trainAlone(
      (jobs, listener) => executor.train(jobs, listener),
      { config, seed: { init: n, data: n }, domains: smallDomains(), backend: "cpu", checkpoint: null },
      { onMetrics: () => {}, onCheckpoint: async () => {}, onProgress: () => {} },
    );
    if (outcome.status !== "done") throw new Error(`run ${n} ended ${outcome.status}`);
    (globalThis as { gc?: () => void }).gc?.();
    resident.push(process.memoryUsage.rss());
  }
  return { resident, linear: await predictMemory(planRun(config)) };
}
