/** Node-only: the index of runs as a SQLite database. It holds nothing that the folders do not, and is made again from them when in doubt. */
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { lock } from "proper-lockfile";

export type Database = InstanceType<typeof sqlite.Database>;

/** Raised when the tables change, or what is taken into them: an index of another layout is thrown away. */
const layout = 3;

const tables = `
  CREATE TABLE stores(id INTEGER PRIMARY KEY, folder TEXT UNIQUE NOT NULL, notebook TEXT NOT NULL, stamp TEXT);
  CREATE TABLE runs(
    id INTEGER PRIMARY KEY, store INTEGER NOT NULL REFERENCES stores(id) ON DELETE CASCADE, folder TEXT NOT NULL, stamp TEXT NOT NULL,
    key TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL, error TEXT, backend TEXT NOT NULL, adapter TEXT, engine TEXT,
    semantics INTEGER NOT NULL, steps INTEGER, tokens INTEGER, seconds REAL, finished TEXT, UNIQUE(store, folder));
  CREATE TABLE arms(
    store INTEGER NOT NULL REFERENCES stores(id) ON DELETE CASCADE, folder TEXT NOT NULL, notebook TEXT, experiment TEXT NOT NULL, title TEXT NOT NULL, arm TEXT NOT NULL);
  CREATE INDEX arms_of_run ON arms(store, folder);
  CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);
  CREATE TABLE facts(run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, name INTEGER NOT NULL REFERENCES names(id), value, PRIMARY KEY(run, name)) WITHOUT ROWID;
  PRAGMA user_version = ${layout};`;

/** Milliseconds after which the index of a process that was killed may be taken over. */
const staleLock = 10_000;

export interface OpenIndexOptions {
  /** throw away what was there */
  rebuild?: boolean;
}

/**
 * Works with the index at `path`, one process at a time. A damaged index, or one of another layout, is replaced by an empty
 * one, and the work is done again. Where it cannot be had (nothing can be written there, another process will
 * not let go), the index lives in memory, for this time only.
 */
export async function withIndex<T>(
  path: string,
  work: (database: Database) => Promise<T>,
  { rebuild = false }: OpenIndexOptions = {},
): Promise<T> {
  let release: () => Promise<void>;
  try {
    await mkdir(dirname(path), { recursive: true });
    release = await lock(dirname(path), {
      lockfilePath: `${path}.open`,
      realpath: false,
      stale: staleLock,
      retries: { retries: 60, minTimeout: 50, maxTimeout: 500 },
      onCompromised: () => {},
    });
  } catch {
    return use(":memory:", work);
  }
  try {
    if (rebuild) await remove(path);
    // SQLite's own lock is a folder that a killed process leaves behind; ours, which knows its owner, is held now
    await rm(`${path}.lock`, { recursive: true, force: true });
    try {
      return await use(path, work);
    } catch (error) {
      if (!(error instanceof sqlite.SQLite3Error)) throw error;
      await remove(path);
      return await use(path, work);
    }
  } finally {
    await release();
  }
}

async function use<T>(path: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new sqlite.Database(path);
  try {
    const version = database.get("PRAGMA user_version")?.user_version;
    if (version !== layout) {
      if (version !== 0) throw new sqlite.SQLite3Error(`an index of layout ${version}`);
      database.exec(tables);
    }
    database.exec("PRAGMA foreign_keys = ON");
    return await work(database);
  } finally {
    database.close();
  }
}

async function remove(path: string): Promise<void> {
  for (const file of [path, `${path}-journal`, `${path}.lock`]) await rm(file, { recursive: true, force: true });
}

/** All of it or nothing. */
export function transaction(database: Database, work: () => void): void {
  database.exec("BEGIN");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
