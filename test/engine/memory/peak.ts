import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { predictMemory } from "../../../engine/backends/cpu/backend.ts";
import { benchModels, type BenchModel } from "../../../engine/bench/models.ts";
import { dataHash } from "../../../engine/data/corpus.ts";
import { planRun } from "../../../engine/plan/plan.ts";
import { Coordinator } from "../../../experiments/runs/training/coordinator.ts";
import { openDomains } from "../../../experiments/runs/store/node/corpora.ts";
import { nodeExecutors } from "../../../experiments/runs/training/node/executors.ts";
import { workerOverhead } from "../../../experiments/runs/cost/memory-limits.ts";
import { planExperiment } from "../../../experiments/runs/plan/plan.ts";
import { NodeStore } from "../../../experiments/runs/store/node/store.ts";
import { resolve } from "../../runs/requests.ts";

export interface Peak {
  /** bytes by which the process grew at most: thread, training, checkpoints on their way to the disk */
  grown: number;
  /** what is said beforehand: linear memory, and what is beside it */
  linear: number;
  beside: number;
  parameters: number;
}

/** One run of a bench model as `switchyard run` trains it, in a worker of the built engine, with a checkpoint after every step. Linux. */
export async function peak(name: BenchModel): Promise<Peak> {
  const { model, balance, train } = benchModels[name];
  const { seqLen, batchSize } = train;
  const domains = await openDomains(["prose", "code"]);
  const experiment = resolve({
    model: model as never,
    balance: balance as never,
    seeds: 1,
    train: { seqLen, batchSize, steps: 4, evalEvery: 4, checkpointEverySeconds: 1e-9, keep: "weights" },
    validation: { windowsPerDomain: 8 },
    data: { mixture: { prose: 1, code: 1 } },
  });
  const plan = planExperiment(experiment, dataHash(domains));
  const program = planRun(plan.runs[0].config);
  const predicted = { linear: await predictMemory(program), beside: workerOverhead(program), parameters: program.pools.parameters };

  const folder = await mkdtemp(join(tmpdir(), "switchyard-peak-"));
  const before = await statusOf("VmRSS");
  await writeFile("/proc/self/clear_refs", "5"); // the peak is counted from here
  const coordinator = new Coordinator({
    store: new NodeStore(folder),
    openExecutor: nodeExecutors(new URL("../../../out/node/engine.worker.js", import.meta.url)),
    workers: 1,
    backend: "cpu",
    domains: async () => domains,
  });
  try {
    const { arms } = await coordinator.submit(plan).finished;
    if (arms[0].n !== 1) throw new Error(`the run ended ${arms[0].runs[0].status}: ${arms[0].runs[0].error}`);
    return { grown: (await statusOf("VmHWM")) - before, ...predicted };
  } finally {
    await coordinator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @see proc_pid_status(5), in bytes */
async function statusOf(field: "VmRSS" | "VmHWM"): Promise<number> {
  const text = await readFile("/proc/self/status", "utf8");
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)![1]);
}
