/** How long runs will take, given a measured rate. */
import type { RunConfig } from "../../../engine/model/config.ts";
import { costOf } from "../cost/cost.ts";

/** What one worker of a backend does while all of them train. */
export interface WorkerSpeed {
  /** model FLOPs per second */
  flopsPerSecond: number;
  /** from the start of a run to the end of its first step */
  startSeconds: number;
}

/** Seconds of one run in one worker: start, training, and the validations on the way. */
export function runSeconds(config: RunConfig, { flopsPerSecond, startSeconds }: WorkerSpeed): number {
  const { train, validation, data } = config;
  const { flops, flopsPerToken } = costOf(config);
  const validations = Math.ceil(train.steps / train.evalEvery);
  // windows come in batches of whole microsteps, the last one filled up
  const batch = train.microBatch ?? train.batchSize;
  const windows = Math.ceil((validation.windowsPerDomain * Object.keys(data.mixture).length) / batch) * batch;
  // a forward pass is a third of what forward and backward need
  const evaluation = (validations * windows * train.seqLen * flopsPerToken) / 3;
  return startSeconds + (flops + evaluation) / flopsPerSecond;
}

/** Seconds until the last of these runs ends when each free worker takes the next one. */
export function studySeconds(runs: readonly RunConfig[], speed: WorkerSpeed, workers: number): number {
  const free = new Array<number>(Math.max(1, workers)).fill(0);
  for (const run of runs) {
    const first = free.indexOf(Math.min(...free));
    free[first] += runSeconds(run, speed);
  }
  return Math.max(...free);
}
