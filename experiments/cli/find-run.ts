import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { NodeStore } from "../runs/store/node/store.ts";
import type { RunRecord } from "../runs/store/store.ts";
import { RefusedError } from "./refused.ts";

/** A run that a person names by its folder (`x.results/runs/<key16>`) or by the beginning of its key. */
export async function findRun(name: string, stores: readonly string[]): Promise<{ store: NodeStore; record: RunRecord }> {
  const isFolder = await lstat(join(name, "config.json")).then(
    (found) => found.isFile(),
    () => false,
  );
  const folders = isFolder ? [dirname(dirname(resolve(name)))] : stores;
  const prefix = isFolder ? basename(resolve(name)) : name;
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw new RefusedError(`switchyard: ${name} is neither a run's folder nor the beginning of a key (4 or more of 0-9a-f)`);
  const found = new Map<string, { store: NodeStore; record: RunRecord }>();
  for (const folder of folders) {
    const store = new NodeStore(folder);
    for (const record of await store.list())
      if (record.key.startsWith(prefix) && !found.has(record.key)) found.set(record.key, { store, record });
  }
  if (found.size > 1)
    throw new RefusedError(
      `switchyard: ${name} is the beginning of ${found.size} keys: ${[...found.keys()].map((key) => key.slice(0, 16)).join(", ")}`,
    );
  const [run] = found.values();
  if (!run)
    throw new RefusedError(`switchyard: no run ${name} in ${folders.length > 0 ? folders.join(", ") : "any *.results folder here"}`);
  return run;
}

/** The stores beside the notebooks of this folder. */
export const storesHere = async (): Promise<string[]> => (await readdir(".")).filter((name) => name.endsWith(".results")).sort();
