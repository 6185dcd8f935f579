/**
 * Node-only: the one way to the files of a store. A store may have come from elsewhere (a clone, an archive, a shared folder) and hold anything:
 * no link in it is followed, whether it stands for a file or for a folder on the way; what is read is a regular file of a size that its kind may
 * have; a pipe, a device or a socket is never opened. Node has no openat(2), so folders are looked at one by one before, and what was opened to be
 * written to is held against its path afterwards, before a byte of it changes.
 *
 * The store's own folder may be reached through links. It may be a link itself where a person has named it (`--out`, `clean DIR`); one that was
 * only found beside a notebook is read from, and not written to.
 */
import { constants, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { errorCode, isMissing, OutsideStoreError } from "./disk-errors.ts";
import { makeFolder, nodeFileSystem, type FileSystem } from "./filesystem.ts";

export interface StoreFilesOptions {
  fs?: FileSystem;
  /** a person has typed this folder's name */
  named?: boolean;
}

const megabyte = 2 ** 20;

/** Far above what a real file has, and far below what a machine has. */
const limits: Readonly<Record<string, number>> = {
  "config.json": megabyte,
  ".gitignore": megabyte,
  "result.json": 64 * megabyte,
  "manifest.json": 64 * megabyte,
  "results.json": 512 * megabyte,
  "metrics.jsonl": 512 * megabyte,
  // Node reads no more at once
  "checkpoint.safetensors": 2 ** 31 - 1,
};
const otherLimit = 64 * megabyte;

const modes: Readonly<Record<string, number>> = {
  r: constants.O_RDONLY,
  a: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT,
  wx: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};
/** Windows has neither, and no pipes among its files. */
const unfollowed = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The file operations of `fs`, of paths in this folder only. */
export function storeFiles(folder: string, { fs = nodeFileSystem, named = false }: StoreFilesOptions = {}): FileSystem {
  const root = resolve(folder);

  /** Throws unless every folder between the root and `path` is one; what is not there yet is no link. */
  async function reach(path: string, writing: boolean): Promise<string> {
    const at = resolve(path);
    const inner = relative(root, at);
    if (inner.split(sep)[0] === ".." || resolve(root, inner) !== at)
      throw new OutsideStoreError(`${path} is not in ${folder}`, "it is not in the store");
    if (writing && !named && (await kindOf(root)) === "a link") {
      throw new OutsideStoreError(
        `${root} is a link, and a link beside a notebook is not written through; name the folder it leads to with --out`,
        "its store is a link",
      );
    }
    const steps = inner === "" ? [] : inner.split(sep);
    for (let n = 1; n < steps.length; n++) {
      const between = join(root, ...steps.slice(0, n));
      const kind = await kindOf(between);
      if (kind === null) break;
      if (kind !== "a folder")
        throw new OutsideStoreError(
          `${between} is ${kind}${kind === "a link" ? ", and links in a store are not followed" : " in a folder's place"}`,
          `its folder ${steps[n - 1]} is ${kind}`,
        );
    }
    return at;
  }

  async function kindOf(path: string): Promise<string | null> {
    try {
      return kind(await fs.lstat(path));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async function open(path: string, flags: string | number): Promise<FileHandle> {
    const mode = modes[flags];
    if (mode === undefined) throw new TypeError(`a file of a store is not opened with ${flags}`);
    const at = await reach(path, flags !== "r");
    const allowed = flags === "r" ? ["a file", "a folder"] : ["a file"];
    const before = await kindOf(at);
    // opening a pipe waits for ever, and opening a device may do something
    if (before !== null && !(flags === "wx" && before === "a file")) expectKind(at, before, allowed);
    const handle = await fs.open(at, mode | unfollowed).catch((error: unknown) => {
      throw errorCode(error) === "ELOOP" ? linked(at) : error;
    });
    try {
      expectKind(at, kind(await handle.stat()), allowed);
      if (flags !== "r") await expectInPlace(at, handle);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A folder that was exchanged for a link while the file was opened has led it elsewhere. */
  async function expectInPlace(at: string, handle: FileHandle): Promise<void> {
    const [store, real, here, opened] = await Promise.all([fs.realpath(root), fs.realpath(at), fs.lstat(at), handle.stat()]);
    if (real !== join(store, relative(root, at)) || here.ino !== opened.ino || here.dev !== opened.dev) throw linked(at);
  }

  return {
    open,
    async readFile(path) {
      const handle = await open(path, "r");
      try {
        const stats = await handle.stat();
        expectKind(path, kind(stats), ["a file"]);
        const limit = limits[basename(path)] ?? otherLimit;
        if (stats.size > limit)
          throw new OutsideStoreError(
            `${path} has ${stats.size} bytes, more than the ${limit} of any such file`,
            `it has ${stats.size} bytes, more than the ${limit} of any such file`,
          );
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    },
    async readdir(path) {
      const at = await reach(join(path, "."), false);
      if (at !== root) {
        const found = await kindOf(at);
        if (found !== null) expectKind(at, found, ["a folder"]);
      }
      return fs.readdir(at);
    },
    async mkdir(path, options) {
      const at = await reach(path, true);
      const found = at === root ? null : await kindOf(at);
      if (found !== null) expectKind(at, found, ["a folder"]);
      // a read-only disk is only called so where one folder is asked for: what leads to the store is no part of it
      return at === root && options !== undefined ? makeFolder(fs, at) : fs.mkdir(at, options);
    },
    rename: async (from, to) => fs.rename(await reach(from, true), await reach(to, true)),
    rm: async (path, options) => fs.rm(await reach(path, true), options),
    unlink: async (path) => fs.unlink(await reach(path, true)),
    rmdir: async (path) => fs.rmdir(await reach(path, true)),
    async utimes(path, accessed, modified) {
      const at = await reach(path, true);
      const found = await kindOf(at);
      if (found !== null) expectKind(at, found, ["a file", "a folder"]);
      return fs.utimes(at, accessed, modified);
    },
    lstat: async (path) => fs.lstat(await reach(path, false)),
    realpath: async (path) => fs.realpath(await reach(path, false)),
  };
}

function kind(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a folder";
  if (stats.isSymbolicLink()) return "a link";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

function expectKind(path: string, found: string, allowed: readonly string[]): void {
  if (!allowed.includes(found)) throw found === "a link" ? linked(path) : new OutsideStoreError(`${path} is ${found}`, `it is ${found}`);
}

const linked = (path: string): OutsideStoreError =>
  new OutsideStoreError(`${path} is a link, and links in a store are not followed`, "it is a link");
