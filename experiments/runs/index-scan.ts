/** Node-only: what the index needs to know of a store, read without changing anything in it. */
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { flatMetrics } from "../statistics/metrics.ts";
import { readManifest, type Manifest } from "./manifest.ts";
import { runRecord, storedResult, type RunRecord, type StoredResult } from "./records.ts";

/** A value that can be searched for: booleans are 1 and 0. */
export type Fact = number | string;

export interface ScannedRun {
  record: RunRecord;
  /** null while it trains, or when it was left unfinished */
  result: StoredResult | null;
}

/** Names of the run folders with a stamp that changes whenever one of their files does. */
export async function stampRuns(store: string): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  const names = await readdir(join(store, "runs")).catch((): string[] => []);
  for (const name of names.sort()) {
    const config = await stampOf(join(store, "runs", name, "config.json"));
    if (config !== null) stamps.set(name, `${config} ${await stampOf(join(store, "runs", name, "result.json"))}`);
  }
  return stamps;
}

/** The run in a folder of the store, or null when its files do not fit their schemas. */
export async function scanRun(store: string, folder: string): Promise<ScannedRun | null> {
  const record = await read(join(store, "runs", folder, "config.json"), runRecord);
  if (record === null) return null;
  const result = await read(join(store, "runs", folder, "result.json"), storedResult);
  return { record, result: result?.key === record.key ? result : null };
}

/** File name of the notebook whose store this is, and which folder is which arm of which experiment. */
export async function scanManifest(store: string): Promise<{ notebook: string; experiments: Manifest["experiments"] }> {
  const manifest = await readManifest(store);
  return { notebook: manifest?.notebook ?? basename(store).replace(/\.results$/, ""), experiments: manifest?.experiments ?? {} };
}

export const stampManifest = (store: string): Promise<string | null> => stampOf(join(store, "manifest.json"));

/** Metrics by flat name, and the leaves of the config by path: `valBpb.prose`, `train.optimizer.lr`, `balance.losses.0.alpha`. */
export function factsOf({ record, result }: ScannedRun): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  addLeaves(record.config, "", facts);
  for (const [name, value] of Object.entries(result?.metrics ? flatMetrics(result.metrics) : {})) if (!Number.isNaN(value)) facts.set(name, value);
  return facts;
}

function addLeaves(value: unknown, path: string, into: Map<string, Fact>): void {
  if (typeof value === "number" || typeof value === "string") into.set(path, value);
  else if (typeof value === "boolean") into.set(path, Number(value));
  else if (typeof value === "object" && value !== null) for (const [key, inner] of Object.entries(value)) addLeaves(inner, path === "" ? key : `${path}.${key}`, into);
}

async function stampOf(path: string): Promise<string | null> {
  return stat(path).then(({ mtimeMs, size }) => `${mtimeMs}:${size}`, () => null);
}

/** A damaged file is no business of a search: the next program that trains here sets it aside and says so. */
async function read<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | null> {
  try {
    return v.parse(schema, JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
