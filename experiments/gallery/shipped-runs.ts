/** Runs that ship with Switchyard: the quick budgets of the gallery's notebooks (`npm run gallery`), looked up and never written. */
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { keyOfRecord, shortKey } from "../runs/store/key.ts";
import { parseEvents } from "../runs/store/lines.ts";
import { parseJson } from "../runs/store/parse-json.ts";
import { runRecord } from "../runs/store/records.ts";
import { parseResult, resultOf } from "../runs/store/result-file.ts";
import { StoreWriteError, type RunRecord, type RunStore, type RunWriter, type StoredResult } from "../runs/store/store.ts";

/** Where the files come from: a folder, or what was bundled with the page. */
export interface ShippedFiles {
  /** text of `<notebook>.results/runs/<run>/<file>`, whichever notebook it belongs to; null where there is none */
  read(run: string, file: "config.json" | "result.json" | "metrics.jsonl"): Promise<string | null>;
  /** folder names of all runs */
  runs(): Promise<string[]>;
}

/**
 * Answers for any notebook that asks for the same run, but `list`, from which the nearest run is named when one is missing,
 * tells of them to the gallery's own notebooks alone: a stranger's study is not to be held against ours. A file that does
 * not fit is no run, and is left alone.
 */
export class ShippedRuns implements RunStore {
  readonly name = "the gallery's results";
  private readonly files: ShippedFiles;
  /** a notebook of the gallery is open */
  listed = false;

  constructor(files: ShippedFiles) {
    this.files = files;
  }

  async find(key: string): Promise<StoredResult | null> {
    const text = await this.files.read(shortKey(key), "result.json");
    const reading = text === null ? null : parseResult(text);
    const result = reading?.state === "read" ? resultOf(reading.value) : null;
    if (result === null || result.key !== key || result.status === "failed") return null;
    const record = await this.record(shortKey(key));
    return record && keyOfRecord(record) === key ? result : null;
  }

  async events(key: string): Promise<MetricEvent[]> {
    if (!(await this.find(key))) return [];
    const text = await this.files.read(shortKey(key), "metrics.jsonl");
    return text === null ? [] : parseEvents(new TextEncoder().encode(text)).events;
  }

  /** Weights do not ship. */
  async weights(): Promise<null> {
    return null;
  }

  async list(): Promise<RunRecord[]> {
    const runs = this.listed ? await this.files.runs() : [];
    const records = await Promise.all(runs.map((run) => this.record(run)));
    return records.filter((record) => record !== null);
  }

  async open({ key }: RunRecord): Promise<RunWriter> {
    throw new StoreWriteError(`Run ${shortKey(key)} cannot be saved in ${this.name}.`);
  }

  private async record(run: string): Promise<RunRecord | null> {
    const text = await this.files.read(run, "config.json");
    const reading = text === null ? null : parseJson<RunRecord>(text, runRecord);
    return reading?.state === "read" ? reading.value : null;
  }
}
