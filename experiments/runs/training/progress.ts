import type { LiveRun } from "./live-run.ts";
import { isEnded } from "./schedule.ts";

/** How far a study is, and when it will be through. */
export interface StudyProgress {
  runs: number;
  /** runs that have ended, however they did */
  ended: number;
  running: number;
  cached: number;
  failed: number;
  tokens: number;
  totalTokens: number;
  /** of all workers together, over the runs that train now; 0 before the first step */
  tokensPerSecond: number;
  /** seconds until the last run ends, or null while nothing is known of the speed */
  secondsLeft: number | null;
}

/** @param workers how many runs can train at once */
export function progressOf(runs: readonly LiveRun[], workers: number): StudyProgress {
  const training = runs.filter((run) => run.status === "running" && run.seconds > 0);
  const tokensOf = (run: LiveRun) => run.planned.config.train.steps * run.planned.config.train.batchSize * run.planned.config.train.seqLen;
  const left = runs.filter((run) => !isEnded(run.status)).map((run) => tokensOf(run) - run.tokens);
  // validation and start-up are not in a run's training seconds; they cost some percent
  const perWorker = mean(
    [...training, ...runs.filter((run) => isEnded(run.status) && !run.cached && run.seconds > 0)].map((run) => run.tokens / run.seconds),
  );
  const atOnce = Math.max(1, Math.min(workers, left.length));
  return {
    runs: runs.length,
    ended: runs.filter((run) => isEnded(run.status)).length,
    running: runs.filter((run) => run.status === "running").length,
    cached: runs.filter((run) => run.cached).length,
    failed: runs.filter((run) => run.status === "failed" || run.status === "diverged").length,
    tokens: runs.reduce((sum, run) => sum + (isEnded(run.status) ? tokensOf(run) : run.tokens), 0),
    totalTokens: runs.reduce((sum, run) => sum + tokensOf(run), 0),
    tokensPerSecond: training.reduce((sum, run) => sum + run.tokens / run.seconds, 0),
    secondsLeft:
      left.length === 0 ? 0 : perWorker === null ? null : Math.max(Math.max(...left), left.reduce((a, b) => a + b, 0) / atOnce) / perWorker,
  };
}

const mean = (values: number[]): number | null => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length);
