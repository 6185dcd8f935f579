/** Stores that came from elsewhere and mean harm: links, pipes, devices, huge files, keys of prototypes, wherever a file or a folder may be. */
import { spawnSync } from "node:child_process";
import {
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "../../experiments/cli/main.ts";
import { RunIndex } from "../../experiments/runs/index/node/index.ts";
import { everyRun } from "../../experiments/runs/index/query.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { makeFolder, writeAtomic } from "../../experiments/runs/store/node/filesystem.ts";
import { readManifest, writeManifest } from "../../experiments/runs/store/node/manifest.ts";
import { storeFiles } from "../../experiments/runs/store/node/store-files.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { StoreStack } from "../../experiments/runs/store/store-stack.ts";
import { buildCli, switchyard, type Ended } from "../cli/bundle.ts";
import { fakeEngine } from "./fake-engine.ts";
import { checkpointOf, resultOf, stepOf } from "./owned-run.ts";
import { bench, plan } from "./plans.ts";

const notebook = `---
switchyard: 1
title: A study from a colleague
---
\`\`\`ts {#s}
import { experiment } from "switchyard";
export const s = experiment("S", { train: { steps: 3, batchSize: 2, seqLen: 16 }, validation: { windowsPerDomain: 2 }, arms: { a: {} }, seeds: 1 });
\`\`\`
`;
const posix = process.platform !== "win32";

let root: string;
/** somebody's folder, that no store may touch */
let home: string;
let before: Record<string, string>;
/** a folder with study.md and study.results as a run leaves them, copied for every test */
let pristine: string;
let here: string;
let key: string;
let copies = 0;

beforeAll(async () => {
  buildCli();
  root = await mkdtemp(join(tmpdir(), "switchyard-hostile-"));
  pristine = join(root, "pristine");
  await mkdir(pristine);
  await writeFile(join(pristine, "study.md"), notebook);
  const { code, stderr } = await cli("run", join(pristine, "study.md"));
  expect(stderr).toBe("");
  expect(code).toBe(0);
  [key] = await readdir(join(pristine, "study.results", "runs"));
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  here = join(root, `here-${++copies}`);
  await cp(pristine, here, { recursive: true });
  home = join(root, `home-${copies}`);
  await mkdir(join(home, "0123456789abcdef"), { recursive: true });
  await mkdir(join(home, "runs", "fedcba9876543210"), { recursive: true });
  for (const file of [
    ".bashrc",
    "photo.jpg",
    "work.tmp",
    "config.json",
    "a.7-1.tmp",
    "x.damaged-1",
    "0123456789abcdef/old.tmp",
    "runs/fedcba9876543210/thesis.tex",
  ]) {
    await writeFile(join(home, file), `${file} of somebody\n`);
    await utimes(join(home, file), new Date(2020, 0), new Date(2020, 0));
  }
  before = await contents(home);
});

const store = () => join(here, "study.results");
const run = () => join(store(), "runs", key);

/** As a person would, in a process that may take so long and so much memory (in kB, of addresses) and no more. */
async function cli(...args: string[]): Promise<Ended> {
  const backend = args[0] === "run" ? ["--backend", "cpu"] : [];
  const ended = await Promise.race([switchyard([...args, ...backend]), new Promise<null>((resolve) => setTimeout(resolve, 60_000, null))]);
  if (ended === null) throw new Error(`switchyard ${args.join(" ")} hangs`);
  expect(ended.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  return ended;
}

async function contents(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    found[path] = entry.isFile() ? await readFile(path, "utf8") : entry.isSymbolicLink() ? `-> ${await readlink(path)}` : "";
  }
  return found;
}

const untouched = async () => expect(await contents(home)).toEqual(before);

/** Commands without a worker, in this process, where they are quick; what they say may be anything but a crash. */
async function quick(...args: string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const hear = (text: unknown): boolean => ((said += String(text)), true);
  const spies = [vi.spyOn(process.stdout, "write").mockImplementation(hear), vi.spyOn(process.stderr, "write").mockImplementation(hear)];
  try {
    const code = await main(args);
    expect(said).not.toMatch(/\n\s+at .*:\d+/);
    return { code, said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** What a run of the study writes into its store, with whatever the store refuses kept in memory. */
async function everythingWritten(): Promise<void> {
  const [record] = await new NodeStore(join(pristine, "study.results")).list();
  const stack = new StoreStack([new NodeStore(store())]);
  await stack.find(record.key);
  const writer = await stack.open(record);
  await writer.checkpoint();
  await writer.append([stepOf(1, 1)]);
  await writer.saveCheckpoint(checkpointOf(1));
  await writer.finish(resultOf(record.key, 1, 1), checkpointOf(1));
  await writer.reset();
  await writer.release();
  const files = storeFiles(store());
  const refusal = (error: unknown) => expect((error as Error).name).toMatch(/OutsideStoreError|StoreWriteError/);
  await writeManifest(
    store(),
    { notebook: "study.md", arguments: { budget: null, only: null, sets: [], armSets: [] }, experiments: [] },
    files,
  ).catch(refusal);
  for (const path of ["results.json", "report.html", "figures/a.svg", "tables/a.csv"].map((name) => join(store(), name))) {
    await makeFolder(files, dirname(path))
      .then(() => writeAtomic(files, path, "ours"))
      .catch(refusal);
  }
}

async function everyQuickCommand(): Promise<void> {
  await quick("runs", store());
  await quick("runs", "--compare", run(), join(run(), "..", "0123456789abcdef"));
  await quick("export", run(), join(here, "model"));
  await quick("export", key.slice(0, 8), "--store", store(), join(here, "model-by-key"));
  await quick("clean", store(), "--older", "1s");
}

/** Everything of a store that may be a link, and what it leads to. */
const links: [string, () => Promise<void>][] = [
  ["the curve", () => replaced(join(run(), "metrics.jsonl"), join(home, ".bashrc"))],
  ["the config", () => replaced(join(run(), "config.json"), join(home, "config.json"))],
  ["the result", () => replaced(join(run(), "result.json"), join(home, ".bashrc"))],
  ["the checkpoint", () => replaced(join(run(), "checkpoint.safetensors"), join(home, "photo.jpg"))],
  ["the lock", () => replaced(join(run(), "lock"), join(home, "0123456789abcdef"))],
  ["the manifest", () => replaced(join(store(), "manifest.json"), join(home, ".bashrc"))],
  ["results.json", () => replaced(join(store(), "results.json"), join(home, ".bashrc"))],
  ["the report", () => replaced(join(store(), "report.html"), join(home, ".bashrc"))],
  [".gitignore", () => replaced(join(store(), ".gitignore"), join(home, ".bashrc"))],
  ["a folder of figures", () => replaced(join(store(), "figures"), home)],
  ["a folder of tables", () => replaced(join(store(), "tables"), home)],
  ["the run's folder", () => replaced(run(), home)],
  ["another run's folder", () => replaced(join(store(), "runs", "0123456789abcdef"), home)],
  ["a temporary file", () => replaced(join(run(), "result.json.7-1.tmp"), join(home, ".bashrc"))],
  ["a temporary folder", () => replaced(join(run(), "x.7-1.tmp"), home)],
  ["a file that was set aside", () => replaced(join(run(), "result.json.damaged-1"), join(home, "photo.jpg"))],
  ["the folder of runs", () => replaced(join(store(), "runs"), join(home, "runs"))],
  [
    "the folder of runs, with this run in it,",
    async () => {
      if ((await lstat(join(store(), "runs"))).isSymbolicLink()) return;
      await cp(run(), join(home, "runs", key), { recursive: true });
      await rm(join(home, "runs", key, "result.json"));
      before = await contents(home);
      await replaced(join(store(), "runs"), join(home, "runs"));
    },
  ],
  [
    "the run's folder, with this run in it,",
    async () => {
      if ((await lstat(run())).isSymbolicLink()) return;
      await cp(run(), home, { recursive: true });
      await rm(join(home, "result.json"));
      before = await contents(home);
      await replaced(run(), home);
    },
  ],
];

async function replaced(path: string, target: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}

describe.runIf(posix)("a link in a store is not followed, by any command", () => {
  test.each(links)("where %s is one", { timeout: 300_000 }, async (_what, arrange) => {
    await arrange();
    await everyQuickCommand();
    await untouched();
    // what clean has left of it
    await arrange();
    await everythingWritten();
    await untouched();
    await everyQuickCommand();
    await untouched();
  });

  test.each(links.filter(([what]) => /^the (curve|run's folder|folder of runs, with)/.test(what)))(
    "where %s is one and the study is run from the command line",
    { timeout: 300_000 },
    async (_what, arrange) => {
      await arrange();
      expect((await cli("run", join(here, "study.md"))).code).toBeLessThan(2);
      await untouched();
    },
  );

  test("where everything is one", { timeout: 300_000 }, async () => {
    for (const [what, arrange] of links) if (!what.includes("folder of runs") && !what.startsWith("the run's folder")) await arrange();
    for (const command of ["check", "report", "run"]) {
      expect((await cli(command, join(here, "study.md"))).code, command).toBeLessThan(2);
      await untouched();
    }
  });

  test("where the store's own folder is one that nobody has named; its results are read, and nothing is written through it", {
    timeout: 120_000,
  }, async () => {
    const elsewhere = join(home, "study.results");
    await rename(store(), elsewhere);
    await rm(join(elsewhere, "runs", key, "result.json"));
    before = await contents(home);
    await symlink(elsewhere, store());
    const { code, stderr } = await cli("run", join(here, "study.md"));
    expect(stderr).toContain("a link beside a notebook is not written through; name the folder it leads to with --out");
    expect(code).toBe(1);
    const cleaned = spawnSync(process.execPath, [join(import.meta.dirname, "../../out/node/cli.js"), "clean", "--older", "1s"], {
      cwd: here,
      encoding: "utf8",
    });
    expect(cleaned.stdout).toContain("removed 0 files");
    await untouched();
    // a person who names it means it
    expect((await cli("run", join(here, "study.md"), "--out", store())).code).toBe(0);
    expect(await readdir(join(elsewhere, "runs", key))).toContain("result.json");
  });
});

test.runIf(posix)("a curve that shares its bytes with another file is given its own before it is written to", async () => {
  const folder = join(here, "linked.results");
  const { key: id } = plan().runs[0];
  const engine = fakeEngine({ stepMs: 1 });
  const first = bench({ store: new NodeStore(folder) }, engine);
  const study = first.coordinator.submit(plan());
  await engine.reached(5);
  study.stop();
  await study.finished;
  const curve = join(folder, "runs", shortKey(id), "metrics.jsonl");
  const backup = join(home, "backup.jsonl");
  await link(curve, backup);
  const written = await readFile(backup, "utf8");
  await bench({ store: new NodeStore(folder) }).coordinator.submit(plan()).finished;
  expect(await readFile(backup, "utf8")).toBe(written);
  expect((await new NodeStore(folder).events(id)).at(-1)?.step).toBe(10);
});

/** Things that are no files, in the place of one. */
const impostors: [string, (path: string) => Promise<unknown>][] = [
  ["a pipe", async (path) => spawnSync("mkfifo", [path])],
  ["a device", async (path) => spawnSync("mknod", [path, "c", "1", "5"])],
  ["a link to /dev/zero", (path) => symlink("/dev/zero", path)],
  ["a socket", (path) => new Promise<void>((resolve) => sockets.push(createServer().listen(path, resolve)))],
  ["a folder", (path) => mkdir(join(path, "inside"), { recursive: true })],
  [
    "a file of a terabyte",
    async (path) => {
      await writeFile(path, "");
      await truncate(path, 2 ** 40);
    },
  ],
];
const sockets: ReturnType<typeof createServer>[] = [];
afterAll(() => sockets.forEach((socket) => socket.close()));

describe.runIf(posix)("what is no file of a store is not read, and nothing waits for it", () => {
  const places = ["config.json", "result.json", "metrics.jsonl", "checkpoint.safetensors", "lock"]
    .map((file) => [`runs/KEY/${file}`])
    .concat([
      ["manifest.json"],
      ["results.json"],
      ["report.html"],
      [".gitignore"],
      ["runs/0123456789abcdef/config.json"],
      ["runs/KEY"],
      ["runs"],
    ]);

  test.each(impostors)("%s, wherever it stands", { timeout: 600_000 }, async (_what, put) => {
    for (const [place] of places) {
      await rm(here, { recursive: true, force: true });
      await cp(pristine, here, { recursive: true });
      const path = join(store(), place.replace("KEY", key));
      await rm(path, { recursive: true, force: true });
      await mkdir(dirname(path), { recursive: true });
      await put(path);
      const from = process.memoryUsage().rss;
      // what every command and the app read by, in this process: its memory can be seen
      const files = new NodeStore(store());
      await files.list();
      const [record] = await new NodeStore(join(pristine, "study.results")).list();
      await files.find(record.key);
      await files.events(record.key);
      await files.weights(record.key);
      await readManifest(store());
      const index = new RunIndex(join(here, "data"));
      await index.search(everyRun, { stores: [store()] });
      const stack = new StoreStack([files]);
      // a folder in the lock may be an owner of another version, and is watched for ten seconds before it is removed
      const writer = await stack
        .open(record)
        .catch((error: unknown) => (expect([place, (error as Error).name]).toEqual(["runs/KEY/lock", "RunLockedError"]), null));
      await writer?.checkpoint();
      await writer?.release();
      expect(process.memoryUsage().rss - from, place).toBeLessThan(500 * 2 ** 20);
    }
  });

  test.each(impostors)("%s does not keep the command line from its end", { timeout: 300_000 }, async (_what, put) => {
    for (const place of [join(run(), "config.json"), join(store(), "manifest.json")]) {
      await rm(place, { recursive: true, force: true });
      await put(place);
    }
    await everyQuickCommand();
    for (const command of ["check", "report", "run"]) expect((await cli(command, join(here, "study.md"))).code, command).toBeLessThan(2);
  });
});

test.runIf(posix)("a run's folder that is exchanged for a link while it is written to takes nothing along", async () => {
  const folder = join(here, "raced.results");
  const at = join(folder, "runs", "0123456789abcdef");
  await mkdir(at, { recursive: true });
  const inner = storeFiles(folder);
  // at the worst moment: after every folder was looked at, before the file is opened
  const { open } = await import("node:fs/promises");
  const racing = storeFiles(folder, {
    fs: {
      ...(await import("node:fs/promises")),
      open: async (path: string, flags: number | string) => {
        await rename(at, `${at}.old`);
        await symlink(home, at);
        return open(path, flags);
      },
    },
  });
  await expect(racing.open(join(at, ".bashrc"), "a")).rejects.toThrow("links in a store are not followed");
  await untouched();
  await expect(inner.open(join(at, ".bashrc"), "a")).rejects.toThrow(`${at} is a link, and links in a store are not followed`);
});

test("a path that leads out of a store by its name alone is refused", async () => {
  const files = storeFiles(store());
  for (const path of [join(store(), "..", "study.md"), "/etc/passwd", `${store()}x/y`, here])
    await expect(files.readFile(path)).rejects.toThrow("is not in");
  await expect(files.rm(join(store(), "..", "study.md"))).rejects.toThrow("is not in");
});
