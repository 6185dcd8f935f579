/** Searching the index of runs. */
import { metricDefinitions } from "../statistics/metrics.ts";
import type { Database } from "./index-database.ts";
import { parseWhere, type Searchable } from "./index-where.ts";

/** One run as one arm of one experiment; a run that several arms share is found once for each. */
export interface FoundRun {
  notebook: string;
  /** folder of the store */
  store: string;
  /** null for a run that no experiment of the last run of its notebook asked for */
  experiment: string | null;
  title: string | null;
  arm: string | null;
  seed: number;
  status: "done" | "diverged" | "failed" | "unfinished";
  error: string | null;
  key: string;
  backend: string;
  adapter: string | null;
  /** version of Switchyard */
  engine: string | null;
  semantics: number;
  steps: number | null;
  tokens: number | null;
  /** of training */
  seconds: number | null;
  /** ISO time of the end of training */
  when: string | null;
  /** by flat name, e.g. "valBpb.prose" */
  metrics: Record<string, number>;
}

const columns = {
  notebook: "stores.notebook", store: "stores.folder", experiment: "arms.experiment", title: "arms.title", arm: "arms.arm", seed: "runs.seed",
  status: "runs.status", error: "runs.error", key: "runs.key", backend: "runs.backend", adapter: "runs.adapter", engine: "runs.engine",
  semantics: "runs.semantics", steps: "runs.steps", tokens: "runs.tokens", seconds: "runs.seconds", when: "runs.finished",
} satisfies Record<Exclude<keyof FoundRun, "metrics">, string>;

/** Metrics of one number: every finished run has them. */
const scalars = Object.keys(metricDefinitions).filter((name) => !["valBpb", "mtpLoss", "acceptance"].includes(name));

/** What can be searched by: the columns of a run, every metric, every setting of every config. */
export function searchable(database: Database): Searchable {
  const names = (database.all("SELECT DISTINCT name FROM facts ORDER BY name") as { name: string }[]).map(({ name }) => name);
  return { columns, facts: new Set([...scalars, ...names]), fact: "(SELECT value FROM facts WHERE facts.run = runs.id AND facts.name = ?)" };
}

/**
 * Runs of these stores, in the order of notebook, experiment, arm and seed.
 * @param where see index-where.ts; null finds all
 * @throws {WhereError}
 */
export function search(database: Database, stores: readonly string[], where: string | null = null): FoundRun[] {
  const condition = where === null ? { sql: "1", values: [] } : parseWhere(where, searchable(database));
  const selected = Object.entries(columns).map(([name, sql]) => `${sql} AS "${name}"`);
  const rows = database.all(
    `SELECT runs.id AS id, ${selected.join(", ")} FROM runs JOIN stores ON stores.id = runs.store
     LEFT JOIN arms ON arms.store = runs.store AND arms.folder = runs.folder
     WHERE stores.folder IN (SELECT value FROM json_each(?)) AND (${condition.sql})
     ORDER BY stores.notebook, stores.folder, arms.experiment IS NULL, arms.rowid, runs.seed, runs.key`,
    [JSON.stringify(stores), ...condition.values],
  ) as unknown as (Omit<FoundRun, "metrics"> & { id: number })[];
  const metrics = database.prepare("SELECT name, value FROM facts WHERE run = ?");
  try {
    return rows.map(({ id, ...run }) => {
      const facts = metrics.all(id) as { name: string; value: number }[];
      return { ...run, metrics: Object.fromEntries(facts.filter(({ name }) => Object.hasOwn(metricDefinitions, name.split(".", 1)[0])).map(({ name, value }) => [name, value])) };
    });
  } finally {
    metrics.finalize();
  }
}
