/** Node-only: makes the index say what the folders say. Only what changed since the last time is read. */
import { transaction, type Database } from "./index-database.ts";
import { factsOf, scanManifest, scanRun, stampManifest, stampRuns, type ScannedRun } from "./index-scan.ts";

/** @param stores folders; stores that are not among them are left as they are */
export async function refresh(database: Database, stores: readonly string[]): Promise<void> {
  for (const folder of stores) await refreshStore(database, folder);
}

/** Drops stores that are not among these. */
export function keepOnly(database: Database, stores: readonly string[]): void {
  for (const { id, folder } of database.all("SELECT id, folder FROM stores") as { id: number; folder: string }[])
    if (!stores.includes(folder)) database.run("DELETE FROM stores WHERE id = ?", id);
}

async function refreshStore(database: Database, folder: string): Promise<void> {
  const known = database.get("SELECT id, stamp FROM stores WHERE folder = ?", folder) as { id: number; stamp: string | null } | null;
  const before = new Map((known ? (database.all("SELECT folder, stamp FROM runs WHERE store = ?", known.id) as { folder: string; stamp: string }[]) : []).map((run) => [run.folder, run.stamp]));
  const [now, stamp] = await Promise.all([stampRuns(folder), stampManifest(folder)]);
  const manifest = !known || stamp !== known.stamp ? await scanManifest(folder) : null;
  const gone = [...before.keys()].filter((name) => !now.has(name));
  const changed: [string, ScannedRun | null][] = [];
  for (const [name, at] of now) if (before.get(name) !== at) changed.push([name, await scanRun(folder, name)]);

  transaction(database, () => {
    const store = known?.id ?? Number(database.run("INSERT INTO stores(folder, notebook) VALUES (?, '')", folder).lastInsertRowid);
    for (const name of [...gone, ...changed.map(([run]) => run)]) database.run("DELETE FROM runs WHERE store = ? AND folder = ?", [store, name]);
    for (const [name, run] of changed) if (run) insertRun(database, store, name, now.get(name)!, run);
    if (!manifest) return;
    database.run("UPDATE stores SET notebook = ?, stamp = ? WHERE id = ?", [manifest.notebook, stamp, store]);
    database.run("DELETE FROM arms WHERE store = ?", store);
    for (const [experiment, { title, runs }] of Object.entries(manifest.experiments))
      for (const { folder: run, arm } of runs) database.run("INSERT INTO arms VALUES (?, ?, ?, ?, ?)", [store, run.replace(/^runs\//, ""), experiment, title, arm]);
  });
}

function insertRun(database: Database, store: number, folder: string, stamp: string, run: ScannedRun): void {
  const { record, result } = run;
  const { lastInsertRowid } = database.run(
    "INSERT INTO runs(store, folder, stamp, key, seed, status, error, backend, adapter, engine, semantics, steps, tokens, seconds, finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [
      store, folder, stamp, record.key, record.seed.init, result?.status ?? "unfinished", result?.error ?? null,
      result?.provenance?.backend ?? record.backend, result?.provenance?.adapter ?? null, result?.provenance?.engine ?? null,
      record.semantics, result?.steps ?? null, result?.tokens ?? null, result?.seconds ?? null, result?.provenance?.when ?? null,
    ],
  );
  const insert = database.prepare("INSERT INTO facts VALUES (?, ?, ?)");
  try {
    for (const [name, value] of factsOf(run)) insert.run([lastInsertRowid, name, value]);
  } finally {
    insert.finalize();
  }
}
