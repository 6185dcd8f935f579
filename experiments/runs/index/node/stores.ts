/**
 * Node-only: which stores of runs there are on this machine. One small file per store in the user's data folder, so that
 * the app and several command lines may each add theirs at the same time. Losing a file loses no run.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { errorCode, isMissing } from "../../store/node/disk-errors.ts";
import { nodeFileSystem, writeAtomic } from "../../store/node/filesystem.ts";

const knownStore = v.object({ schema: v.literal("switchyard.known-store/1"), folder: v.string() });

/** Where Switchyard keeps what belongs to this user and to no notebook. */
export function dataFolder({ platform, env } = process): string {
  if (platform === "win32") return join(env.APPDATA ?? join(homedir(), "AppData", "Roaming"), "Switchyard");
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "Switchyard");
  return join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "switchyard");
}

/** Makes a store known. A data folder that cannot be written only means that the store must be named to be searched. */
export async function rememberStore(folder: string, data = dataFolder()): Promise<void> {
  const path = resolve(folder);
  try {
    await mkdir(join(data, "stores"), { recursive: true });
    await writeAtomic(nodeFileSystem, fileOf(path, data), `${JSON.stringify({ schema: "switchyard.known-store/1", folder: path })}\n`);
  } catch (error) {
    if (errorCode(error) === null) throw error;
  }
}

/** Folders of the stores that are known and still there, in alphabetical order. Those that are gone are forgotten when `tidy` is set. */
export async function knownStores(data = dataFolder(), { tidy = false } = {}): Promise<string[]> {
  const names = await readdir(join(data, "stores")).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  const folders: string[] = [];
  for (const name of names.filter((file) => file.endsWith(".json"))) {
    const folder = await folderIn(join(data, "stores", name));
    if (folder !== null && (await isStore(folder))) folders.push(folder);
    else if (tidy) await rm(join(data, "stores", name), { force: true });
  }
  return folders.sort();
}

/** A folder that has runs, as `<notebook>.results` and what `--out` names do. */
async function isStore(folder: string): Promise<boolean> {
  return lstat(join(folder, "runs")).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** `folder` itself where it is a store, or every `*.results` store and every store with a manifest below it. */
export async function storesBelow(folder: string): Promise<string[]> {
  if (await isStore(folder)) return [resolve(folder)];
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules");
  const found: string[] = [];
  for (const { name } of below) {
    const path = join(folder, name);
    const marked =
      name.endsWith(".results") ||
      (await lstat(join(path, "manifest.json")).then(
        (found) => found.isFile(),
        () => false,
      ));
    if (!(await isStore(path)))
      found.push(...(await storesBelow(path).catch(() => []))); // a folder that cannot be read holds no store for us
    else if (marked) found.push(resolve(path));
  }
  return found.sort();
}

async function folderIn(file: string): Promise<string | null> {
  try {
    return v.parse(knownStore, JSON.parse(await readFile(file, "utf8"))).folder;
  } catch {
    return null;
  }
}

const fileOf = (path: string, data: string): string =>
  join(data, "stores", `${createHash("sha256").update(path).digest("hex").slice(0, 16)}.json`);
