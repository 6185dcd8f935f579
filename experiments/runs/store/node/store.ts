/** Node-only: runs in a folder, `<folder>/runs/<first 16 characters of the key>/…` (see the notebook's file format). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type * as v from "valibot";
import type { MetricEvent } from "../../../../engine/train/protocol.ts";
import { isMissing, writeError } from "./disk-errors.ts";
import { makeFolder, setAside, writeAtomic, type FileSystem } from "./filesystem.ts";
import { keyOfRecord, shortKey } from "../key.ts";
import { goesBackwards, parseEvents } from "../lines.ts";
import type { Reading } from "../parse-json.ts";
import { readBytes, readJson, readResult } from "./read-checked.ts";
import { runRecord, type ResultFile } from "../records.ts";
import { resultOf } from "../result-file.ts";
import { openRunFolder } from "./run-folder.ts";
import { unseal } from "./sealed.ts";
import { storeFiles, type StoreFilesOptions } from "./store-files.ts";
import type { RunRecord, RunStore, RunWriter, StoredResult } from "../store.ts";

export interface NodeStoreOptions extends StoreFilesOptions {
  /** hears of damaged files that were set aside */
  onNotice?: (text: string) => void;
}

/** Small results are meant to be committed; what can be trained again or is large is not. */
const gitignore = "runs/*/checkpoint*\nruns/*/metrics.jsonl\nruns/*/lock\n*.tmp\n*.damaged-*\n";

export class NodeStore implements RunStore {
  readonly name: string;
  private readonly fs: FileSystem;
  private readonly notice: (text: string) => void;

  constructor(folder: string, { onNotice = () => {}, ...options }: NodeStoreOptions = {}) {
    this.name = folder;
    this.fs = storeFiles(folder, options);
    this.notice = onNotice;
  }

  async find(key: string): Promise<StoredResult | null> {
    const result = await this.taken(this.path(key, "result.json"), await readResult(this.fs, this.path(key, "result.json")));
    // another run may begin with the same 16 characters; a failed run is to be tried again
    if (result === null || result.key !== key || result.status === "failed") return null;
    const record = await this.read(this.path(key, "config.json"), runRecord);
    if (record === null) return null;
    if (record.key !== key || keyOfRecord(record) !== key) {
      await this.damaged(this.path(key, "config.json"), "it does not belong to this run");
      return null;
    }
    return (await this.ofOneCurve(key, result)) ? resultOf(result) : null;
  }

  /**
   * A run that two processes have written to at once has not ended, whatever its result says. Where the curve has the length that the result
   * was sealed with it is not read for that. (It may be gone: only the small files of a store are meant to be committed.)
   */
  private async ofOneCurve(key: string, { curve }: ResultFile): Promise<boolean> {
    const path = this.path(key, "metrics.jsonl");
    const size = await this.fs.lstat(path).then(
      (stats) => stats.size,
      () => null,
    );
    if (size === null || size === curve?.bytes) return true;
    const bytes = await this.bytes(path, "The run's curve is lost.");
    if (bytes === null || !goesBackwards(bytes)) return true;
    await this.damaged(path, "two processes have written to it at once: its steps go backwards");
    await setAside(this.fs, this.path(key, "result.json"));
    return false;
  }

  async events(key: string): Promise<MetricEvent[]> {
    const path = this.path(key, "metrics.jsonl");
    const bytes = await this.bytes(path);
    if (bytes === null) return [];
    const { events, damage } = parseEvents(bytes);
    if (damage !== null) this.notice(`${path} is damaged (${damage}). The curve ends before it.`);
    else if (await this.changedSince(key, bytes))
      this.notice(`${path} was changed after the run had ended: its checksum does not fit. The run's result stands.`);
    return events;
  }

  private async changedSince(key: string, bytes: Uint8Array): Promise<boolean> {
    const result = await readResult(this.fs, this.path(key, "result.json"));
    if (result.state !== "read" || result.value.key !== key || result.value.status === "failed" || !result.value.curve) return false;
    return createHash("sha256").update(bytes).digest("hex") !== result.value.curve.sha256;
  }

  async weights(key: string): Promise<Uint8Array | null> {
    if ((await this.find(key)) === null) return null;
    const path = this.path(key, "checkpoint.safetensors");
    const bytes = await this.bytes(path);
    try {
      return bytes && unseal(bytes);
    } catch (error) {
      await this.damaged(path, (error as Error).message, "The run's weights are lost.");
      return null;
    }
  }

  async list(): Promise<RunRecord[]> {
    const names = await this.fs.readdir(join(this.name, "runs")).catch((error: unknown): string[] => {
      if (!isMissing(error)) this.notice(`${join(this.name, "runs")} cannot be read: ${(error as Error).message}.`);
      return [];
    });
    const records = await Promise.all(names.sort().map((name) => this.listed(join(this.name, "runs", name, "config.json"))));
    return records.filter((record) => record !== null);
  }

  async open(record: RunRecord): Promise<RunWriter> {
    try {
      await makeFolder(this.fs, join(this.name, "runs"));
      const ignore = join(this.name, ".gitignore");
      if ((await this.bytes(ignore)) === null) await writeAtomic(this.fs, ignore, gitignore);
    } catch (error) {
      throw writeError(error, this.name);
    }
    return openRunFolder(this.path(record.key, ""), record, this.fs, (path, why, therefore, move) =>
      this.damaged(path, why, therefore, move),
    );
  }

  private path(key: string, file: string): string {
    return join(this.name, "runs", shortKey(key), file);
  }

  /** A file that does not fit stays where it is: it may be another version's, and nobody has asked for this run. */
  private async listed(path: string): Promise<RunRecord | null> {
    const reading = await readJson(this.fs, path, runRecord);
    if (reading.state === "damaged") this.notice(`${path} is not used: ${reading.why}.`);
    return reading.state === "read" ? reading.value : null;
  }

  private async bytes(path: string, therefore?: string): Promise<Uint8Array | null> {
    return this.taken(path, await readBytes(this.fs, path), therefore);
  }

  /** A JSON file through its schema; null when it is not there, or was damaged and is now set aside. */
  private async read<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | null> {
    return this.taken(path, await readJson(this.fs, path, schema));
  }

  private async taken<T>(path: string, reading: Reading<T>, therefore?: string): Promise<T | null> {
    if (reading.state === "damaged") await this.damaged(path, reading.why, therefore, !reading.unreachable);
    return reading.state === "read" ? reading.value : null;
  }

  /** @param move out of the way; a file that only cannot be reached now may be whole */
  private async damaged(path: string, why: string, therefore = "The run counts as not trained.", move = true): Promise<void> {
    const aside = move ? await setAside(this.fs, path) : null;
    this.notice(`${path} is ${move ? "damaged" : "out of reach"} (${why})${aside ? `; it is kept as ${aside}` : ""}. ${therefore}`);
  }
}
