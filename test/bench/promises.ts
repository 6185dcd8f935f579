/** Promises that only hold on a machine with nothing else to do: how long a study takes, and what checkpoints cost. */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { dataHash, domainNames } from "../../engine/data/corpus.ts";
import { semantics, type RunConfig } from "../../engine/model/config.ts";
import { benchModels, type BenchModel } from "../../engine/bench/models.ts";
import { trainAlone } from "../../engine/train/alone.ts";
import { chooseForStudy } from "../../experiments/runs/devices/choose-backend.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { Coordinator } from "../../experiments/runs/training/coordinator.ts";
import { nodeExecutors } from "../../experiments/runs/training/node/executors.ts";
import { runKey } from "../../experiments/runs/store/key.ts";
import { planExperiment } from "../../experiments/runs/plan/plan.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { resolve } from "../runs/requests.ts";
import { memoryRates } from "./fake-devices.ts";

/** @param root of the repository, built */
const executors = (root: string) => nodeExecutors(pathToFileURL(join(root, "out/node/engine.worker.js")));

/**
 * A study of bench model XS, two arms with two seeds each, that differ in cost (one has an MTP module), as long as told by its steps.
 * @returns seconds foretold after a one-second probe, and seconds it took
 */
export async function studyTime(root: string, steps: number): Promise<{ expected: number; measured: number; workers: number }> {
  const texts = await openDomains(domainNames);
  const plan = planExperiment(
    resolve({ train: { steps }, arms: { plain: {}, mtp: { model: { mtp: { depth: 1 } } } }, seeds: 2 }),
    dataHash(texts),
  );
  const open = executors(root);
  const first = await open();
  const devices = await first.devices(["cpu"]);
  await first.terminate();
  const choice = await chooseForStudy({
    wanted: "cpu",
    devices,
    runs: plan.runs.map((run) => run.config),
    texts: openDomains,
    open,
    workers: availableParallelism,
    machineBytes: totalmem(),
    rates: memoryRates().rates,
    estimate: true,
  });
  const coordinator = new Coordinator({
    store: new MemoryStore(),
    openExecutor: open,
    workers: choice.workers,
    backend: "cpu",
    domains: openDomains,
  });
  const start = performance.now();
  await coordinator.submit(plan).finished;
  const measured = (performance.now() - start) / 1000;
  await coordinator.close();
  return { expected: choice.expectedSeconds!, measured, workers: choice.workers };
}

/** @returns mean milliseconds that training stands still for a checkpoint: reading, encoding, handing over, writing to a folder on disk */
export async function checkpointCost(root: string, model: BenchModel): Promise<{ milliseconds: number; bytes: number; share: number }> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-checkpoint-"));
  const bench = benchModels[model];
  const config: RunConfig = {
    ...bench,
    train: { ...bench.train, steps: 10, evalEvery: 10, checkpointEverySeconds: 0 },
    validation: { windowsPerDomain: 1 },
  };
  const texts = await openDomains(Object.keys(config.data.mixture));
  const hash = dataHash(texts);
  const seed = { init: 1, data: 1 };
  const writer = await new NodeStore(folder).open({
    key: runKey(config, seed, hash),
    semantics,
    dataHash: hash,
    seed,
    backend: "cpu",
    config,
  });
  const executor = await executors(root)();
  try {
    // all but the first: between the end of one step and the beginning of the next there is nothing but the checkpoint
    let [bytes, last] = [0, 0];
    const stops: number[] = [];
    const steps: number[] = [];
    await trainAlone(
      (jobs, listener) => executor.train(jobs, listener),
      { config, seed, domains: texts, backend: "cpu", checkpoint: null },
      {
        onMetrics: (events) => events.forEach((event) => event.kind === "step" && steps.push(event.seconds)),
        onCheckpoint: async (_step, checkpoint) => {
          await writer.saveCheckpoint(checkpoint);
          bytes = checkpoint.length;
          const now = performance.now();
          if (last > 0) stops.push(now - last);
          last = now;
        },
        onProgress: () => {},
      },
    );
    // from one checkpoint's end to the next one's: one step, and the stop
    const stepTimes = steps.slice(1).map((seconds, n) => 1000 * (seconds - steps[n]));
    const pairs = stops.map((stop, n) => stop - stepTimes[n]);
    const milliseconds = pairs.reduce((sum, stop) => sum + stop, 0) / pairs.length;
    return { milliseconds, bytes, share: milliseconds / (1000 * bench.train.checkpointEverySeconds) };
  } finally {
    await executor.terminate();
    await writer.release();
    await rm(folder, { recursive: true, force: true });
  }
}
