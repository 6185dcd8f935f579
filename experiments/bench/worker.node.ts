/** One bench worker: measures what its workerData asks for, posts the figures and ends. */
import "../../engine/closed-prototypes.ts";
import "../../engine/backends/node/cpu-flags.ts";
import { parentPort, workerData } from "node:worker_threads";
import type { Backend, BackendName } from "../../engine/backends/backend.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import { nodeGpu } from "../../engine/backends/node/webgpu.ts";
import { measure } from "../../engine/bench/measure.ts";
import { benchModels } from "../../engine/bench/models.ts";
import { openDomains } from "../runs/store/node/corpora.ts";
import type { BenchAnswer, BenchJob } from "./bench-job.ts";
import { Rendezvous } from "./rendezvous.ts";

const open: Record<BackendName, () => Promise<Backend>> = {
  cpu: () => createCpuBackend(),
  reference: async () => createReferenceBackend(),
  webgpu: async () => createWebGpuBackend(await nodeGpu(), { table: job.kernelTable }),
};

const job = workerData as BenchJob;
const rendezvous = new Rendezvous(job.shared, job.workers);
let answer: BenchAnswer;
try {
  const config = benchModels[job.model];
  const texts = await openDomains(Object.keys(config.data.mixture));
  const backend = await open[job.backend]();
  const together = async (go: boolean) => rendezvous.meet(go);
  answer = { measurement: await measure(backend, config, texts, { ...job, together }) };
} catch (error) {
  rendezvous.abandon();
  answer = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(answer);
// Dawn keeps a thread alive as long as its adapter
process.exit(0);
