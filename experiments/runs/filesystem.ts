/** Node-only: the few file operations a store needs, exchangeable so that tests can fill a disk. */
import * as promises from "node:fs/promises";
import { dirname } from "node:path";
import { StoreWriteError } from "./store.ts";

export type FileSystem = Pick<typeof promises, "open" | "readFile" | "readdir" | "mkdir" | "rename" | "rm" | "truncate" | "stat">;

export const nodeFileSystem: FileSystem = promises;

export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException)?.code ?? "");

/** Makes a folder and those above it, as far as they are not there. Node's own way says "no such file" where the disk is read-only; this says why. */
export async function makeFolder(fs: Pick<FileSystem, "mkdir">, path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error;
    await makeFolder(fs, dirname(path));
    await fs.mkdir(path);
  }
}

let temporaries = 0;

/** Writes a file so that a reader sees the old bytes or the new ones, never a part: temporary file, fsync, rename, fsync of the folder. */
export async function writeAtomic(fs: FileSystem, path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}-${++temporaries}.tmp`;
  try {
    const file = await fs.open(temporary, "w");
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(fs, dirname(path));
}

/** Makes a rename last through a power cut; Windows cannot open folders and does not need it. */
async function syncFolder(fs: FileSystem, path: string): Promise<void> {
  const folder = await fs.open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Moves a damaged file to `<name>.damaged-<n>` (n the first free) and returns that path, or null where nothing can be moved. */
export async function setAside(fs: FileSystem, path: string): Promise<string | null> {
  for (let n = 1; ; n++) {
    const aside = `${path}.damaged-${n}`;
    const taken = await fs.stat(aside).then(() => true, () => false);
    if (taken) continue;
    return fs.rename(path, aside).then(() => aside, () => null);
  }
}

/** Errors of a disk that will not take what we write, in words. */
export function writeError(error: unknown, where: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up", EROFS: "the disk is read-only",
    EACCES: "there is no permission to write", EPERM: "there is no permission to write",
  };
  if (code === undefined || !(code in words)) return error;
  return new StoreWriteError(`Results cannot be saved in ${where}: ${words[code]}.`, { cause: error });
}
