import type { Executor } from "./executors.ts";

/** What a person asked of one run, kept until there is a worker that can be told. */
export class RunControl {
  private executor: Executor | null = null;
  private paused = false;
  private wake: () => void = () => {};
  stopping = false;

  pause(): void {
    this.paused = true;
    this.tell((executor) => executor.pause());
  }

  resume(): void {
    this.paused = false;
    this.wake();
    this.tell((executor) => executor.resume());
  }

  stop(): void {
    this.stopping = true;
    this.wake();
    this.tell((executor) => executor.stop());
  }

  /** Resolves when the run may start or must not any more. */
  async gate(): Promise<void> {
    while (this.paused && !this.stopping) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** From now on this worker is training the run. */
  attach(executor: Executor): void {
    this.executor = executor;
    if (this.paused) this.tell((worker) => worker.pause());
    if (this.stopping) this.tell((worker) => worker.stop());
  }

  detach(): void {
    this.executor = null;
  }

  /** A worker that dies does not answer; its training fails by itself. */
  private tell(ask: (executor: Executor) => Promise<void>): void {
    if (this.executor) ask(this.executor).catch(() => {});
  }
}
