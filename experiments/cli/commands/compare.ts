/** `switchyard runs --compare`: runs side by side. */
import { lstat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { compareRuns, fewestCompared, mostCompared, type ComparableRun, type RunComparison } from "../../runs/index/comparison.ts";
import { RunIndex } from "../../runs/index/node/index.ts";
import { everyRun, type FoundRun } from "../../runs/index/query.ts";
import { rememberStore } from "../../runs/index/node/stores.ts";
import { encode } from "../../runs/store/json.ts";
import { shortKey } from "../../runs/store/key.ts";
import { written } from "../../runs/spec/written.ts";
import { formatDuration, formatValue } from "../../statistics/numbers.ts";
import { UsageError } from "../arguments.ts";
import { say } from "../output.ts";
import { RefusedError } from "../refused.ts";
import { textTable } from "../text-table.ts";

/** @param names runs' folders (`x.results/runs/<key16>`), or beginnings of keys of runs that the index knows */
export async function compare(names: readonly string[], json: boolean): Promise<number> {
  if (names.length < fewestCompared || names.length > mostCompared)
    throw new UsageError(`--compare needs ${fewestCompared} to ${mostCompared} runs, not ${names.length}`);
  const index = new RunIndex();
  for (const name of names) if (await isRunFolder(name)) await rememberStore(storeOf(name));
  const { runs: known } = await index.search(everyRun);
  const runs: ComparableRun[] = [];
  for (const name of names) {
    const { store, key } = await named(name, known);
    if (runs.some(({ found }) => found.key === key && found.store === store))
      throw new RefusedError(`switchyard: ${name} is there twice: a run is not compared with itself`);
    runs.push(await index.read({ store, key }));
  }
  const comparison = compareRuns(runs);
  say(json ? `${encode(comparison)}\n` : text(comparison));
  return 0;
}

const isRunFolder = (name: string): Promise<boolean> =>
  lstat(join(name, "config.json")).then(
    (found) => found.isFile(),
    () => false,
  );
const storeOf = (folder: string): string => dirname(dirname(resolve(folder)));

async function named(name: string, known: readonly FoundRun[]): Promise<FoundRun> {
  const folder = await isRunFolder(name);
  const prefix = folder ? basename(resolve(name)) : name;
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw new RefusedError(`switchyard: ${name} is neither a run's folder nor the beginning of a key (4 or more of 0-9a-f)`);
  const found = known.filter(({ key, store }) => key.startsWith(prefix) && (!folder || store === storeOf(name)));
  const keys = [...new Set(found.map(({ key }) => key))];
  if (keys.length > 1)
    throw new RefusedError(`switchyard: ${name} is the beginning of ${keys.length} keys: ${keys.map(shortKey).join(", ")}`);
  if (found.length === 0)
    throw new RefusedError(`switchyard: no run ${name} in any store that is known; switchyard runs FOLDER makes those of a folder known`);
  return found[0];
}

function text({ runs, config, metrics, warnings }: RunComparison): string {
  const facts: [string, (run: RunComparison["runs"][number]) => string][] = [
    ["notebook", (run) => run.notebook],
    ["experiment", (run) => run.title ?? run.experiment ?? "–"],
    ["status", (run) => run.status],
    ["device", (run) => (run.adapter === null ? run.backend : `${run.backend}, ${run.adapter}`)],
    ["time", (run) => (run.seconds === null ? "" : formatDuration(run.seconds))],
    ["ended", (run) => run.when?.slice(0, 16).replace("T", " ") ?? ""],
    ["key", (run) => shortKey(run.key)],
  ];
  const blank = ["", ...runs.map(() => "")];
  const rows = [
    ["", ...runs.map(({ name }) => name)],
    ...facts.map(([name, value]) => [name, ...runs.map(value)]),
    blank,
    ...(config.length === 0
      ? [["settings", ...runs.map(() => "the same")]]
      : config.map(({ path, values }) => [path, ...values.map(written)])),
    blank,
    ...metrics.map(({ title, unit, values }) => [
      unit === "" ? title : `${title} (${unit})`,
      ...values.map((value) => (value === null ? "" : formatValue(value))),
    ]),
  ];
  return `${textTable(
    rows,
    rows[0].map(() => "left"),
  )}${warnings.map((warning) => `\nWarning: ${warning}`).join("")}${warnings.length > 0 ? "\n" : ""}`;
}
