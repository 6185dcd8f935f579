/** Node-only: runs in a folder, `<folder>/runs/<first 16 characters of the key>/…` (see the notebook's file format). */
import { join } from "node:path";
import type * as v from "valibot";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { makeFolder, nodeFileSystem, setAside, writeAtomic, writeError, type FileSystem } from "./filesystem.ts";
import { runKey, shortKey } from "./key.ts";
import { parseEvents } from "./lines.ts";
import { readBytes, readJson } from "./read-checked.ts";
import { runRecord, storedResult } from "./records.ts";
import { openRunFolder } from "./run-folder.ts";
import { unseal } from "./sealed.ts";
import type { RunRecord, RunStore, RunWriter, StoredResult } from "./store.ts";

export interface NodeStoreOptions {
  fs?: FileSystem;
  /** hears of damaged files that were set aside */
  onNotice?: (text: string) => void;
}

/** Small results are meant to be committed; what can be trained again or is large is not. */
const gitignore = "runs/*/checkpoint*\nruns/*/metrics.jsonl\nruns/*/lock\n*.tmp\n*.damaged-*\n";

export class NodeStore implements RunStore {
  readonly name: string;
  private readonly fs: FileSystem;
  private readonly notice: (text: string) => void;

  constructor(folder: string, { fs = nodeFileSystem, onNotice = () => {} }: NodeStoreOptions = {}) {
    this.name = folder;
    this.fs = fs;
    this.notice = onNotice;
  }

  async find(key: string): Promise<StoredResult | null> {
    const result = await this.read(this.path(key, "result.json"), storedResult);
    // another run may begin with the same 16 characters; a failed run is to be tried again
    if (result === null || result.key !== key || result.status === "failed") return null;
    const record = await this.read(this.path(key, "config.json"), runRecord);
    if (record === null) return null;
    if (record.key === key && runKey(record.config, record.seed, record.dataHash) === key) return result;
    await this.damaged(this.path(key, "config.json"), "it does not belong to this run");
    return null;
  }

  async events(key: string): Promise<MetricEvent[]> {
    const path = this.path(key, "metrics.jsonl");
    const bytes = await this.bytes(path);
    if (bytes === null) return [];
    const { events, damage } = parseEvents(bytes);
    if (damage !== null) this.notice(`${path} is damaged (${damage}). The curve ends before it.`);
    return events;
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
    const names = await this.fs.readdir(join(this.name, "runs")).catch((): string[] => []);
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
    return openRunFolder(this.path(record.key, ""), record, this.fs, (path, why, therefore) => this.damaged(path, why, therefore));
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

  private async bytes(path: string): Promise<Uint8Array | null> {
    const reading = await readBytes(this.fs, path);
    if (reading.state === "damaged") await this.damaged(path, reading.why);
    return reading.state === "read" ? reading.value : null;
  }

  /** A JSON file through its schema; null when it is not there, or was damaged and is now set aside. */
  private async read<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | null> {
    const reading = await readJson(this.fs, path, schema);
    if (reading.state === "damaged") await this.damaged(path, reading.why);
    return reading.state === "read" ? reading.value : null;
  }

  private async damaged(path: string, why: string, therefore = "The run counts as not trained."): Promise<void> {
    const aside = await setAside(this.fs, path);
    this.notice(`${path} is damaged (${why})${aside ? `; it is kept as ${aside}` : ""}. ${therefore}`);
  }
}
