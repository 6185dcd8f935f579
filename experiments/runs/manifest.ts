/** Node-only: manifest.json of a store, what a person would otherwise have to puzzle together from folder names. */
import { join } from "node:path";
import * as v from "valibot";
import type { ExperimentResult } from "../results.ts";
import { nodeFileSystem, writeAtomic, writeError, type FileSystem } from "./filesystem.ts";
import { encode } from "./json.ts";
import { shortKey } from "./key.ts";

const overrides = v.array(v.object({ target: v.string(), value: v.unknown() }));

export const manifestSchema = v.object({
  schema: v.literal("switchyard.store/1"),
  notebook: v.string(),
  /** how the notebook was last run: what `report` shows unless it is told otherwise */
  arguments: v.object({ budget: v.nullable(v.string()), only: v.nullable(v.string()), sets: overrides, armSets: overrides }),
  experiments: v.record(v.string(), v.object({ title: v.string(), runs: v.array(v.object({ folder: v.string(), arm: v.string(), seed: v.number(), status: v.string() })) })),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;

export async function readManifest(folder: string, fs: FileSystem = nodeFileSystem): Promise<Manifest | null> {
  try {
    return v.parse(manifestSchema, JSON.parse(await fs.readFile(join(folder, "manifest.json"), "utf8")));
  } catch {
    return null; // it can be made again from the notebook and the folders
  }
}

/** @throws {StoreWriteError} */
export async function writeManifest(folder: string, manifest: Omit<Manifest, "schema" | "experiments">, experiments: readonly ExperimentResult[], fs: FileSystem = nodeFileSystem): Promise<void> {
  const described = experiments.map(({ id, title, arms }) => {
    const runs = arms.flatMap((arm) => arm.runs.map(({ key, seed, status }) => ({ folder: `runs/${shortKey(key)}`, arm: arm.name, seed: seed.init, status })));
    return [id, { title, runs }] as const;
  });
  try {
    await fs.mkdir(folder, { recursive: true });
    await writeAtomic(fs, join(folder, "manifest.json"), encode({ schema: "switchyard.store/1", ...manifest, experiments: Object.fromEntries(described) }, 1));
  } catch (error) {
    throw writeError(error, folder);
  }
}
