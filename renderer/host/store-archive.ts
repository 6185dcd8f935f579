/** The runs of a store without a disk, searched as the index on disk is. */
import type { ComparableRun } from "../../experiments/runs/index/comparison.ts";
import { searchRuns } from "../../experiments/runs/index/memory.ts";
import type { FoundRuns, RunQuery, RunReference } from "../../experiments/runs/index/query.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import type { RunStore } from "../../experiments/runs/store/store.ts";
import type { KeptNames, RunArchive } from "./host.ts";

type Named = Pick<ComparableRun["found"], "notebook" | "experiment" | "title" | "arm">;

const nameless: Named = { notebook: "–", experiment: null, title: null, arm: null };

export class StoreArchive implements RunArchive {
  private readonly store: RunStore;
  /** by key, then by notebook, experiment and arm */
  private readonly names = new Map<string, Map<string, Named>>();

  constructor(store: RunStore) {
    this.store = store;
  }

  keepNames({ notebook, experiments }: KeptNames): void {
    for (const { id, title, runs } of experiments) {
      for (const { key, arm } of runs) {
        const own = this.names.get(key) ?? new Map<string, Named>();
        this.names.set(key, own.set(JSON.stringify([notebook, id]), { notebook, experiment: id, title, arm }));
      }
    }
  }

  async search(query: RunQuery): Promise<FoundRuns> {
    return searchRuns(await this.all(), query);
  }

  async read({ key }: RunReference): Promise<ComparableRun> {
    const run = (await this.all()).find(({ found }) => found.key === key);
    if (!run) throw new Error(`there is no run ${shortKey(key)}`);
    return { ...run, events: await this.store.events(key) };
  }

  private async all(): Promise<Omit<ComparableRun, "events">[]> {
    const records = await this.store.list();
    const results = await Promise.all(records.map(({ key }) => this.store.find(key)));
    return records.flatMap((record, i) => {
      const names = [...(this.names.get(record.key)?.values() ?? [nameless])];
      return names.map((name) => ({ found: { store: this.store.name, key: record.key, ...name }, record, result: results[i] }));
    });
  }
}
