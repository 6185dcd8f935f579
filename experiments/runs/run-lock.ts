/** Node-only: a run's folder belongs to one process at a time. */
import { rmdirSync, unlinkSync } from "node:fs";
import * as promises from "node:fs/promises";
import { join } from "node:path";
import { callbackify } from "node:util";
import { lock } from "proper-lockfile";
import { isMissing } from "./filesystem.ts";
import { hasEnded, thisProcess } from "./process-identity.ts";
import { RunLockedError } from "./store.ts";

/**
 * A lock whose owner may live (on another machine, or on a system that does not tell) may be taken over when it has not been renewed for this many
 * milliseconds; a living owner renews it twice as often. The lock of a process that has surely ended is free at once.
 */
const staleLock = 10_000;

let locks = 0;

/**
 * Takes `<folder>/lock`, a folder that holds one file named after its owner. It comes into being by a rename, name and all, so there is never a lock
 * without an owner; and whoever takes over removes the file of exactly that owner it has found ended, so that two who do so at once cannot remove each
 * other's. Renewing and stale locks are proper-lockfile's.
 * @param onLost another process took the lock over: this one slept for long
 * @returns gives the lock back
 * @throws {RunLockedError} while another process has it
 */
export async function lockRun(folder: string, onLost: () => void): Promise<() => Promise<void>> {
  const owner = `${await thisProcess()}-${++locks}`;
  try {
    return await lock(folder, { lockfilePath: join(folder, "lock"), realpath: false, stale: staleLock, onCompromised: onLost, fs: ownedFolders(owner) });
  } catch (error) {
    if (taken.includes((error as NodeJS.ErrnoException).code ?? "")) throw new RunLockedError(`another process is training ${folder}`);
    throw error;
  }
}

const taken = ["ELOCKED", "EEXIST", "ENOTEMPTY"];

/** Lets what a killed process left half written be removed by whoever has the lock. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await promises.readdir(folder)) {
    const contender = /^lock-(.+)\.tmp$/.exec(name)?.[1];
    if (name.endsWith(".tmp") && (!contender || (await hasEnded(contender)))) await promises.rm(join(folder, name), { recursive: true, force: true });
  }
}

/** proper-lockfile's file operations on a lock folder that has its owner's name in it. */
function ownedFolders(owner: string) {
  /** what was in the lock when it was last looked at: that, and nothing newer, may be removed */
  let seen: string[] = [];

  async function mkdir(path: string): Promise<void> {
    const fresh = `${path}-${owner}.tmp`;
    await promises.mkdir(fresh);
    try {
      await promises.writeFile(join(fresh, owner), "");
      for (const name of await promises.readdir(path).catch(() => [])) if (await hasEnded(name)) await promises.unlink(join(path, name)).catch(() => {});
      // an empty one is nobody's; Windows does not rename onto it
      await promises.rmdir(path).catch(() => {});
      await promises.rename(fresh, path);
    } catch (error) {
      await promises.rm(fresh, { recursive: true, force: true });
      const exists = await promises.stat(path).then(() => true, () => false);
      throw exists ? Object.assign(new Error(`${path} is there`), { code: "EEXIST" }) : error;
    }
  }

  async function stat(path: string) {
    seen = await promises.readdir(path);
    return promises.stat(path);
  }

  async function rmdir(path: string): Promise<void> {
    for (const name of seen) {
      await promises.unlink(join(path, name)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
    await promises.rmdir(path).catch((error: NodeJS.ErrnoException) => {
      // without its owner the lock was free, and another may have been quick
      if (!isMissing(error) && !taken.includes(error.code ?? "")) throw error;
    });
  }

  /** when the process ends in order */
  function rmdirNow(path: string): void {
    for (const name of seen) unlinkSync(join(path, name));
    rmdirSync(path);
  }

  return { mkdir: callbackify(mkdir), stat: callbackify(stat), rmdir: callbackify(rmdir), utimes: callbackify(promises.utimes), rmdirSync: rmdirNow };
}
