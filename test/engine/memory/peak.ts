import { predictMemory } from "../../../engine/backends/cpu/backend.ts";
import { benchModels, type BenchModel } from "../../../engine/bench/models.ts";
import { planRun } from "../../../engine/program/plan.ts";
import { trainAlone } from "../../../engine/train/alone.ts";
import { cpuExecutor } from "../kill/executor.ts";
import { smallDomains } from "../training.ts";

/** Largest growth of the process while it trains and writes a checkpoint after every step, beside what `predictMemory` said. */
export async function peak(name: BenchModel): Promise<{ grown: number; predicted: number }> {
  const model = benchModels[name];
  const config = {
    ...model,
    train: { ...model.train, steps: 3, evalEvery: 3, checkpointEverySeconds: 0, keep: "weights" as const },
    validation: { windowsPerDomain: 2 }, data: { mixture: { prose: 1, code: 1 } },
  };
  const predicted = await predictMemory(planRun(config));
  const executor = await cpuExecutor()();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => (most = Math.max(most, process.memoryUsage.rss()));
  await trainAlone(
    (jobs, listener) => executor.train(jobs, listener),
    { config, seed: { init: 1, data: 1 }, domains: smallDomains(), backend: "cpu", checkpoint: null },
    { onMetrics: look, onCheckpoint: async () => void look(), onProgress: () => {} },
  );
  look();
  return { grown: most - before, predicted };
}
