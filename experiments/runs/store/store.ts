/** Where runs are kept. Nothing in a store is executed: JSON and raw bytes, read through schemas. */
import type { MetricEvent } from "../../../engine/train/protocol.ts";
import type { RunRecord, StoredResult } from "./records.ts";

export type { RunRecord, StoredResult } from "./records.ts";

export interface RunStore {
  /** for messages: a folder, or "memory" */
  readonly name: string;
  /** Resolves with the result of a run that finished (done or diverged), or null. */
  find(key: string): Promise<StoredResult | null>;
  /** The training curve so far; damaged or half-written lines end it. */
  events(key: string): Promise<MetricEvent[]>;
  /** Trained weights of a finished run, or null. */
  weights(key: string): Promise<Uint8Array | null>;
  /** All runs with a readable config. */
  list(): Promise<RunRecord[]>;
  /**
   * Takes a run for writing. What another backend left unfinished there is dropped: devices are never mixed within a run.
   * @throws {RunLockedError} while another process has it
   * @throws {StoreWriteError} when nothing can be written here
   */
  open(record: RunRecord): Promise<RunWriter>;
}

/** One run being written, by one process at a time. Every method may throw StoreWriteError or RunLostError. */
export interface RunWriter {
  /** Bytes of the last checkpoint, or null when there is none to go on from. */
  checkpoint(): Promise<Uint8Array | null>;
  /** The curve that belongs to that checkpoint, and perhaps some steps more. */
  events(): Promise<MetricEvent[]>;
  /** Adds to the curve; what an earlier attempt wrote from the first of these steps on is cut off first. */
  append(events: readonly MetricEvent[]): Promise<void>;
  saveCheckpoint(bytes: Uint8Array): Promise<void>;
  /** Writes the result (and weights, where they are kept) and removes the resumable checkpoint of a run that ended. */
  finish(result: StoredResult, weights: Uint8Array | null): Promise<void>;
  /** Forgets curve and checkpoint, to train from the beginning. */
  reset(): Promise<void>;
  /** Gives the run back. Never throws. */
  release(): Promise<void>;
}

/** Another process is training this run now. */
export class RunLockedError extends Error {
  override readonly name = "RunLockedError";
}

/** Another process took the run over while this one slept: what this one has trained since is not kept, and the other's result is waited for. */
export class RunLostError extends Error {
  override readonly name = "RunLostError";
}

/** The store cannot be written: disk full, read-only, no permission, out of reach. */
export class StoreWriteError extends Error {
  override readonly name = "StoreWriteError";
}

/** Where events that were written earlier must end so that `incoming` can follow them. */
export function keptEvents(earlier: readonly MetricEvent[], incoming: readonly MetricEvent[]): number {
  const first = incoming[0];
  if (!first) return earlier.length;
  let keep = earlier.length;
  // a validation follows the step it belongs to, so a first event that is one keeps that step
  while (
    keep > 0 &&
    (earlier[keep - 1].step > first.step ||
      (earlier[keep - 1].step === first.step && (first.kind === "step" || earlier[keep - 1].kind === "eval")))
  )
    keep--;
  return keep;
}
