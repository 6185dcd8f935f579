/** Every error of a disk has an answer, and none of them is a run that failed. */
import * as promises from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorCode, writeError } from "../../experiments/runs/store/node/disk-errors.ts";
import { setAside, writeAtomic, type FileSystem } from "../../experiments/runs/store/node/filesystem.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { StoreStack } from "../../experiments/runs/store/store-stack.ts";
import { StoreWriteError } from "../../experiments/runs/store/store.ts";
import { bench, plan } from "./plans.ts";

let folder: string;
beforeEach(async () => {
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-errors-"));
});
afterEach(() => promises.rm(folder, { recursive: true, force: true }));

/** As Node throws it: errors that it has no name for have a number. */
function systemError(code: string): NodeJS.ErrnoException {
  const errno = (constants.errno as Record<string, number>)[code] ?? 1;
  const unnamed = ["EDQUOT", "ESTALE"].includes(code);
  return Object.assign(new Error(unnamed ? `Unknown system error -${errno}` : code), {
    code: unnamed ? `Unknown system error -${errno}` : code,
    errno: -errno,
    syscall: "write",
  });
}

type Operation = "open" | "readFile" | "rename" | "mkdir" | "appendFile" | "writeFile" | "sync" | "lstat" | "readdir" | "utimes";

/** The disk's own operations, of which `fails` may fail one. */
function failing(fails: (operation: Operation, path: string) => NodeJS.ErrnoException | null): FileSystem {
  const check = (operation: Operation, path: string) => {
    const error = fails(operation, path);
    if (error) throw error;
  };
  const guarded = Object.fromEntries(
    (["rename", "mkdir", "lstat", "readdir", "utimes"] as const).map((name) => [
      name,
      async (...args: unknown[]) => (
        check(name, String(args.at(name === "rename" ? 1 : 0))),
        (promises as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args)
      ),
    ]),
  );
  const open = async (path: string, flags: string | number) => {
    check("open", path);
    const file = await promises.open(path, flags);
    for (const name of ["writeFile", "appendFile", "sync", "readFile"] as const) {
      const real = file[name].bind(file) as (...args: unknown[]) => Promise<void>;
      file[name] = (async (...args: unknown[]) => (check(name, path), real(...args))) as never;
    }
    return file;
  };
  return { ...promises, ...guarded, open } as unknown as FileSystem;
}

const codes = [
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EACCES",
  "EPERM",
  "EIO",
  "ESTALE",
  "ENOENT",
  "ENOTDIR",
  "EFBIG",
  "EMFILE",
  "ENXIO",
  "ETIMEDOUT",
  "EBUSY",
  "EINVAL",
  "ENAMETOOLONG",
  "ENOTCONN",
];

describe.each(codes)("%s", (code) => {
  test.each(["open", "writeFile", "appendFile", "rename", "sync"] as const)(
    "from %s on, for ever: one sentence, every run ends with its numbers, and the files that are not there are named",
    async (operation) => {
      let armed = false;
      const notices: string[] = [];
      const fs = failing((name, path) =>
        armed && name === operation && /metrics|result|checkpoint/.test(path) ? systemError(code) : null,
      );
      const stack = new StoreStack([new NodeStore(folder, { fs, onNotice: (text) => notices.push(text) })], (text) => notices.push(text));
      armed = true;
      const { arms } = await bench({ store: stack }).coordinator.submit(plan()).finished;
      expect(arms.flatMap(({ runs }) => runs.map(({ status }) => status))).toEqual(["done", "done", "done", "done"]);
      // where a disk cannot be told to keep bytes it is left to it
      if (operation === "sync" && code === "EINVAL") return expect(stack.unsaved()).toEqual([]);
      expect(notices.filter((text) => text.includes("Training goes on"))).toHaveLength(1);
      expect(stack.unsaved().sort()).toEqual(
        plan()
          .runs.map(({ key }) => `${folder}/runs/${shortKey(key)}/result.json`)
          .sort(),
      );
    },
  );
});

test.each(["ESTALE", "EAGAIN", "EBUSY", "EMFILE", "ETIMEDOUT", "EINTR"])(
  "%s that passes is waited for, and everything is on the disk",
  async (code) => {
    const counts = new Map<string, number>();
    // the first of every kind of operation on every file fails
    const fs = failing((name, path) => {
      if (!/metrics|result\.json|checkpoint/.test(path)) return null;
      const what = `${name} ${path.replace(/\d+-[0-9a-f]+\.tmp/, "tmp")}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
      return ["rename", "appendFile", "writeFile", "sync"].includes(name) && counts.get(what) === 1 ? systemError(code) : null;
    });
    const notices: string[] = [];
    const stack = new StoreStack([new NodeStore(folder, { fs })], (text) => notices.push(text));
    await bench({ store: stack }).coordinator.submit(plan()).finished;
    expect(notices).toEqual([]);
    for (const { key } of plan().runs) {
      expect(await new NodeStore(folder).find(key)).toMatchObject({ status: "done" });
      expect((await new NodeStore(folder).events(key)).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10]);
    }
  },
);

test.each(["EIO", "ESTALE", "EACCES"])("%s on reading does not put a file away that may be whole", async (code) => {
  await bench({ store: new NodeStore(folder) }).coordinator.submit(plan()).finished;
  const { key } = plan().runs[0];
  const notices: string[] = [];
  const broken = new NodeStore(folder, {
    fs: failing((name) => (name === "readFile" ? systemError(code) : null)),
    onNotice: (text) => notices.push(text),
  });
  expect(await broken.find(key)).toBeNull();
  expect(notices).toEqual([expect.stringContaining(`result.json is out of reach (it cannot be read: ${code})`)]);
  await expect(broken.open({ ...(await new NodeStore(folder).list())[0] })).rejects.toThrow(StoreWriteError);
  expect(await new NodeStore(folder).find(key)).toMatchObject({ status: "done" });
});

test("a rename that a network disk has done and says it has not is done", async () => {
  const file = join(folder, "a.json");
  const fs = {
    ...promises,
    rename: async (from: string, to: string) => (await promises.rename(from, to), Promise.reject(systemError("ENOENT"))),
  } as unknown as FileSystem;
  await writeAtomic(fs, file, "new");
  expect(await promises.readFile(file, "utf8")).toBe("new");
  const never = { ...promises, rename: async () => Promise.reject(systemError("ENOENT")) } as unknown as FileSystem;
  await expect(writeAtomic(never, file, "newer")).rejects.toThrow("ENOENT");
  expect(await promises.readdir(folder)).toEqual(["a.json"]);
});

test("looking for a free name ends where the disk does not answer", async () => {
  expect(
    await setAside({ ...promises, lstat: async () => Promise.reject(systemError("EIO")) } as unknown as FileSystem, join(folder, "x")),
  ).toBeNull();
});

test("errors that Node has no name for are told by the system's, and our own mistakes stay what they are", () => {
  expect(errorCode(systemError("EDQUOT"))).toBe("EDQUOT");
  expect(writeError(systemError("EDQUOT"), "here")).toMatchObject({
    name: "StoreWriteError",
    message: "Results cannot be saved in here: the disk quota is used up.",
  });
  expect(writeError(systemError("ELIBBAD"), "here")).toMatchObject({
    message: "Results cannot be saved in here: the system says ELIBBAD.",
  });
  const ours = Object.assign(new TypeError("a path must be text"), { code: "ERR_INVALID_ARG_TYPE" });
  expect(writeError(ours, "here")).toBe(ours);
});
