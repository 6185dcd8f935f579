/** Node-only: the index of all runs of this user, as the command line and the app use it. */
import { join } from "node:path";
import type { ComparableRun } from "../comparison.ts";
import { withIndex } from "./database.ts";
import { everyRun, type FoundRuns, type RunQuery, type RunReference } from "../query.ts";
import { keepOnly, refresh } from "./refresh.ts";
import { scanRun } from "./scan.ts";
import { search } from "./search.ts";
import { dataFolder, knownStores } from "./stores.ts";
import { shortKey } from "../../store/key.ts";
import { parseEvents } from "../../store/lines.ts";
import { readBytes } from "../../store/node/read-checked.ts";
import { storeFiles } from "../../store/node/store-files.ts";

export interface SearchOptions {
  /** look into the folders first; otherwise what was there the last time is searched */
  refresh?: boolean;
  /** throw the index away and make it again, and forget stores that are gone */
  rebuild?: boolean;
  /** only these stores; otherwise all that are known */
  stores?: readonly string[];
}

export class RunIndex {
  private readonly data: string;

  /** @param data where Switchyard keeps what belongs to this user; the index is a file in it */
  constructor(data = dataFolder()) {
    this.data = data;
  }

  /** @throws {WhereError} */
  async search(
    query: RunQuery = everyRun,
    { refresh: look = true, rebuild = false, stores: only }: SearchOptions = {},
  ): Promise<FoundRuns> {
    const known = await knownStores(this.data, { tidy: rebuild });
    const stores = only ?? known;
    return withIndex(
      join(this.data, "runs.sqlite"),
      async (database) => {
        if (look || rebuild) {
          keepOnly(database, [...new Set([...known, ...stores])]);
          await refresh(database, stores);
        }
        return search(database, stores, query);
      },
      { rebuild },
    );
  }

  /**
   * All there is of a run in a store that is known, for a comparison.
   * @throws Error in words for a person
   */
  async read({ store, key }: RunReference): Promise<ComparableRun> {
    const { runs } = await this.search({ ...everyRun, where: `key = '${key}'` }, { refresh: false });
    const found = runs.find((run) => run.store === store);
    if (!found) throw new Error(`there is no run ${shortKey(key)} in a store that is known`);
    const { notebook, experiment, title, arm } = found;
    return readRun({ store, key, notebook, experiment, title, arm });
  }
}

/** @throws Error in words for a person */
async function readRun(found: ComparableRun["found"]): Promise<ComparableRun> {
  const { store, key } = found;
  const run = await scanRun(store, shortKey(key));
  if (run?.record.key !== key) throw new Error(`the run ${shortKey(key)} in ${store} is gone`);
  if (run.changed) throw new Error(`the result of the run ${shortKey(key)} in ${store} is not compared: ${run.changed}`);
  const curve = await readBytes(storeFiles(store), join(store, "runs", shortKey(key), "metrics.jsonl"));
  return { found, record: run.record, result: run.result, events: curve.state === "read" ? parseEvents(curve.value).events : [] };
}
