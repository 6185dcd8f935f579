/** How fast one plan trains on one backend, found by training it for about a second. */
import type { BackendInfo, BackendName } from "../../../engine/backends/backend.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import type { DomainText } from "../../../engine/data/domain-text.ts";
import type { MetricEvent, RunEnd } from "../../../engine/train/protocol.ts";
import type { Executor, OpenExecutor } from "../training/executors.ts";

export interface ProbeJob {
  config: RunConfig;
  texts: DomainText[];
  backend: BackendName;
  /** workers that train at once: they share caches, memory and heat, so they are probed together */
  workers: number;
  /** runs that each worker trains side by side; left out: one */
  replicas?: number;
  /** of training to be timed; two steps at least */
  seconds?: number;
  /** after this many seconds a worker that has not made two steps is ended */
  patience?: number;
}

export interface Probe {
  info: BackendInfo;
  /** all runs of all workers together */
  tokensPerSecond: number;
  /** from the start of a run to the end of its first step: planning, compiling, first weights */
  startSeconds: number;
}

/** Two steps were not made in time. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

/** @throws TooSlowError, or what the engine throws when the plan cannot train there */
export async function probe(open: OpenExecutor, job: ProbeJob): Promise<Probe> {
  const executors = await Promise.all(Array.from({ length: job.workers }, open));
  try {
    const infos = await Promise.all(
      executors.map(async (executor) => (await executor.devices([job.backend])).available.find(({ name }) => name === job.backend)),
    );
    const info = infos[0];
    if (!info) throw new Error(`the ${job.backend} backend is not there`);
    const rates = await Promise.all(executors.map((executor) => probeWorker(executor, job)));
    return {
      info,
      tokensPerSecond: rates.reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0),
      startSeconds: Math.max(...rates.map(({ startSeconds }) => startSeconds)),
    };
  } finally {
    await Promise.all(executors.map((executor) => executor.terminate()));
  }
}

type WorkerRate = Pick<Probe, "tokensPerSecond" | "startSeconds">;

async function probeWorker(
  executor: Executor,
  { config, texts, backend, replicas = 1, seconds = 1, patience = 10 }: ProbeJob,
): Promise<WorkerRate> {
  const { train } = config;
  const steps: { seconds: number; tokens: number }[] = [];
  let startSeconds = NaN;
  const started = performance.now();
  // the runs of a group step together: the first one tells of all
  const onMetrics = (run: number, events: MetricEvent[]) => {
    if (run > 0) return;
    if (steps.length === 0) startSeconds = (performance.now() - started) / 1000;
    for (const event of events) if (event.kind === "step") steps.push(event);
    if (steps.length >= 2 && steps.at(-1)!.seconds - steps[0].seconds >= seconds) void executor.stop().catch(() => {});
  };
  const short: RunConfig = {
    ...config,
    train: { ...train, evalEvery: train.steps, checkpointEverySeconds: Number.MAX_SAFE_INTEGER, keep: "none" },
    validation: { windowsPerDomain: 1 },
  };
  const jobs = Array.from({ length: replicas }, (_, n) => ({
    config: short,
    seed: { init: n, data: n },
    domains: texts,
    backend,
    checkpoint: null,
  }));
  let failure: string | null = null;
  const onEnd = (_run: number, end: RunEnd) => void (end.status === "failed" && (failure = end.error));
  const training = executor.train(jobs, { onMetrics, onEnd, onCheckpoint: async () => {}, onProgress: () => {} });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      if (steps.length < 2) reject(new TooSlowError(`${backend} makes less than two steps in ${patience} s`));
    }, 1000 * patience);
  });
  try {
    await Promise.race([training, tooLong]);
    if (failure !== null) throw new Error(failure);
  } finally {
    clearTimeout(timer);
    training.catch(() => {}); // it ends with its worker
  }
  return { tokensPerSecond: replicas * settledRate(steps), startSeconds };
}

/** The second half of the time: in the first, the runtime is still compiling hot loops. */
function settledRate(steps: readonly { seconds: number; tokens: number }[]): number {
  const last = steps.at(-1);
  if (!last || steps.length < 2) throw new TooSlowError("the run is too short to be timed");
  const half = (steps[0].seconds + last.seconds) / 2;
  const at = Math.max(
    0,
    steps.findLastIndex(({ seconds }) => seconds <= half),
  );
  const from = steps[Math.min(at, steps.length - 2)];
  return (last.tokens - from.tokens) / (last.seconds - from.seconds);
}
