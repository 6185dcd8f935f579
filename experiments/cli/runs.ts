import { join } from "node:path";
import { stat } from "node:fs/promises";
import { keepOnly, refresh } from "../runs/index-refresh.ts";
import { withIndex } from "../runs/index-database.ts";
import { search, type FoundRun } from "../runs/index-search.ts";
import { dataFolder, knownStores, rememberStore, storesBelow } from "../runs/index-stores.ts";
import { WhereError } from "../runs/index-where.ts";
import { encode } from "../runs/json.ts";
import { shortKey } from "../runs/key.ts";
import { formatDuration, formatValue } from "../statistics/numbers.ts";
import { parse } from "./arguments.ts";
import { RefusedError } from "./refused.ts";

/**
 * `switchyard runs [FOLDER …] [--where EXPR] [--json] [--rebuild]`: the runs of all stores this user has had to do with, or
 * of the stores in these folders, which are known from then on.
 */
export async function runs(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { where: { type: "string" }, json: { type: "boolean" }, rebuild: { type: "boolean" } });
  const { where = null, json = false, rebuild = false } = values;
  const named = await storesIn(positionals);
  for (const store of named) await rememberStore(store);
  const known = await knownStores(dataFolder(), { tidy: rebuild });
  const stores = positionals.length > 0 ? named : known;
  const found = await withIndex(
    join(dataFolder(), "runs.sqlite"),
    async (database) => {
      keepOnly(database, [...new Set([...known, ...stores])]);
      await refresh(database, stores);
      try {
        return search(database, stores, where);
      } catch (error) {
        if (error instanceof WhereError) throw new RefusedError(`switchyard: --where ${where}: ${error.message}`);
        throw error;
      }
    },
    { rebuild },
  );
  process.stdout.write(json ? found.map((run) => `${encode(run)}\n`).join("") : text(found, stores));
  return 0;
}

async function storesIn(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (!(await stat(folder).then((at) => at.isDirectory(), () => false))) throw new RefusedError(`switchyard: ${folder}: there is no such folder`);
    const stores = await storesBelow(folder);
    if (stores.length === 0) throw new RefusedError(`switchyard: ${folder} holds no runs`);
    found.push(...stores);
  }
  return [...new Set(found)];
}

const columns: [string, (run: FoundRun) => string, "left" | "right"][] = [
  ["notebook", (run) => run.notebook, "left"],
  ["experiment", (run) => run.experiment ?? "–", "left"],
  ["arm", (run) => run.arm ?? "–", "left"],
  ["seed", (run) => String(run.seed), "right"],
  ["status", (run) => run.status, "left"],
  ["valLoss", (run) => metric(run, "valLoss"), "right"],
  ["maxVio", (run) => metric(run, "maxVioGlobal"), "right"],
  ["special.", (run) => metric(run, "specialisation"), "right"],
  ["steps", (run) => (run.steps === null ? "" : String(run.steps)), "right"],
  ["time", (run) => (run.seconds === null ? "" : formatDuration(run.seconds)), "right"],
  ["backend", (run) => run.backend, "left"],
  ["ended", (run) => run.when?.slice(0, 16).replace("T", " ") ?? "", "left"],
  ["key", (run) => shortKey(run.key), "left"],
];

const metric = ({ metrics }: FoundRun, name: string): string => (metrics[name] === undefined ? "" : formatValue(metrics[name]));

function text(found: readonly FoundRun[], stores: readonly string[]): string {
  if (stores.length === 0) return "No store of runs is known yet: switchyard run makes one, and switchyard runs FOLDER finds those that are there.\n";
  const rows = [columns.map(([name]) => name), ...found.map((run) => columns.map(([, value]) => value(run)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) => row.map((cell, i) => (columns[i][2] === "right" ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ").trimEnd());
  const count = new Set(found.map((run) => `${run.store}/${run.key}`)).size;
  return `${found.length > 0 ? `${lines.join("\n")}\n` : ""}${count} run${count === 1 ? "" : "s"} in ${stores.length} store${stores.length === 1 ? "" : "s"}\n`;
}
