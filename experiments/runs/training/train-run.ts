import type { BackendName } from "../../../engine/backends/backend.ts";
import { semantics } from "../../../engine/model/config.ts";
import type { DomainText } from "../../../engine/data/domain-text.ts";
import type { MetricEvent, RunEnd, TrainJob } from "../../../engine/train/protocol.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunControl } from "./run-control.ts";
import type { Ending } from "./schedule.ts";
import { RunLockedError, RunLostError, type RunStore, type RunWriter } from "../store/store.ts";

export interface RunContext {
  store: RunStore;
  backend: BackendName;
  dataHash: string;
  texts: DomainText[];
  /** train from the first step, even if the store has a result or a checkpoint */
  fresh: boolean;
  control: RunControl;
  now(): Date;
  onMetrics(events: MetricEvent[]): void;
  onCheckpoint(step: number): void;
  onMessage(text: string): void;
}

export type TrainEnd = { type: "ended"; ending: Ending } | { type: "lost" } | { type: "locked" };

/** One run being trained: what it tells goes into the store and into `run`. What goes wrong is the run's own end: nothing here throws. */
export class TrainingRun {
  readonly run: LiveRun;
  readonly control: RunControl;
  /** how it ended; null while it trains, or while it is to be trained again */
  end: TrainEnd | null = null;
  /** the engine has said how this attempt ended */
  heard = false;
  private readonly context: RunContext;
  private writer: RunWriter | null = null;
  private checkpoint: Uint8Array | null = null;
  /** writes are queued in the order of the events, and none may be lost before the run counts as done */
  private writes: Promise<void> = Promise.resolve();
  private unsaved: Error | null = null;
  private ending: Promise<void> = Promise.resolve();

  constructor(run: LiveRun, context: RunContext) {
    this.run = run;
    this.control = context.control;
    this.context = context;
  }

  /** Takes the run for writing and finds where to go on; it ends here when somebody else trains it, or has trained it. */
  async open(): Promise<void> {
    const { store, backend, dataHash, fresh } = this.context;
    const { config, seed, key } = this.run.planned;
    try {
      this.writer = await store.open({ key, semantics, dataHash, seed, backend, config });
      // another process may have finished it between the plan and now
      const existing = fresh ? null : await store.find(key);
      if (existing) {
        this.run.take(existing, await store.events(key), true);
        return this.close({ type: "ended", ending: existing.status });
      }
    } catch (error) {
      if (error instanceof RunLockedError) return this.close({ type: "locked" });
      return this.fail(error);
    }
    await (fresh ? this.startFresh() : this.findCheckpoint());
    this.run.started = true;
  }

  /** Waits while it is paused; false when it was stopped meanwhile. */
  async mayStart(): Promise<boolean> {
    await this.control.gate();
    if (this.control.stopping) await this.close({ type: "ended", ending: "stopped" });
    return this.end === null;
  }

  job(): TrainJob {
    this.heard = false;
    const { config, seed } = this.run.planned;
    return { config, seed, domains: this.context.texts, backend: this.context.backend, checkpoint: this.checkpoint };
  }

  onMetrics(events: MetricEvent[]): void {
    this.run.add(events);
    this.context.onMetrics(events);
    void this.write((writer) => writer.append(events));
  }

  /** A checkpoint that cannot be saved ends the run, not the others that train beside it. */
  async onCheckpoint(step: number, bytes: Uint8Array): Promise<void> {
    await this.write((writer) => writer.saveCheckpoint(bytes));
    if (this.unsaved) this.control.abandon();
    else this.context.onCheckpoint(step);
  }

  /** What the engine says last of it; resolves when all is written. */
  onEnd(end: RunEnd): Promise<void> {
    this.heard = true;
    return (this.ending = this.finish(end));
  }

  /** After the engine has come back: resolves when what it said is written. */
  async settled(): Promise<void> {
    await this.ending;
    await this.writes;
  }

  /** Its worker or its device is gone. */
  async lose(error: unknown): Promise<void> {
    this.run.error = messageOf(error);
    await this.close({ type: "lost" });
  }

  /** The engine threw. A checkpoint that the engine refuses must not make the run fail for ever. */
  async fail(error: unknown): Promise<void> {
    if (error instanceof RunLostError || this.unsaved instanceof RunLostError) return this.close({ type: "locked" });
    if (this.checkpoint !== null && !this.unsaved) return this.startOver(messageOf(error));
    this.run.error = messageOf(error);
    await this.write((writer) => writer.finish(this.run.failure(this.run.error!), null));
    await this.close({ type: "ended", ending: "failed" });
  }

  /** Goes back to its last checkpoint and the curve that belongs to it; without one, to the beginning. */
  async findCheckpoint(): Promise<void> {
    try {
      this.checkpoint = await this.writer!.checkpoint();
      if (this.checkpoint === null) await this.startFresh();
      else this.run.add(await this.writer!.events());
    } catch (error) {
      this.checkpoint = null;
      await this.fail(error);
    }
  }

  private async finish(end: RunEnd): Promise<void> {
    if (end.status === "failed") return this.fail(new Error(end.error));
    if (end.status === "stopped") {
      await this.write((writer) => writer.saveCheckpoint(end.checkpoint));
      if (!this.unsaved) this.context.onCheckpoint(end.step);
    } else {
      const result = this.run.outcome(end, this.context.now());
      await this.write((writer) => writer.finish(result, end.status === "done" ? end.weights : null));
      if (!this.unsaved) this.run.take(result, this.run.events, false);
    }
    if (this.unsaved) await this.fail(new Error(`its results could not be saved: ${this.unsaved.message}`, { cause: this.unsaved }));
    else await this.close({ type: "ended", ending: end.status });
  }

  private async startOver(reason: string): Promise<void> {
    this.context.onMessage(`${this.run.planned.id}: its checkpoint cannot be gone on from (${reason}); it starts again.`);
    this.checkpoint = null;
    await this.startFresh();
  }

  private async startFresh(): Promise<void> {
    try {
      await this.writer!.reset();
      Object.assign(this.run, { events: [], step: 0, seconds: 0 });
    } catch (error) {
      await this.fail(error);
    }
  }

  private write(work: (writer: RunWriter) => Promise<void>): Promise<void> {
    this.writes = this.writes.then(async () => {
      if (!this.writer || this.unsaved) return;
      await work(this.writer).catch((error: unknown) => {
        this.unsaved = error as Error;
        // another process trains it now, and its result will be taken
        if (error instanceof RunLostError) this.control.abandon();
      });
    });
    return this.writes;
  }

  private async close(end: TrainEnd): Promise<void> {
    await this.writes;
    await this.writer?.release();
    this.writer = null;
    this.end = end;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
