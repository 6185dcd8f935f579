import type { Executor, OpenExecutor } from "./executors.ts";

/** Engine workers by slot, opened when first needed. */
export class WorkerPool {
  private readonly openExecutor: OpenExecutor;
  private readonly slots = new Map<number, Promise<Executor>>();

  constructor(openExecutor: OpenExecutor) {
    this.openExecutor = openExecutor;
  }

  get(slot: number): Promise<Executor> {
    let executor = this.slots.get(slot);
    if (!executor) {
      executor = this.openExecutor();
      executor.catch(() => this.slots.delete(slot));
      this.slots.set(slot, executor);
    }
    return executor;
  }

  /** Ends the worker of a slot; the next `get` opens another. */
  async replace(slot: number): Promise<void> {
    const executor = this.slots.get(slot);
    this.slots.delete(slot);
    await executor?.then((open) => open.terminate()).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all([...this.slots.keys()].map((slot) => this.replace(slot)));
  }
}
