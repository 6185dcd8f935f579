/** Run stores of windows, served over IPC. Runs stay on disk; a window holds only numbers that stand for writers. */
import { NodeStore } from "../experiments/runs/store-node.ts";
import { StoreStack } from "../experiments/runs/store-stack.ts";
import type { RunRecord, RunStore, RunWriter } from "../experiments/runs/store.ts";
import { resultsFolder } from "./documents.ts";

export class WindowStore {
  readonly store: RunStore;
  private readonly writers = new Map<number, RunWriter>();
  private next = 1;

  /**
   * @param path the notebook, or null for one that has no file yet
   * @param scratch folder for runs of notebooks without a place of their own; looked through for all of them
   */
  constructor(path: string | null, scratch: string, onNotice: (text: string) => void) {
    const shared = new NodeStore(scratch, { onNotice });
    this.store = new StoreStack(path === null ? [shared] : [new NodeStore(resultsFolder(path), { onNotice }), shared], onNotice);
  }

  async open(record: RunRecord): Promise<number> {
    const id = this.next++;
    this.writers.set(id, await this.store.open(record));
    return id;
  }

  writer(id: number): RunWriter {
    const writer = this.writers.get(id);
    if (!writer) throw new Error(`run writer ${id} was given back already`);
    return writer;
  }

  async release(id: number): Promise<void> {
    const writer = this.writers.get(id);
    this.writers.delete(id);
    await writer?.release();
  }

  /** Gives all runs back, when the window closes, reloads or crashes. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.writers.keys()].map((id) => this.release(id)));
  }
}
