/** Node-only: one run's folder while this process has it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { decodeSafetensors } from "../../../../engine/formats/safetensors.ts";
import type { MetricEvent } from "../../../../engine/train/protocol.ts";
import { CurveFile } from "./curve-file.ts";
import { isMissing, mayPass, writeError } from "./disk-errors.ts";
import { makeFolder, removeAtomic, writeAtomic, type FileSystem } from "./filesystem.ts";
import { encode } from "../json.ts";
import { eventLine, parseEvents } from "../lines.ts";
import { readBytes, readJson } from "./read-checked.ts";
import { runRecord } from "../records.ts";
import { resultText } from "../result-file.ts";
import { lockRun, removeLeftovers, type Lease } from "./run-lock.ts";
import { seal, unseal } from "./sealed.ts";
import { RunLockedError, RunLostError, StoreWriteError, keptEvents, type RunRecord, type RunWriter, type StoredResult } from "../store.ts";

type Damaged = (path: string, why: string, therefore?: string, move?: boolean) => Promise<void>;

export async function openRunFolder(folder: string, record: RunRecord, fs: FileSystem, damaged: Damaged): Promise<RunWriter> {
  let lease: Lease;
  const lost = { is: false };
  try {
    await makeFolder(fs, folder);
    lease = await lockRun(folder, () => (lost.is = true), fs);
  } catch (error) {
    throw error instanceof RunLockedError ? error : writeError(error, folder);
  }
  const writer = new RunFolder(folder, fs, damaged, lease, lost);
  try {
    await removeLeftovers(folder, fs, lease);
    if (await startedElsewhere(folder, record, fs, damaged)) await writer.reset();
    await writer.describe(record);
  } catch (error) {
    await writer.release();
    throw error instanceof RunLostError ? new RunLockedError(error.message) : writeError(error, folder);
  }
  return writer;
}

/** An unfinished run of another backend, of another run whose key begins with the same 16 characters, or of nobody knows what. */
async function startedElsewhere(folder: string, record: RunRecord, fs: FileSystem, damaged: Damaged): Promise<boolean> {
  const path = join(folder, "config.json");
  const earlier = await readJson(fs, path, runRecord);
  if (earlier.state === "missing") return false;
  if (earlier.state === "damaged") {
    if (earlier.unreachable) throw new StoreWriteError(`Results cannot be saved in ${folder}: ${path} is there, and ${earlier.why}.`);
    await damaged(path, earlier.why);
    return true;
  }
  if (earlier.value.key !== record.key) return true;
  return earlier.value.backend !== record.backend && (await fs.lstat(join(folder, "result.json")).then(() => false, isMissing));
}

class RunFolder implements RunWriter {
  private readonly folder: string;
  private readonly fs: FileSystem;
  private readonly damaged: Damaged;
  private readonly lease: Lease;
  /** the lock went to somebody else (this machine slept for long): nothing more is written */
  private readonly lost: { is: boolean };
  private curve: CurveFile | null = null;

  constructor(folder: string, fs: FileSystem, damaged: Damaged, lease: Lease, lost: { is: boolean }) {
    this.folder = folder;
    this.fs = fs;
    this.damaged = damaged;
    this.lease = lease;
    this.lost = lost;
  }

  describe(record: RunRecord): Promise<void> {
    return this.write(() => this.replace("config.json", encode(record, 1)));
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
      await this.damaged(path, (error as Error).message, "The run starts again.", !(sealed.state === "damaged" && sealed.unreachable));
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
      const text = events.map(eventLine).join("");
      try {
        this.curve ??= await this.openCurve(events);
        await this.curve.append(text);
      } catch (error) {
        if (!mayPass(error)) throw error;
        // part of it may be there, and a network disk may have forgotten the open file: once more, from what is whole
        await this.closeCurve().catch(() => {});
        this.curve = await this.openCurve(events);
        await this.curve.append(text);
      }
    });
  }

  saveCheckpoint(bytes: Uint8Array): Promise<void> {
    return this.write(async () => {
      await this.curve?.sync(); // a curve must never end before the checkpoint it goes with
      await this.replace("checkpoint.safetensors", seal(bytes));
    });
  }

  finish(result: StoredResult, weights: Uint8Array | null): Promise<void> {
    return this.write(async () => {
      await this.curve?.sync();
      if (weights) await this.replace("checkpoint.safetensors", seal(weights));
      await this.replace("result.json", resultText(result, await this.curveNow()));
      // a failed run keeps its checkpoint: trying again may go on from there
      if (!weights && result.status !== "failed") await this.remove("checkpoint.safetensors");
    });
  }

  reset(): Promise<void> {
    return this.write(async () => {
      await this.closeCurve();
      for (const file of ["result.json", "checkpoint.safetensors", "metrics.jsonl"]) await this.remove(file);
    });
  }

  async release(): Promise<void> {
    await this.closeCurve().catch(() => {});
    await this.lease.release().catch(() => {});
    this.lost.is = true;
  }

  /** With what was written earlier up to where these events begin, in a file of its own: see CurveFile. */
  private async openCurve(events: readonly MetricEvent[]): Promise<CurveFile> {
    const { events: earlier, ends, bytes } = await this.parsed();
    const kept = bytes.subarray(0, ends[keptEvents(earlier, events) - 1] ?? 0);
    await this.replace("metrics.jsonl", kept);
    const curve = await CurveFile.open(this.fs, join(this.folder, "metrics.jsonl"), kept);
    // whoever takes over from now on puts a file of its own there; who has done so since the last look had this one opened
    await this.expectHeld().catch(async (error: unknown) => {
      await curve.close();
      throw error;
    });
    return curve;
  }

  private async curveNow(): Promise<{ bytes: number; sha256: string }> {
    if (this.curve) return this.curve.checksum();
    const { bytes } = await this.parsed();
    return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  private async closeCurve(): Promise<void> {
    const curve = this.curve;
    this.curve = null;
    await curve?.close();
  }

  private async parsed(): Promise<ReturnType<typeof parseEvents> & { bytes: Uint8Array }> {
    const path = join(this.folder, "metrics.jsonl");
    const reading = await readBytes(this.fs, path);
    if (reading.state === "damaged") await this.damaged(path, reading.why, "The curve starts again.", !reading.unreachable);
    const bytes = reading.state === "read" ? reading.value : new Uint8Array();
    return { ...parseEvents(bytes), bytes };
  }

  private async replace(file: string, data: string | Uint8Array): Promise<void> {
    const write = () => writeAtomic(this.fs, join(this.folder, file), data, () => this.expectHeld());
    await write().catch((error: unknown) => {
      // a predecessor that woke up in the middle of tidying has taken the temporary file away
      if (!isMissing(error)) throw error;
      return write();
    });
  }

  private remove(file: string): Promise<void> {
    return removeAtomic(this.fs, join(this.folder, file), () => this.expectHeld());
  }

  private async expectHeld(): Promise<void> {
    if (this.lost.is || !(await this.lease.held())) throw new RunLostError(`another process took over ${this.folder}`);
  }

  private async write(work: () => Promise<void>): Promise<void> {
    try {
      await this.expectHeld();
      await work();
    } catch (error) {
      if (error instanceof RunLostError) throw error;
      // what fails after another has taken over fails because of it: the next owner removes half-written files, and puts others in place
      await this.expectHeld().catch((now: unknown) => {
        if (now instanceof RunLostError) throw now;
      });
      throw writeError(error, this.folder);
    }
  }
}
