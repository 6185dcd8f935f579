import { stat } from "node:fs/promises";
import { RunIndex } from "../../runs/index/node/index.ts";
import { everyRun, type FoundRun, type FoundRuns } from "../../runs/index/query.ts";
import { rememberStore, storesBelow } from "../../runs/index/node/stores.ts";
import { WhereError } from "../../runs/index/where.ts";
import { encode } from "../../runs/store/json.ts";
import { shortKey } from "../../runs/store/key.ts";
import { formatDuration, formatValue } from "../../statistics/numbers.ts";
import { parse, UsageError } from "../arguments.ts";
import { compare } from "./compare.ts";
import { say } from "../output.ts";
import { RefusedError } from "../refused.ts";
import { textTable, type Side } from "../text-table.ts";

/**
 * `switchyard runs [FOLDER …] [--where EXPR] [--json] [--rebuild]`: the runs of all stores this user has had to do with, or
 * of the stores in these folders, which are known from then on. `switchyard runs --compare KEY KEY … [--json]`: some of them
 * side by side.
 */
export async function runs(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, {
    where: { type: "string" },
    json: { type: "boolean" },
    rebuild: { type: "boolean" },
    compare: { type: "boolean" },
  });
  const { where = null, json = false, rebuild = false } = values;
  if (values.compare) {
    if (where !== null || rebuild) throw new UsageError("--compare takes runs, and --json");
    return compare(positionals, json);
  }
  const named = await storesIn(positionals);
  for (const store of named) await rememberStore(store);
  try {
    const found = await new RunIndex().search({ ...everyRun, where }, { rebuild, ...(positionals.length > 0 && { stores: named }) });
    say(json ? found.runs.map((run) => `${encode(run)}\n`).join("") : text(found));
    return 0;
  } catch (error) {
    if (error instanceof WhereError) throw new RefusedError(`switchyard: --where ${where}: ${error.message}`);
    throw error;
  }
}

async function storesIn(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (
      !(await stat(folder).then(
        (at) => at.isDirectory(),
        () => false,
      ))
    )
      throw new RefusedError(`switchyard: ${folder}: there is no such folder`);
    const stores = await storesBelow(folder);
    if (stores.length === 0) throw new RefusedError(`switchyard: ${folder} holds no runs`);
    found.push(...stores);
  }
  return [...new Set(found)];
}

const columns: [string, (run: FoundRun) => string, Side][] = [
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

function text({ runs: found, stores }: FoundRuns): string {
  if (stores === 0)
    return "No store of runs is known yet: switchyard run makes one, and switchyard runs FOLDER finds those that are there.\n";
  const rows = [columns.map(([name]) => name), ...found.map((run) => columns.map(([, value]) => value(run)))];
  const count = new Set(found.map((run) => `${run.store}/${run.key}`)).size;
  return `${
    found.length > 0
      ? textTable(
          rows,
          columns.map(([, , side]) => side),
        )
      : ""
  }${count} run${count === 1 ? "" : "s"} in ${stores} store${stores === 1 ? "" : "s"}\n`;
}
