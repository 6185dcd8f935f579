import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RefusedError } from "./refused.ts";
import { count } from "./plan-text.ts";
import { duration, parse } from "./arguments.ts";
import { say } from "./output.ts";

/**
 * `switchyard clean [DIR …] [--older 30d]`: removes unfinished runs, set-aside damaged files and forgotten temporary
 * files that nobody touched for so long. Finished results are evidence and stay.
 */
export async function clean(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { older: { type: "string" } });
  const before = Date.now() - duration(values.older ?? "30d");
  const stores = positionals.length > 0 ? positionals : (await readdir(".")).filter((name) => name.endsWith(".results"));
  let files = 0;
  let bytes = 0;
  for (const store of stores) {
    const runs = await readdir(join(store, "runs")).catch(() => {
      throw new RefusedError(`switchyard: ${store} holds no runs`);
    });
    for (const run of runs) {
      for (const path of await leftovers(join(store, "runs", run), before)) {
        bytes += (await stat(path)).size;
        files++;
        await rm(path, { recursive: true, force: true });
      }
      if ((await readdir(join(store, "runs", run))).length === 0) await rm(join(store, "runs", run), { recursive: true });
    }
  }
  say(`removed ${files} file${files === 1 ? "" : "s"}, ${count(bytes)}B, from ${stores.length} store${stores.length === 1 ? "" : "s"}\n`);
  return 0;
}

async function leftovers(run: string, before: number): Promise<string[]> {
  const names = await readdir(run);
  const finished = names.includes("result.json");
  const old: string[] = [];
  for (const name of names) {
    const unwanted = !finished || /\.damaged-\d+$|\.tmp$/.test(name);
    if (unwanted && (await stat(join(run, name))).mtimeMs < before) old.push(join(run, name));
  }
  // a run that somebody works on has a file younger than that; an unfinished run goes as a whole or not at all
  return finished || old.length === names.length ? old : old.filter((path) => /\.damaged-\d+$|\.tmp$/.test(path));
}
