/** Takes runs that share a program from the queue to their ends, side by side in one worker. */
import type { GroupListener } from "../../../engine/train/protocol.ts";
import { isLost, type Executor } from "./executors.ts";
import type { TrainingRun } from "./train-run.ts";

export interface GroupContext {
  executor(): Promise<Executor>;
  /** runs that have ended for good; the last ones are told when the worker is free again */
  onEnd(runs: TrainingRun[]): void;
  onMessage(text: string): void;
  /** what the engine does before the first step of these runs */
  onPreparing(runs: readonly TrainingRun[], text: string): void;
}

/** Never throws: what goes wrong is an end of the runs it concerns. */
export async function trainGroup(runs: readonly TrainingRun[], context: GroupContext): Promise<void> {
  const untold = new Set(runs);
  const tell = (run: TrainingRun) => {
    if (run.end === null || untold.size === 1 || !untold.delete(run)) return;
    context.onEnd([run]);
  };
  await Promise.all(runs.map((run) => run.open()));
  const queue: TrainingRun[][] = [[...runs]];
  for (let group = queue.shift(); group; group = queue.shift()) {
    const ready = await startable(group);
    group.forEach(tell);
    if (ready.length > 0) queue.unshift(...(await trainTogether(ready, context, tell)));
  }
  context.onEnd([...untold]);
}

/** Those that have not ended and may go on; one that is paused holds up the others of its group. */
async function startable(runs: readonly TrainingRun[]): Promise<TrainingRun[]> {
  const open = runs.filter((run) => run.end === null);
  const may = await Promise.all(open.map((run) => run.mayStart()));
  return open.filter((_, n) => may[n]);
}

/** One call of the engine. Returns the groups that are to be tried again. */
async function trainTogether(
  runs: TrainingRun[],
  { executor, onMessage, onPreparing }: GroupContext,
  tell: (run: TrainingRun) => void,
): Promise<TrainingRun[][]> {
  let failure: unknown = null;
  try {
    const worker = await executor();
    const training = worker.train(
      runs.map((run) => run.job()),
      listenerOf(runs, onPreparing, tell),
    );
    runs.forEach((run, n) => run.control.attach(worker, n));
    await training;
  } catch (error) {
    failure = error ?? new Error("the engine failed without saying why");
  }
  for (const run of runs) run.control.detach();
  await Promise.all(runs.map((run) => run.settled()));
  const left = runs.filter((run) => run.end === null);
  if (left.length === 0) return [];
  if (failure === null) {
    // the engine came back: what is left had its checkpoint refused and starts over
    await Promise.all(left.map((run) => run.heard || run.fail(new Error("the engine ended without a word of this run"))));
    return [left];
  }
  if (isLost(failure)) {
    await Promise.all(left.map((run) => run.lose(failure)));
    return [];
  }
  if (left.length === 1) {
    await left[0].fail(failure);
    return left[0].end === null ? [left] : [];
  }
  // too much memory for so many, or one of them breaks the program: fewer at once find out which
  await Promise.all(left.map((run) => run.findCheckpoint()));
  const half = Math.ceil(left.length / 2);
  onMessage(`${left.length} runs cannot train side by side (${(failure as Error).message}); ${half} and ${left.length - half} are tried.`);
  return [left.slice(0, half), left.slice(half)];
}

function listenerOf(
  runs: readonly TrainingRun[],
  onPreparing: GroupContext["onPreparing"],
  tell: (run: TrainingRun) => void,
): GroupListener {
  return {
    onMetrics: (run, events) => runs[run].onMetrics(events),
    onCheckpoint: (run, step, bytes) => runs[run].onCheckpoint(step, bytes),
    onEnd: (run, end) => void runs[run].onEnd(end).then(() => tell(runs[run])),
    onProgress: (message) => onPreparing(runs, message),
  };
}
