/** Node-only: the few file operations a store needs, exchangeable so that tests can fill a disk. */
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import * as promises from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, isMissing, persistently } from "./disk-errors.ts";

export interface FileSystem {
  open(path: string, flags: string | number): Promise<promises.FileHandle>;
  readFile(path: string): Promise<Uint8Array>;
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, options?: { recursive?: boolean }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  utimes(path: string, accessed: Date, modified: Date): Promise<void>;
  /** of the thing itself: a link is a link */
  lstat(path: string): Promise<Stats>;
  realpath(path: string): Promise<string>;
}

export const nodeFileSystem: FileSystem = promises;

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

const temporary = /\.\d+-[0-9a-f]+\.tmp$/;

/** A name beside a file that no other writer has. */
const temporaryName = (path: string): string => `${path}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`;

/** Whether a file has the name of one that was being written or removed. */
export const isTemporary = (name: string): boolean => temporary.test(name);

/**
 * Writes a file so that a reader sees the old bytes or the new ones, never a part: temporary file, fsync, rename, fsync of the folder.
 * @param may asked when everything is written and before it takes effect; what it throws leaves the old file
 */
export async function writeAtomic(
  fs: FileSystem,
  path: string,
  data: string | Uint8Array,
  may: () => Promise<void> = async () => {},
): Promise<void> {
  await persistently(async () => {
    const fresh = temporaryName(path);
    try {
      const written = await writeSynced(fs, fresh, data);
      await may();
      await fs.rename(fresh, path).catch(async (error: unknown) => {
        // a network disk may say that of a rename it was asked for twice and has done
        const there = isMissing(error) ? await fs.lstat(path).catch(() => null) : null;
        if (there === null || there.ino !== written.ino || there.dev !== written.dev) throw error;
      });
    } catch (error) {
      await fs.rm(fresh, { force: true }).catch(() => {});
      throw error;
    }
  });
  await syncFolder(fs, dirname(path));
}

/**
 * Removes a file, if it is there.
 * @param may asked before and when the file is only out of the way: what it throws then brings it back, for it may be another's by now
 */
export async function removeAtomic(fs: FileSystem, path: string, may: () => Promise<void>): Promise<void> {
  await may();
  const aside = temporaryName(path);
  try {
    await persistently(() => fs.rename(path, aside));
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    await may();
  } catch (error) {
    if (await fs.lstat(path).then(() => false, isMissing)) await fs.rename(aside, path);
    throw error;
  }
  await fs.rm(aside, { recursive: true, force: true });
}

async function writeSynced(fs: FileSystem, path: string, data: string | Uint8Array): Promise<Stats> {
  const file = await fs.open(path, "wx");
  try {
    await file.writeFile(data);
    await syncFile(file);
    return await file.stat();
  } finally {
    await file.close();
  }
}

/** Where a disk cannot be told to keep what it has (some network disks, some of containers), it is left to it; one that tries and fails has lost bytes. */
export async function syncFile(file: Pick<promises.FileHandle, "sync">): Promise<void> {
  await persistently(() => file.sync()).catch((error: unknown) => {
    if (!["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(errorCode(error) ?? "")) throw error;
  });
}

/** Makes a rename last through a power cut; Windows cannot open folders and does not need it. */
async function syncFolder(fs: FileSystem, path: string): Promise<void> {
  const folder = await fs.open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Moves a damaged file to `<name>.damaged-<n>` (n the first free) and returns that path, or null where nothing can be moved. */
export async function setAside(fs: FileSystem, path: string): Promise<string | null> {
  for (let n = 1; n < 10_000; n++) {
    const aside = `${path}.damaged-${n}`;
    const there = await fs.lstat(aside).then(
      () => "taken",
      (error: unknown) => (isMissing(error) ? "free" : "unknown"),
    );
    if (there === "taken") continue;
    return there === "unknown"
      ? null
      : fs.rename(path, aside).then(
          () => aside,
          () => null,
        );
  }
  return null;
}
