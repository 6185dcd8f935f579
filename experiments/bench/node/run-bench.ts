/** Node-only: measures one model on one backend with as many workers as asked. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { BackendName } from "../../../engine/backends/backend.ts";
import type { KernelTable } from "../../../engine/backends/webgpu/matmul/table.ts";
import type { BenchModel } from "../../../engine/bench/models.ts";
import type { BenchAnswer, BenchJob } from "../bench-job.ts";
import { Rendezvous } from "../rendezvous.ts";
import { type BenchSummary, summarise } from "../summary.ts";

export interface BenchOptions {
  model: BenchModel;
  backend: BackendName;
  workers: number;
  replicas: number;
  rounds: number;
  maxSeconds: number;
  profile: boolean;
  /** goes before the table of kernels that Switchyard brings */
  kernelTable: KernelTable | null;
}

/**
 * @param script the bench worker
 * @throws Error with the reason when a worker cannot measure, e.g. because the backend is not there
 */
export async function runBench(script: URL, options: BenchOptions): Promise<BenchSummary> {
  const shared = Rendezvous.memory();
  const answers = await Promise.all(
    Array.from({ length: options.workers }, (_, n) => ask(script, { ...options, profile: options.profile && n === 0, shared })),
  );
  const failure = answers.find((answer) => "error" in answer);
  if (failure && "error" in failure) throw new Error(failure.error);
  const measurements = answers.flatMap((answer) => ("measurement" in answer ? [answer.measurement] : []));
  // kilobytes on every platform, since Node 14
  return summarise(options.model, options.replicas, measurements, 1024 * process.resourceUsage().maxRSS);
}

function ask(script: URL, job: BenchJob): Promise<BenchAnswer> {
  return new Promise((resolve, reject) => {
    // the Vulkan loader reads the process's environment, not a worker's copy
    const worker = new Worker(script, { workerData: job, env: SHARE_ENV });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`bench worker ended with code ${code} and no answer`)));
  });
}
