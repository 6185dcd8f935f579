import type { MetricEvent } from "../../../engine/train/protocol.ts";
import { shortKey } from "./key.ts";
import { MemoryStore } from "./store-memory.ts";
import { StoreWriteError, type RunRecord, type RunStore, type RunWriter, type StoredResult } from "./store.ts";

/**
 * Several stores as one. Runs are written to the first and looked for in all of them, in order. What the first will not
 * take (full, read-only) is kept in memory, for that run only, and told once.
 */
export class StoreStack implements RunStore {
  readonly name: string;
  private readonly stores: readonly RunStore[];
  private readonly memory = new MemoryStore();
  private readonly onNotice: (text: string) => void;
  private told = false;

  constructor(stores: readonly RunStore[], onNotice: (text: string) => void = () => {}) {
    this.stores = stores;
    this.name = stores[0]?.name ?? "memory";
    this.onNotice = onNotice;
  }

  async find(key: string): Promise<StoredResult | null> {
    return this.first(
      (store) => store.find(key),
      (result) => result !== null,
    );
  }

  async events(key: string): Promise<MetricEvent[]> {
    return (
      (await this.first(
        (store) => store.events(key),
        (events) => events.length > 0,
      )) ?? []
    );
  }

  async weights(key: string): Promise<Uint8Array | null> {
    return this.first(
      (store) => store.weights(key),
      (weights) => weights !== null,
    );
  }

  async list(): Promise<RunRecord[]> {
    const lists = await Promise.all([this.memory, ...this.stores].map((store) => store.list()));
    return [...new Map(lists.flat().map((record) => [record.key, record])).values()];
  }

  async open(record: RunRecord): Promise<RunWriter> {
    const [writable] = this.stores;
    try {
      if (writable)
        return new FallbackWriter(
          await writable.open(record),
          () => this.memory.open(record),
          (error) => this.tell(error),
        );
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
      this.tell(error);
    }
    return this.memory.open(record);
  }

  /** Paths of the results that the first store should have and only memory has. */
  unsaved(): string[] {
    return this.stores.length === 0 ? [] : this.memory.finished().map((key) => `${this.name}/runs/${shortKey(key)}/result.json`);
  }

  private async first<T>(ask: (store: RunStore) => Promise<T>, found: (answer: T) => boolean): Promise<T | null> {
    for (const store of [this.memory, ...this.stores]) {
      const answer = await ask(store);
      if (found(answer)) return answer;
    }
    return null;
  }

  private tell(error: StoreWriteError): void {
    if (!this.told) this.onNotice(`${error.message} Training goes on; results that do not fit are kept in memory until the program ends.`);
    this.told = true;
  }
}

/** Writes to a disk until it refuses, from then on to memory. */
class FallbackWriter implements RunWriter {
  private current: RunWriter;
  private readonly disk: RunWriter;
  private readonly openMemory: () => Promise<RunWriter>;
  private readonly tell: (error: StoreWriteError) => void;

  constructor(disk: RunWriter, openMemory: () => Promise<RunWriter>, tell: (error: StoreWriteError) => void) {
    this.disk = disk;
    this.current = disk;
    this.openMemory = openMemory;
    this.tell = tell;
  }

  checkpoint = () => this.current.checkpoint();
  events = () => this.current.events();
  append = (events: readonly MetricEvent[]) => this.write((writer) => writer.append(events));
  saveCheckpoint = (bytes: Uint8Array) => this.write((writer) => writer.saveCheckpoint(bytes));
  finish = (result: StoredResult, weights: Uint8Array | null) => this.write((writer) => writer.finish(result, weights));
  reset = () => this.write((writer) => writer.reset());

  async release(): Promise<void> {
    await this.disk.release();
    if (this.current !== this.disk) await this.current.release();
  }

  private async write(work: (writer: RunWriter) => Promise<void>): Promise<void> {
    try {
      await work(this.current);
    } catch (error) {
      if (!(error instanceof StoreWriteError) || this.current !== this.disk) throw error;
      this.tell(error);
      this.current = await this.openMemory();
      await this.current.append(await this.disk.events().catch(() => []));
      await work(this.current);
    }
  }
}
