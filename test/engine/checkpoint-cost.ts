import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchModels, type BenchModel } from "../../engine/bench/models.ts";
import { dataHash } from "../../engine/data/corpus.ts";
import { Coordinator } from "../../experiments/runs/training/coordinator.ts";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { planExperiment } from "../../experiments/runs/plan/plan.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { resolve } from "../runs/requests.ts";
import { cpuExecutor } from "./kill/executor.ts";
import { smallDomains } from "./training.ts";

/**
 * One run, stopped after so many seconds, without validations. Its steps say how long they trained; what is missing from the wall clock went into
 * checkpoints: read, encoded, sealed, written and synced.
 */
export async function checkpointCost(
  name: BenchModel,
  lasts: number,
): Promise<{ seconds: number; checkpoints: number; bytes: number; share: number }> {
  const { model, balance, train } = benchModels[name];
  const steps = 1_000_000;
  const experiment = resolve({
    model: model as never,
    balance: balance as never,
    seeds: 1,
    data: { mixture: { prose: 1, code: 1 } },
    validation: { windowsPerDomain: 4 },
    train: {
      seqLen: train.seqLen,
      batchSize: train.batchSize,
      steps,
      evalEvery: steps,
      checkpointEverySeconds: defaultConfig.train.checkpointEverySeconds,
    },
  });
  const plan = planExperiment(experiment, dataHash(smallDomains()));
  const folder = await mkdtemp(join(tmpdir(), "switchyard-checkpoint-cost-"));
  const coordinator = new Coordinator({
    store: new NodeStore(folder),
    openExecutor: cpuExecutor(),
    workers: 1,
    backend: "cpu",
    domains: async () => smallDomains(),
  });
  const points: { wall: number; trained: number }[] = [];
  let [checkpoints, bytes] = [0, 0];
  coordinator.subscribe((event) => {
    if (event.type === "metrics") points.push({ wall: performance.now() / 1000, trained: event.events.at(-1)!.seconds });
    if (event.type === "checkpoint") checkpoints++;
    if (points.length > 0 && points.at(-1)!.wall - points[0].wall > lasts) study.stop();
  });
  const study = coordinator.submit(plan);
  try {
    const [{ runs }] = (await study.finished).arms;
    if (runs[0].status !== "stopped") throw new Error(`the run ended ${runs[0].status}: ${runs[0].error}`);
    bytes = (await stat(join(folder, "runs", shortKey(plan.runs[0].key), "checkpoint.safetensors"))).size;
  } finally {
    await coordinator.close();
    await rm(folder, { recursive: true, force: true });
  }
  const [first, last] = [points[0], points.at(-1)!];
  const seconds = last.wall - first.wall;
  return { seconds, checkpoints: checkpoints - 1, bytes, share: 1 - (last.trained - first.trained) / seconds }; // the one of the stop comes after the last step
}
