/** Node-only: makes the index say what the folders say. Only what changed since the last time is read. */
import { transaction, type Database } from "./database.ts";
import { inBatches, scanManifest, scanRun, stampManifest, stampRuns, type ScannedRun } from "./scan.ts";
import { factsOf } from "../run-facts.ts";

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
  const before = new Map(
    (known ? (database.all("SELECT folder, stamp FROM runs WHERE store = ?", known.id) as { folder: string; stamp: string }[]) : []).map(
      (run) => [run.folder, run.stamp],
    ),
  );
  const [now, stamp] = await Promise.all([stampRuns(folder), stampManifest(folder)]);
  const manifest = !known || stamp !== known.stamp ? await scanManifest(folder) : null;
  const gone = [...before.keys()].filter((name) => !now.has(name));
  const changed = [...now.keys()].filter((name) => before.get(name) !== now.get(name));
  const scanned = await inBatches(changed, (name) => scanRun(folder, name));

  transaction(database, () => {
    const store = known?.id ?? Number(database.run("INSERT INTO stores(folder, notebook) VALUES (?, '')", folder).lastInsertRowid);
    for (const name of [...gone, ...changed]) database.run("DELETE FROM runs WHERE store = ? AND folder = ?", [store, name]);
    insertRuns(
      database,
      store,
      scanned.flatMap((run, i) => (run ? [{ ...run, folder: changed[i], stamp: now.get(changed[i])! }] : [])),
    );
    if (!manifest) return;
    database.run("UPDATE stores SET notebook = ?, stamp = ? WHERE id = ?", [manifest.notebook, stamp, store]);
    database.run("DELETE FROM arms WHERE store = ?", store);
    for (const { run, notebook, experiment, title, arm } of manifest.arms)
      database.run("INSERT INTO arms VALUES (?, ?, ?, ?, ?, ?)", [store, run, notebook, experiment, title, arm]);
  });
}

/** Statements are prepared once: ten thousand runs have half a million facts. */
function insertRuns(database: Database, store: number, runs: readonly (ScannedRun & { folder: string; stamp: string })[]): void {
  if (runs.length === 0) return;
  const insertRun = database.prepare(
    "INSERT INTO runs(store, folder, stamp, key, seed, status, error, backend, adapter, engine, semantics, steps, tokens, seconds, finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertFact = database.prepare("INSERT INTO facts VALUES (?, ?, ?)");
  const insertName = database.prepare("INSERT INTO names(name) VALUES (?)");
  const names = new Map((database.all("SELECT id, name FROM names") as { id: number; name: string }[]).map(({ id, name }) => [name, id]));
  const nameId = (name: string): number => {
    let id = names.get(name);
    if (id === undefined) names.set(name, (id = Number(insertName.run(name).lastInsertRowid)));
    return id;
  };
  try {
    for (const run of runs) {
      const { record, result, changed, folder, stamp } = run;
      const { lastInsertRowid } = insertRun.run([
        store,
        folder,
        stamp,
        record.key,
        record.seed.init,
        result?.status ?? (changed ? "changed" : "unfinished"),
        result?.error ?? changed ?? null,
        result?.provenance?.backend ?? record.backend,
        result?.provenance?.adapter ?? null,
        result?.provenance?.engine ?? null,
        record.semantics,
        result?.steps ?? null,
        result?.tokens ?? null,
        result?.seconds ?? null,
        result?.provenance?.when ?? null,
      ]);
      for (const [name, value] of factsOf(run)) insertFact.run([lastInsertRowid, nameId(name), value]);
    }
  } finally {
    for (const statement of [insertRun, insertFact, insertName]) statement.finalize();
  }
}
