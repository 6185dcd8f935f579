/** Run stores of windows, served over IPC. Runs stay on disk; a window holds only numbers that stand for writers. */
import { basename } from "node:path";
import { copyRun } from "../experiments/runs/store/node/copy-run.ts";
import { rememberStore } from "../experiments/runs/index/node/stores.ts";
import { writeManifest } from "../experiments/runs/store/node/manifest.ts";
import { storeFiles } from "../experiments/runs/store/node/store-files.ts";
import { NodeStore } from "../experiments/runs/store/node/store.ts";
import { StoreStack } from "../experiments/runs/store/store-stack.ts";
import type { RunRecord, RunStore, RunWriter, StoredResult } from "../experiments/runs/store/store.ts";
import { resultsFolder } from "../experiments/runs/store/node/results-folder.ts";
import type { KeptNames } from "./ipc/channels.ts";

/** Manifests being written, by folder: windows that share the scratch store take turns. */
const manifests = new Map<string, Promise<void>>();

export class WindowStore {
  readonly store: RunStore;
  private readonly writers = new Map<number, RunWriter>();
  /** where runs may lie, the notebook's own place first */
  private readonly folders: string[];
  /** keys of runs that this window has taken or trained */
  private readonly used = new Set<string>();
  private readonly path: string | null;
  private readonly scratch: string;
  private next = 1;

  /**
   * @param path the notebook, or null for one that has no file yet
   * @param scratch folder for runs of notebooks without a place of their own; looked through for all of them
   */
  constructor(path: string | null, scratch: string, onNotice: (text: string) => void) {
    this.path = path;
    this.scratch = scratch;
    this.folders = path === null ? [scratch] : [resultsFolder(path), scratch];
    // the scratch folder lies where the user's data do
    this.store = new StoreStack(
      this.folders.map((folder) => new NodeStore(folder, { onNotice, named: folder === scratch })),
      onNotice,
    );
  }

  async find(key: string): Promise<StoredResult | null> {
    const result = await this.store.find(key);
    if (result) this.used.add(key);
    return result;
  }

  /** Copies the finished runs that this window has used to the results of a notebook saved elsewhere. */
  async takeAlong(path: string): Promise<void> {
    for (const key of this.used) {
      for (const folder of this.folders) {
        const finished = await copyRun(key, { folder, named: folder === this.scratch }, { folder: resultsFolder(path) });
        if (finished) break;
      }
    }
  }

  async open(record: RunRecord): Promise<number> {
    const id = this.next++;
    this.used.add(record.key);
    this.writers.set(id, await this.store.open(record));
    await rememberStore(this.folders[0]);
    return id;
  }

  /** @throws {StoreWriteError} */
  async keepNames({ notebook, budget, experiments }: KeptNames): Promise<void> {
    const [folder] = this.folders;
    const update = {
      notebook: this.path === null ? notebook : basename(this.path),
      arguments: { budget, only: null, sets: [], armSets: [] },
      experiments,
      shared: this.path === null,
    };
    const turn = (manifests.get(folder) ?? Promise.resolve())
      .catch(() => {})
      .then(() => writeManifest(folder, update, storeFiles(folder, { named: folder === this.scratch })));
    manifests.set(folder, turn);
    await turn;
    await rememberStore(folder);
  }

  writer(id: number): RunWriter {
    const writer = this.writers.get(id);
    if (!writer) throw new Error(`run writer ${id} was given back already`);
    return writer;
  }

  async release(id: number): Promise<void> {
    const writer = this.writers.get(id);
    this.writers.delete(id);
    await writer?.release();
  }

  /** Gives all runs back, when the window closes, reloads or crashes. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.writers.keys()].map((id) => this.release(id)));
  }
}
