import type { BackendName } from "../../engine/backends/backend.ts";
import { semantics } from "../../engine/model/config.ts";
import type { DomainText, MetricEvent, TrainListener, TrainOutcome } from "../../engine/train/protocol.ts";
import { isLost, type Executor } from "./executors.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunControl } from "./run-control.ts";
import type { Ending } from "./schedule.ts";
import { RunLockedError, type RunStore, type RunWriter } from "./store.ts";

export interface TrainContext {
  store: RunStore;
  backend: BackendName;
  dataHash: string;
  texts: DomainText[];
  /** train from the first step, even if the store has a result or a checkpoint */
  fresh: boolean;
  control: RunControl;
  now(): Date;
  executor(): Promise<Executor>;
  onMetrics(events: MetricEvent[]): void;
  onCheckpoint(step: number): void;
  onMessage(text: string): void;
}

export type TrainEnd = { type: "ended"; ending: Ending } | { type: "lost" } | { type: "locked" };

/** Takes one run from the queue to its end, in the store and in `run`. Never throws: what goes wrong is the run's own end. */
export async function trainRun(run: LiveRun, context: TrainContext): Promise<TrainEnd> {
  let writer: RunWriter | null = null;
  try {
    const { config, seed, key } = run.planned;
    writer = await context.store.open({ key, semantics, dataHash: context.dataHash, seed, backend: context.backend, config });
    return await trainInto(writer, run, context);
  } catch (error) {
    if (error instanceof RunLockedError) return { type: "locked" };
    run.error = error instanceof Error ? error.message : String(error);
    if (isLost(error)) return { type: "lost" };
    await writer?.finish(run.failure(run.error), null).catch(() => {});
    return { type: "ended", ending: "failed" };
  } finally {
    await writer?.release();
  }
}

async function trainInto(writer: RunWriter, run: LiveRun, context: TrainContext): Promise<TrainEnd> {
  const { store, control } = context;
  if (!context.fresh) {
    // another process may have finished it between the plan and now
    const existing = await store.find(run.planned.key);
    if (existing) {
      run.take(existing, await store.events(run.planned.key), true);
      return { type: "ended", ending: existing.status };
    }
  }
  let checkpoint = context.fresh ? null : await writer.checkpoint();
  if (checkpoint === null) await writer.reset();
  else run.add(await writer.events());
  run.started = true;

  const executor = await context.executor();
  await control.gate();
  if (control.stopping) return { type: "ended", ending: "stopped" };
  let outcome: TrainOutcome;
  try {
    outcome = await trainOnce(executor, writer, run, context, checkpoint);
  } catch (error) {
    if (checkpoint === null || isLost(error) || error instanceof SaveError) throw error;
    // a checkpoint that the engine refuses must not make the run fail for ever
    context.onMessage(`${run.planned.id}: its checkpoint cannot be gone on from (${(error as Error).message}); it starts again.`);
    checkpoint = null;
    await writer.reset();
    Object.assign(run, { events: [], step: 0, seconds: 0 });
    outcome = await trainOnce(executor, writer, run, context, null);
  }
  if (outcome.status === "stopped") {
    await writer.saveCheckpoint(outcome.checkpoint);
    context.onCheckpoint(outcome.step);
    return { type: "ended", ending: "stopped" };
  }
  const result = run.outcome(outcome, context.now());
  await writer.finish(result, outcome.status === "done" ? outcome.weights : null);
  run.take(result, run.events, false);
  return { type: "ended", ending: outcome.status };
}

/** The training went well, but what it found could not be written. */
class SaveError extends Error {
  override readonly name = "SaveError";
}

async function trainOnce(executor: Executor, writer: RunWriter, run: LiveRun, context: TrainContext, checkpoint: Uint8Array | null): Promise<TrainOutcome> {
  // writes are queued in the order of the events, and none may be lost before the run counts as done
  let writes: Promise<void> = Promise.resolve();
  const write = (work: () => Promise<void>) => {
    writes = writes.then(work);
    writes.catch(() => {});
    return writes;
  };
  const listener: TrainListener = {
    onMetrics: (events) => {
      run.add(events);
      context.onMetrics(events);
      void write(() => writer.append(events));
    },
    onCheckpoint: async (step, bytes) => {
      await write(() => writer.saveCheckpoint(bytes));
      context.onCheckpoint(step);
    },
    onProgress: (message) => context.onMessage(`${run.planned.id}: ${message}`),
  };
  const { config, seed } = run.planned;
  const training = executor.train({ config, seed, domains: context.texts, backend: context.backend, checkpoint }, listener);
  context.control.attach(executor);
  try {
    const outcome = await training;
    await writes.catch((error: Error) => {
      throw new SaveError(`its results could not be saved: ${error.message}`, { cause: error });
    });
    return outcome;
  } finally {
    context.control.detach();
    await writes.catch(() => {});
  }
}
