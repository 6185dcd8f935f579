import type { MetricEvent } from "../../../engine/train/protocol.ts";
import { RunLockedError, keptEvents, type RunRecord, type RunStore, type RunWriter, type StoredResult } from "./store.ts";

interface Entry {
  record: RunRecord;
  events: MetricEvent[];
  checkpoint: Uint8Array | null;
  result: StoredResult | null;
  weights: Uint8Array | null;
  taken: boolean;
}

/** Keeps runs as long as the process lives: for tests, and for results that no disk would take. */
export class MemoryStore implements RunStore {
  readonly name = "memory";
  private readonly entries = new Map<string, Entry>();

  async find(key: string): Promise<StoredResult | null> {
    const result = this.entries.get(key)?.result ?? null;
    return result && result.status !== "failed" ? result : null;
  }

  /** Keys of the runs that have a result, of whatever kind. */
  finished(): string[] {
    return [...this.entries].filter(([, { result }]) => result !== null).map(([key]) => key);
  }

  async events(key: string): Promise<MetricEvent[]> {
    return [...(this.entries.get(key)?.events ?? [])];
  }

  async weights(key: string): Promise<Uint8Array | null> {
    return this.entries.get(key)?.weights ?? null;
  }

  async list(): Promise<RunRecord[]> {
    return [...this.entries.values()].map((entry) => entry.record);
  }

  async open(record: RunRecord): Promise<RunWriter> {
    const entry: Entry = this.entries.get(record.key) ?? {
      record,
      events: [],
      checkpoint: null,
      result: null,
      weights: null,
      taken: false,
    };
    if (entry.taken) throw new RunLockedError(`run ${record.key} is being trained already`);
    entry.taken = true;
    if (entry.record.backend !== record.backend && !entry.result) Object.assign(entry, { events: [], checkpoint: null });
    entry.record = record;
    this.entries.set(record.key, entry);
    return {
      checkpoint: async () => entry.checkpoint,
      events: async () => [...entry.events],
      append: async (events) => {
        entry.events.splice(keptEvents(entry.events, events), Infinity, ...events);
      },
      saveCheckpoint: async (bytes) => {
        entry.checkpoint = bytes;
      },
      finish: async (result, weights) => {
        Object.assign(entry, { result, weights, checkpoint: null });
      },
      reset: async () => {
        Object.assign(entry, { events: [], checkpoint: null, result: null, weights: null });
      },
      release: async () => {
        entry.taken = false;
      },
    };
  }
}
