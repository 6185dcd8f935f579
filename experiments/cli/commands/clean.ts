import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTemporary, type FileSystem } from "../../runs/store/node/filesystem.ts";
import { storeFiles } from "../../runs/store/node/store-files.ts";
import { RefusedError } from "../refused.ts";
import { count } from "../plan-text.ts";
import { duration, parse } from "../arguments.ts";
import { remark, say } from "../output.ts";

/**
 * `switchyard clean [DIR …] [--older 30d]`: removes unfinished runs, set-aside damaged files and forgotten temporary
 * files that nobody touched for so long. Finished results are evidence and stay, as does what is no run's folder: many programs call one `runs`.
 */
export async function clean(argv: string[]): Promise<number> {
  const { values, positionals } = parse(argv, { older: { type: "string" } });
  const before = Date.now() - duration(values.older ?? "30d");
  const named = positionals.length > 0;
  const stores = named ? positionals : (await readdir(".")).filter((name) => name.endsWith(".results"));
  const removed = { files: 0, bytes: 0 };
  let refused = false;
  for (const store of stores) {
    await cleanStore(store, storeFiles(store, { named }), before, removed, (text) => {
      refused = true;
      remark(`switchyard: ${text}\n`);
    });
  }
  const { files, bytes } = removed;
  say(`removed ${files} file${files === 1 ? "" : "s"}, ${count(bytes)}B, from ${stores.length} store${stores.length === 1 ? "" : "s"}\n`);
  return refused ? 1 : 0;
}

async function cleanStore(
  store: string,
  fs: FileSystem,
  before: number,
  removed: { files: number; bytes: number },
  leave: (text: string) => void,
): Promise<void> {
  const runs = await fs.readdir(join(store, "runs")).catch((error: unknown) => {
    throw new RefusedError(
      `switchyard: ${store} holds no runs${(error as Error).name === "OutsideStoreError" ? `: ${(error as Error).message}` : ""}`,
    );
  });
  for (const run of runs.filter((name) => /^[0-9a-f]{16}$/.test(name))) {
    const folder = join(store, "runs", run);
    try {
      for (const { path, size } of await leftovers(fs, folder, before)) {
        await fs.rm(path, { recursive: true, force: true });
        removed.bytes += size;
        removed.files++;
      }
      if ((await fs.readdir(folder)).length === 0) await fs.rmdir(folder);
    } catch (error) {
      leave(`${folder} is left as it is: ${(error as Error).message}`);
    }
  }
}

async function leftovers(fs: FileSystem, run: string, before: number): Promise<{ path: string; size: number }[]> {
  const names = await fs.readdir(run);
  const finished = names.includes("result.json");
  const old: { path: string; size: number }[] = [];
  for (const name of names) {
    const path = join(run, name);
    const { mtimeMs, size } = await fs.lstat(path);
    if ((!finished || isForgotten(name)) && mtimeMs < before) old.push({ path, size });
  }
  // a run that somebody works on has a file younger than that; an unfinished run goes as a whole or not at all
  return finished || old.length === names.length ? old : old.filter(({ path }) => isForgotten(path));
}

const isForgotten = (name: string): boolean => /\.damaged-\d+$/.test(name) || isTemporary(name) || /(^|[\\/])lock-.+\.tmp$/.test(name);
