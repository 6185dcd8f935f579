/** Node-only: what the index needs to know of a store, read without changing anything in it. */
import { basename, join } from "node:path";
import type { FileSystem } from "../../store/node/filesystem.ts";
import { readManifest } from "../../store/node/manifest.ts";
import { readJson, readResult } from "../../store/node/read-checked.ts";
import { runRecord, type RunRecord, type StoredResult } from "../../store/records.ts";
import { resultOf } from "../../store/result-file.ts";
import { storeFiles } from "../../store/node/store-files.ts";

export interface ScannedRun {
  record: RunRecord;
  /** null while it trains, or when it was left unfinished */
  result: StoredResult | null;
  /** why the result is not believed: it is not what was written */
  changed?: string;
}

/** Names of the run folders with a stamp that changes whenever one of their files does. */
export async function stampRuns(store: string): Promise<Map<string, string>> {
  const fs = storeFiles(store);
  const stamps = new Map<string, string>();
  const names = (await fs.readdir(join(store, "runs")).catch((): string[] => [])).sort();
  const found = await inBatches(names, async (name) => {
    const [config, result] = await Promise.all(["config.json", "result.json"].map((file) => stampOf(fs, join(store, "runs", name, file))));
    return config === null ? null : `${config} ${result}`;
  });
  found.forEach((stamp, i) => stamp !== null && stamps.set(names[i], stamp));
  return stamps;
}

/**
 * The run in a folder of the store, or null when its files do not fit their schemas. A damaged file is no business of a search: the next program
 * that trains here sets it aside and says so.
 */
export async function scanRun(store: string, folder: string): Promise<ScannedRun | null> {
  const fs = storeFiles(store);
  const record = await readJson(fs, join(store, "runs", folder, "config.json"), runRecord);
  if (record.state !== "read") return null;
  const result = await readResult(fs, join(store, "runs", folder, "result.json"));
  if (result.state === "damaged" && result.changed) return { record: record.value, result: null, changed: result.why };
  return { record: record.value, result: result.state === "read" && result.value.key === record.value.key ? resultOf(result.value) : null };
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
    runs.map(({ folder, arm }) => ({
      run: folder.replace(/^runs\//, ""),
      notebook: of?.notebook ?? null,
      experiment: of?.experiment ?? id,
      title,
      arm,
    })),
  );
  return { notebook: manifest?.notebook ?? basename(store).replace(/\.results$/, ""), arms };
}

export const stampManifest = (store: string): Promise<string | null> => stampOf(storeFiles(store), join(store, "manifest.json"));

/** Files open at once: enough to keep a disk busy, far below what a process may have. */
const batch = 64;

export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += batch) done.push(...(await Promise.all(items.slice(at, at + batch).map(work))));
  return done;
}

async function stampOf(fs: FileSystem, path: string): Promise<string | null> {
  return fs.lstat(path).then(
    ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
    () => null,
  );
}
