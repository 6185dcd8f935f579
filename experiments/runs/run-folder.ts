/** Node-only: one run's folder while this process has it. */
import { join } from "node:path";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { makeFolder, writeAtomic, writeError, type FileSystem } from "./filesystem.ts";
import { encode } from "./json.ts";
import { eventLine, parseEvents } from "./lines.ts";
import { readBytes, readJson } from "./read-checked.ts";
import { runRecord } from "./records.ts";
import { lockRun, removeLeftovers } from "./run-lock.ts";
import { seal, unseal } from "./sealed.ts";
import { RunLockedError, StoreWriteError, keptEvents, type RunRecord, type RunWriter, type StoredResult } from "./store.ts";

type Damaged = (path: string, why: string, therefore?: string) => Promise<void>;

export async function openRunFolder(folder: string, record: RunRecord, fs: FileSystem, damaged: Damaged): Promise<RunWriter> {
  let unlock: () => Promise<void>;
  const writer = new RunFolder(folder, fs, damaged, () => unlock());
  try {
    await makeFolder(fs, folder);
    unlock = await lockRun(folder, () => writer.lose());
  } catch (error) {
    throw error instanceof RunLockedError ? error : writeError(error, folder);
  }
  try {
    await removeLeftovers(folder);
    if (await startedElsewhere(folder, record, fs, damaged)) await writer.reset();
    await writeAtomic(fs, join(folder, "config.json"), encode(record, 1));
  } catch (error) {
    await writer.release();
    throw writeError(error, folder);
  }
  return writer;
}

/** An unfinished run of another backend, of another run whose key begins with the same 16 characters, or of nobody knows what. */
async function startedElsewhere(folder: string, record: RunRecord, fs: FileSystem, damaged: Damaged): Promise<boolean> {
  const path = join(folder, "config.json");
  const earlier = await readJson(fs, path, runRecord);
  if (earlier.state === "missing") return false;
  if (earlier.state === "damaged") {
    await damaged(path, earlier.why);
    return true;
  }
  if (earlier.value.key !== record.key) return true;
  return earlier.value.backend !== record.backend && (await fs.stat(join(folder, "result.json")).then(() => false, () => true));
}

class RunFolder implements RunWriter {
  private readonly folder: string;
  private readonly fs: FileSystem;
  private readonly damaged: Damaged;
  private readonly unlock: () => Promise<void>;
  private curve: Awaited<ReturnType<FileSystem["open"]>> | null = null;
  private lost = false;

  constructor(folder: string, fs: FileSystem, damaged: Damaged, unlock: () => Promise<void>) {
    this.folder = folder;
    this.fs = fs;
    this.damaged = damaged;
    this.unlock = unlock;
  }

  async checkpoint(): Promise<Uint8Array | null> {
    const path = join(this.folder, "checkpoint.safetensors");
    const sealed = await readBytes(this.fs, path);
    if (sealed.state === "missing") return null;
    try {
      if (sealed.state === "damaged") throw new Error(sealed.why);
      const bytes = unseal(sealed.value, { required: true });
      const { metadata } = decodeSafetensors(bytes);
      await this.expectCurve(metadata.progress);
      return bytes;
    } catch (error) {
      await this.damaged(path, (error as Error).message, "The run starts again.");
      return null;
    }
  }

  /** A curve that ends before its checkpoint would have a hole. */
  private async expectCurve(progress: string | undefined): Promise<void> {
    if (progress === undefined) return;
    const { step } = JSON.parse(progress) as { step: unknown };
    const last = (await this.events()).at(-1)?.step ?? 0;
    if (!(typeof step === "number" && step <= last)) throw new Error(`it is of step ${step}, and the curve ends at ${last}`);
  }

  async events(): Promise<MetricEvent[]> {
    return (await this.parsed()).events;
  }

  append(events: readonly MetricEvent[]): Promise<void> {
    return this.write(async () => {
      if (events.length === 0) return;
      if (this.curve === null) {
        const { events: earlier, ends } = await this.parsed();
        this.curve = await this.fs.open(join(this.folder, "metrics.jsonl"), "a");
        await this.curve.truncate(ends[keptEvents(earlier, events) - 1] ?? 0);
      }
      await this.curve.appendFile(events.map(eventLine).join(""));
    });
  }

  saveCheckpoint(bytes: Uint8Array): Promise<void> {
    return this.write(async () => {
      await this.curve?.sync(); // a curve must never end before the checkpoint it goes with
      await writeAtomic(this.fs, join(this.folder, "checkpoint.safetensors"), seal(bytes));
    });
  }

  finish(result: StoredResult, weights: Uint8Array | null): Promise<void> {
    return this.write(async () => {
      await this.curve?.sync();
      const checkpoint = join(this.folder, "checkpoint.safetensors");
      if (weights) await writeAtomic(this.fs, checkpoint, seal(weights));
      await writeAtomic(this.fs, join(this.folder, "result.json"), encode(result, 1));
      // a failed run keeps its checkpoint: trying again may go on from there
      if (!weights && result.status !== "failed") await this.fs.rm(checkpoint, { force: true });
    });
  }

  reset(): Promise<void> {
    return this.write(async () => {
      await this.closeCurve();
      for (const file of ["result.json", "checkpoint.safetensors", "metrics.jsonl"]) await this.fs.rm(join(this.folder, file), { force: true });
    });
  }

  async release(): Promise<void> {
    await this.closeCurve().catch(() => {});
    if (!this.lost) await this.unlock().catch(() => {});
    this.lost = true;
  }

  /** The lock went to somebody else (this machine slept for long): write nothing more. */
  lose(): void {
    this.lost = true;
  }

  private async closeCurve(): Promise<void> {
    const curve = this.curve;
    this.curve = null;
    await curve?.close();
  }

  private async parsed(): Promise<ReturnType<typeof parseEvents>> {
    const path = join(this.folder, "metrics.jsonl");
    const bytes = await readBytes(this.fs, path);
    if (bytes.state === "damaged") await this.damaged(path, bytes.why, "The curve starts again.");
    return parseEvents(bytes.state === "read" ? bytes.value : new Uint8Array());
  }

  private async write(work: () => Promise<void>): Promise<void> {
    if (this.lost) throw new StoreWriteError(`Results cannot be saved in ${this.folder}: another process took the run over.`);
    try {
      await work();
    } catch (error) {
      throw writeError(error, this.folder);
    }
  }
}
