/** Node-only: a run's folder belongs to one process at a time. */
import { rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { errorCode, isMissing } from "./disk-errors.ts";
import { isTemporary, nodeFileSystem, type FileSystem } from "./filesystem.ts";
import { hasEnded, thisProcess } from "./process-identity.ts";
import { RunLockedError } from "../store.ts";

/**
 * A lock whose owner may live (on another machine, or on a system that does not tell) may be taken over when it has not been renewed for this many
 * milliseconds; a living owner renews it four times as often. The lock of a process that has surely ended is free at once.
 */
const lease = 10_000;
/** Of the time between two looks at most so much counts: whoever looks may have slept as long as the owner. */
const longestLook = 4000;

/** A run's lock while this process has it. */
export interface Lease {
  /**
   * Whether it still does. What is done after a yes may come too late (a process may be stopped between any two steps), so whatever is put in place
   * of a file is written in full before it is asked for, under a temporary name that the next owner removes first: see `writeAtomic`.
   */
  held(): Promise<boolean>;
  /** gives it back, if it is still here */
  release(): Promise<void>;
}

let locks = 0;

/** What gives the locks of this process back at once. */
const held = new Set<() => void>();
process.on("exit", () => held.forEach((release) => release()));

/**
 * Takes `<folder>/lock`, a folder that holds one file named after its owner. It comes into being by a rename, name and all, so there is never a lock
 * without an owner; and whoever takes over removes the file of exactly that owner it has found ended or silent, so that two who do so at once cannot
 * remove each other's. That file is the owner's token: without it nothing more is written.
 *
 * Whether an owner is silent is no matter of clocks: the process that waits watches the lock and counts, by a clock that nobody sets, how long nothing
 * about it changes. It takes several tries to take a lock over.
 * @param onLost another process took the lock over: this one slept for long
 * @throws {RunLockedError} while another process has it
 */
export async function lockRun(folder: string, onLost: () => void, fs: FileSystem = nodeFileSystem): Promise<Lease> {
  const owner = `${await thisProcess()}-${++locks}`;
  const lock = join(folder, "lock");
  const token = join(lock, owner);
  await take(fs, folder, lock, owner);
  watched.delete(lock);

  let over = false;
  const end = () => {
    over = true;
    clearInterval(renewal);
    held.delete(releaseNow);
  };
  const renewal = setInterval(() => void renew(), lease / 4).unref();
  const renew = async () => {
    try {
      const now = new Date();
      await fs.utimes(token, now, now);
      // by its age versions before 0.2 tell whether the owner lives
      await fs.utimes(lock, now, now);
    } catch (error) {
      // any other error may pass, and those who wait count for themselves
      if (!isMissing(error) || over) return;
      end();
      onLost();
    }
  };
  /** when the process ends in order */
  const releaseNow = () => {
    try {
      unlinkSync(token);
      rmdirSync(lock);
    } catch {
      // somebody else's by now
    }
  };
  held.add(releaseNow);

  return {
    held: async () =>
      !over &&
      fs.lstat(token).then(
        () => true,
        (error: unknown) => {
          if (isMissing(error)) return false;
          throw error;
        },
      ),
    release: async () => {
      if (over) return;
      end();
      await fs.unlink(token);
      // without its owner the lock was free, and another may have been quick
      await fs.rmdir(lock).catch(ignore);
    },
  };
}

async function take(fs: FileSystem, folder: string, lock: string, owner: string): Promise<void> {
  const fresh = `${lock}-${owner}.tmp`;
  await fs.mkdir(fresh);
  try {
    await (await fs.open(join(fresh, owner), "wx")).close();
    for (const name of await freeOwners(fs, lock)) await fs.rm(join(lock, name), { recursive: true, force: true }).catch(ignore);
    // an empty one is nobody's; Windows does not rename onto it
    await fs.rmdir(lock).catch(ignore);
    await fs.rename(fresh, lock);
  } catch (error) {
    await fs.rm(fresh, { recursive: true, force: true }).catch(ignore);
    throw isTaken(error) || (await exists(fs, lock)) ? new RunLockedError(`another process is training ${folder}`) : error;
  }
}

/** Those in the lock that have ended, or that have been silent for as long as it takes. */
async function freeOwners(fs: FileSystem, lock: string): Promise<string[]> {
  const names = await fs.readdir(lock).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  const silent = names.length > 0 && silentFor(lock, await stampOf(fs, lock, names)) >= lease;
  const free: string[] = [];
  for (const name of names) if (silent || (await hasEnded(name))) free.push(name);
  return free;
}

/** Changes with every renewal, by this version or another. */
async function stampOf(fs: FileSystem, lock: string, names: readonly string[]): Promise<string> {
  const times = await Promise.all(
    [lock, ...names.map((name) => join(lock, name))].map((path) =>
      fs.lstat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      ),
    ),
  );
  return JSON.stringify([names, times]);
}

/** Locks of others that this process has seen, and for how long nothing about them has changed. */
const watched = new Map<string, { stamp: string; silent: number; seen: number }>();

function silentFor(lock: string, stamp: string): number {
  const now = performance.now();
  const before = watched.get(lock);
  const silent = before?.stamp === stamp ? before.silent + Math.min(now - before.seen, longestLook) : 0;
  watched.set(lock, { stamp, silent, seen: now });
  return silent;
}

const isTaken = (error: unknown): boolean => ["EEXIST", "ENOTEMPTY"].includes(errorCode(error) ?? "");
const exists = (fs: FileSystem, path: string): Promise<boolean> =>
  fs.readdir(path).then(
    () => true,
    () => false,
  );
const ignore = (): void => {};

/**
 * Removes what another process left half written, or is about to put in place without knowing that the run is no longer its own.
 * For whoever has the lock.
 */
export async function removeLeftovers(folder: string, fs: FileSystem = nodeFileSystem, lease?: Lease): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const contender = /^lock-(.+)\.tmp$/.exec(name)?.[1];
    if ((contender ? await hasEnded(contender) : isTemporary(name)) && (await lease?.held()) !== false)
      await fs.rm(join(folder, name), { recursive: true, force: true });
  }
}
