/** Node-only: what the index needs to know of a store, read without changing anything in it. */
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { readManifest } from "./manifest.ts";
import { runRecord, storedResult, type RunRecord, type StoredResult } from "./records.ts";

export interface ScannedRun {
  record: RunRecord;
  /** null while it trains, or when it was left unfinished */
  result: StoredResult | null;
}

/** Names of the run folders with a stamp that changes whenever one of their files does. */
export async function stampRuns(store: string): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  const names = (await readdir(join(store, "runs")).catch((): string[] => [])).sort();
  const found = await inBatches(names, async (name) => {
    const [config, result] = await Promise.all(["config.json", "result.json"].map((file) => stampOf(join(store, "runs", name, file))));
    return config === null ? null : `${config} ${result}`;
  });
  found.forEach((stamp, i) => stamp !== null && stamps.set(names[i], stamp));
  return stamps;
}

/** The run in a folder of the store, or null when its files do not fit their schemas. */
export async function scanRun(store: string, folder: string): Promise<ScannedRun | null> {
  const record = await read(join(store, "runs", folder, "config.json"), runRecord);
  if (record === null) return null;
  const result = await read(join(store, "runs", folder, "result.json"), storedResult);
  return { record, result: result?.key === record.key ? result : null };
}

/** Which arm a run's folder is. */
export interface ScannedArm {
  /** name of the run's folder */
  run: string;
  /** where several notebooks share the store; null: the store's */
  notebook: string | null;
  experiment: string;
  title: string;
  arm: string;
}

/** File name of the notebook whose store this is, and which folder is which arm of which experiment. */
export async function scanManifest(store: string): Promise<{ notebook: string; arms: ScannedArm[] }> {
  const manifest = await readManifest(store);
  const arms = Object.entries(manifest?.experiments ?? {}).flatMap(([id, { title, of, runs }]) =>
    runs.map(({ folder, arm }) => ({ run: folder.replace(/^runs\//, ""), notebook: of?.notebook ?? null, experiment: of?.experiment ?? id, title, arm })),
  );
  return { notebook: manifest?.notebook ?? basename(store).replace(/\.results$/, ""), arms };
}

export const stampManifest = (store: string): Promise<string | null> => stampOf(join(store, "manifest.json"));

/** Files open at once: enough to keep a disk busy, far below what a process may have. */
const batch = 64;

export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += batch) done.push(...(await Promise.all(items.slice(at, at + batch).map(work))));
  return done;
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
