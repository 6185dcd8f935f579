/** Node-only: searching the index of runs on disk. */
import type { Database } from "./database.ts";
import { isMetric, scalarMetrics, wordColumns, type FoundRun, type FoundRuns, type RunColumn, type RunQuery } from "../query.ts";
import { parseWhere } from "../where.ts";
import { lowerAscii } from "../where-match.ts";
import { nameSql, namesOf, whereSql, type Searchable, type Where } from "../where-sql.ts";

/** SQL of each column; a cast keeps what is put together from two columns comparable as text. */
const columns: Readonly<Record<RunColumn, string>> = {
  notebook: "CAST(ifnull(arms.notebook, stores.notebook) AS TEXT)",
  store: "stores.folder",
  experiment: "arms.experiment",
  title: "arms.title",
  arm: "arms.arm",
  seed: "runs.seed",
  status: "runs.status",
  error: "runs.error",
  key: "runs.key",
  backend: "runs.backend",
  adapter: "runs.adapter",
  engine: "runs.engine",
  semantics: "runs.semantics",
  steps: "runs.steps",
  tokens: "runs.tokens",
  seconds: "runs.seconds",
  when: "runs.finished",
};

/** What can be searched by: the columns of a run, every metric, every setting of every config. */
function searchable(database: Database): Searchable {
  const names = (database.all("SELECT name FROM names ORDER BY name") as { name: string }[]).map(({ name }) => name);
  return {
    columns,
    facts: new Set([...scalarMetrics, ...names]),
    fact: "(SELECT value FROM facts WHERE run = runs.id AND name = (SELECT id FROM names WHERE names.name = ?))",
  };
}

const source = `FROM runs JOIN stores ON stores.id = runs.store LEFT JOIN arms ON arms.store = runs.store AND arms.folder = runs.folder
  WHERE stores.folder IN (SELECT value FROM json_each(?))`;

/**
 * Runs of these stores.
 * @throws {WhereError}
 * @throws {TypeError} where the order is by a name that runs do not have
 */
export function search(database: Database, stores: readonly string[], query: RunQuery): FoundRuns {
  const names = searchable(database);
  const conditions = [
    ...query.words.map(wordSql),
    ...(query.where === null ? [] : [whereSql(parseWhere(query.where, namesOf(names)), names)]),
  ];
  const from: Where = {
    sql: [source, ...conditions.map(({ sql }) => `(${sql})`)].join(" AND "),
    values: [JSON.stringify(stores), ...conditions.flatMap(({ values }) => values)],
  };
  const order = query.order === null ? null : nameSql(query.order.by, names);
  const first = order === null ? "" : `${order.sql} IS NULL, ${order.sql} ${query.order!.descending ? "DESC" : "ASC"}, `;
  const rows = database.all(
    `SELECT runs.id AS id, ${Object.entries(columns)
      .map(([name, sql]) => `${sql} AS "${name}"`)
      .join(", ")} ${from.sql}
     ORDER BY ${first}${columns.notebook}, stores.folder, arms.experiment IS NULL, arms.rowid, runs.seed, runs.key LIMIT ? OFFSET ?`,
    [...from.values, ...(order ? [...order.values, ...order.values] : []), query.limit ?? -1, query.offset],
  ) as unknown as (Omit<FoundRun, "metrics"> & { id: number })[];
  const whole = query.limit === null && query.offset === 0;
  const total = whole ? rows.length : (database.get(`SELECT count(*) AS n ${from.sql}`, from.values) as { n: number }).n;
  return { runs: withMetrics(database, rows), total, stores: stores.length };
}

function wordSql(word: string): Where {
  const text = wordColumns.map((name) => `ifnull(${columns[name]}, '')`).join(" || char(10) || ");
  return { sql: `instr(lower(${text}), ?) > 0`, values: [lowerAscii(word)] };
}

/** One question for all runs: one for each would take longer than everything else together. */
function withMetrics(database: Database, rows: readonly (Omit<FoundRun, "metrics"> & { id: number })[]): FoundRun[] {
  const names = new Map(
    (database.all("SELECT id, name FROM names ORDER BY name") as { id: number; name: string }[])
      .filter(({ name }) => isMetric(name))
      .map(({ id, name }) => [id, name]),
  );
  const facts = database.all(
    "SELECT run, name, value FROM facts WHERE run IN (SELECT value FROM json_each(?)) AND name IN (SELECT value FROM json_each(?))",
    [JSON.stringify(rows.map(({ id }) => id)), JSON.stringify([...names.keys()])],
  ) as { run: number; name: number; value: number }[];
  const metrics = new Map<number, Record<string, number>>();
  for (const { run, name, value } of facts) {
    let own = metrics.get(run);
    if (own === undefined) metrics.set(run, (own = {}));
    own[names.get(name)!] = value;
  }
  return rows.map(({ id, ...run }) => ({ ...run, metrics: metrics.get(id) ?? {} }));
}
