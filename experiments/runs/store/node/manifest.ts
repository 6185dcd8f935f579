/** Node-only: manifest.json of a store, what a person would otherwise have to puzzle together from folder names. */
import { join } from "node:path";
import * as v from "valibot";
import { writeError } from "./disk-errors.ts";
import { makeFolder, setAside, writeAtomic, type FileSystem } from "./filesystem.ts";
import { forbiddenName, forbiddenNames, namesTo } from "../../../own-keys.ts";
import { encode } from "../json.ts";
import { shortKey } from "../key.ts";
import { targetProblem } from "../../spec/merge.ts";
import type { NamedExperiment } from "../named-experiment.ts";
import { readJson } from "./read-checked.ts";
import { storeFiles } from "./store-files.ts";

const overrides = v.array(v.object({ target: v.string(), value: v.unknown() }));

const manifestRun = v.object({ folder: v.string(), arm: v.string(), seed: v.number(), status: v.string() });

export const manifestSchema = v.object({
  schema: v.literal("switchyard.store/1"),
  notebook: v.string(),
  /** how the notebook was last run: what `report` shows unless it is told otherwise */
  arguments: v.object({ budget: v.nullable(v.string()), only: v.nullable(v.string()), sets: overrides, armSets: overrides }),
  experiments: namesTo(
    v.object({
      title: v.string(),
      /** in a store that several notebooks share: whose experiment it is, and its id there */
      of: v.optional(v.object({ notebook: v.string(), experiment: v.string() })),
      /** those of the last time, and those of earlier times that it has not named again */
      runs: v.array(manifestRun),
    }),
  ),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;
type Described = Manifest["experiments"][string];

/**
 * Null where there is none, or none that can be used: it can be made again from the notebook and the folders.
 * @param onDamage hears of one that does not fit
 */
export async function readManifest(
  folder: string,
  fs: FileSystem = storeFiles(folder),
  onDamage: (text: string) => void = () => {},
): Promise<Manifest | null> {
  const path = join(folder, "manifest.json");
  const reading = await readJson(fs, path, manifestSchema);
  const why = reading.state === "damaged" ? reading.why : reading.state === "read" ? unusable(reading.value) : null;
  if (why !== null) onDamage(`${path} is not used: ${why}.`);
  return reading.state === "read" && why === null ? reading.value : null;
}

/** Overrides that nobody can have typed, since the command line refuses them. */
function unusable({ arguments: { sets, armSets } }: Manifest): string | null {
  for (const [name, list] of [
    ["sets", sets],
    ["armSets", armSets],
  ] as const) {
    for (const [i, { target, value }] of list.entries()) {
      const at = `arguments.${name}.${i}`;
      const problem = targetProblem(target);
      if (problem !== null) return `${at}.target: ${problem}`;
      const [bad] = forbiddenNames(value);
      if (bad) return `${at}.value.${bad.join(".")}: ${forbiddenName(String(bad.at(-1)))}`;
    }
  }
  return null;
}

export interface ManifestUpdate {
  notebook: string;
  arguments: Manifest["arguments"];
  experiments: readonly NamedExperiment[];
  /** the store holds runs of other notebooks too, whose experiments may have the same ids */
  shared?: boolean;
}

/**
 * Says of these experiments which folder is which run. What the manifest said before of other experiments, and of earlier
 * runs of these, stays as long as the folders are there.
 * @throws {StoreWriteError}
 */
export async function writeManifest(folder: string, update: ManifestUpdate, fs: FileSystem = storeFiles(folder)): Promise<void> {
  try {
    await makeFolder(fs, folder);
    const there = new Set((await fs.readdir(join(folder, "runs")).catch((): string[] => [])).map((name) => `runs/${name}`));
    let damaged = false;
    const before = await readManifest(folder, fs, () => (damaged = true));
    if (damaged) await setAside(fs, join(folder, "manifest.json"));
    const merged = mergeManifest(before, update, (run) => there.has(run));
    await writeAtomic(fs, join(folder, "manifest.json"), encode(merged, 1));
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** @param exists whether a run's folder is there */
function mergeManifest(
  before: Manifest | null,
  { notebook, arguments: args, experiments, shared = false }: ManifestUpdate,
  exists: (folder: string) => boolean,
): Manifest {
  const merged = new Map<string, Described>();
  for (const [name, entry] of Object.entries(before?.experiments ?? {}))
    merged.set(name, { ...entry, runs: entry.runs.filter((run) => exists(run.folder)) });
  for (const { id, title, runs } of experiments) {
    const name = shared ? `${notebook}#${id}` : id;
    const own = runs.map(({ key, arm, seed, status }) => ({ folder: `runs/${shortKey(key)}`, arm, seed, status }));
    const named = new Set(own.map((run) => run.folder));
    const earlier = (merged.get(name)?.runs ?? []).filter((run) => !named.has(run.folder));
    merged.set(name, { title, ...(shared && { of: { notebook, experiment: id } }), runs: [...own, ...earlier] });
  }
  const kept = [...merged].filter(([, { runs }]) => runs.length > 0);
  return { schema: "switchyard.store/1", notebook: shared ? "scratch" : notebook, arguments: args, experiments: Object.fromEntries(kept) };
}
