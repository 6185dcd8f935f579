import type { Executor } from "./executors.ts";

/** What a person asked of one run, kept until there is a worker that can be told. */
export class RunControl {
  private executor: Executor | null = null;
  /** index in the group that the worker trains */
  private index = 0;
  private paused = false;
  private wake: () => void = () => {};
  stopping = false;

  pause(): void {
    this.paused = true;
    this.tell((executor) => executor.pause(this.index));
  }

  resume(): void {
    this.paused = false;
    this.wake();
    this.tell((executor) => executor.resume(this.index));
  }

  stop(): void {
    this.stopping = true;
    this.wake();
    this.tell((executor) => executor.stop(this.index));
  }

  /** Resolves when the run may start or must not any more. */
  async gate(): Promise<void> {
    while (this.paused && !this.stopping) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** Ends this attempt without a person having asked: what it finds cannot be kept. */
  abandon(): void {
    this.tell((executor) => executor.stop(this.index));
  }

  /** From now on this worker is training the run, as the one with this index in its group. */
  attach(executor: Executor, index: number): void {
    this.executor = executor;
    this.index = index;
    if (this.paused) this.pause();
    if (this.stopping) this.stop();
  }

  detach(): void {
    this.executor = null;
  }

  /** A worker that dies does not answer; its training fails by itself. */
  private tell(ask: (executor: Executor) => Promise<void>): void {
    if (this.executor) ask(this.executor).catch(() => {});
  }
}
