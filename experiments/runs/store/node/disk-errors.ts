/**
 * Node-only: what is done about each error of a disk. An error may pass (tried again), or the disk takes no more (the run goes on in memory).
 * No error of a disk is an error of the run.
 */
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreWriteError } from "../store.ts";

interface Remedy {
  /** completes "Results cannot be saved in …: " */
  words: string;
  /** worth trying again in a moment */
  passes?: true;
}

const noPermission: Remedy = { words: "there is no permission to write" };
const gone: Remedy = { words: "the folder is no longer there" };
const fails: Remedy = { words: "the disk does not work" };
const unreachable: Remedy = { words: "the network disk does not answer", passes: true };
const manyFiles: Remedy = { words: "too many files are open", passes: true };

/** By the names of errno(3); any other error of the system is told by its name. */
const remedies: Readonly<Record<string, Remedy>> = {
  ENOSPC: { words: "the disk is full" },
  EDQUOT: { words: "the disk quota is used up" },
  EFBIG: { words: "the file is larger than this disk takes" },
  EROFS: { words: "the disk is read-only" },
  EACCES: noPermission,
  EPERM: noPermission,
  ENOENT: gone,
  ENOTDIR: gone,
  EIO: fails,
  ENXIO: fails,
  ENODEV: fails,
  EREMOTEIO: fails,
  ESTALE: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ENOTCONN: unreachable,
  ECONNREFUSED: unreachable,
  ENOLINK: unreachable,
  EMFILE: manyFiles,
  ENFILE: manyFiles,
  EAGAIN: { words: "the disk is busy", passes: true },
  EBUSY: { words: "another program uses the file", passes: true },
  EINTR: { words: "writing was interrupted", passes: true },
};

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The name of a system error; Node knows some only by number ("Unknown system error -122"). Null for what is no error of the system. */
export function errorCode(error: unknown): string | null {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== "string") return null;
  const number =
    /^Unknown system error -(\d+)$/.exec(code)?.[1] ??
    (code.startsWith("Unknown system error") && errno !== undefined ? String(Math.abs(errno)) : null);
  return number === null ? code : (names.get(Number(number)) ?? `error ${number}`);
}

export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");

/** Errors of a disk that will not take what we write, in words; whatever else it is stays what it is. */
export function writeError(error: unknown, where: string): unknown {
  if (error instanceof StoreWriteError) return error;
  if (error instanceof OutsideStoreError)
    return new StoreWriteError(`Results cannot be saved in ${where}: ${error.message}.`, { cause: error });
  const code = errorCode(error);
  // errors of Node itself (ERR_…) are ours to mend
  if (code === null || !/^(E[A-Z0-9]+|error \d+)$/.test(code)) return error;
  return new StoreWriteError(`Results cannot be saved in ${where}: ${remedies[code]?.words ?? `the system says ${code}`}.`, {
    cause: error,
  });
}

export const mayPass = (error: unknown): boolean => remedies[errorCode(error) ?? ""]?.passes ?? false;

const waits = [10, 40, 160];

/** Does something that may be done twice, and once more in a moment after an error that may pass. */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (const wait of waits) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await sleep(wait);
    }
  }
  return work();
}

/** Something in a store leads out of it, or is no file that belongs there. */
export class OutsideStoreError extends Error {
  override readonly name = "OutsideStoreError";
  /** completes "it is damaged (…)" */
  readonly why: string;

  /** @param message what is wrong with which path */
  constructor(message: string, why: string) {
    super(message);
    this.why = why;
  }
}
