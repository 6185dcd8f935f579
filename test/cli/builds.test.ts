/** A build is whole or not there, what runs goes on with the build it began with, and old ones do not pile up. */
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import blank from "ts-blank-space";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publishBuild, unfinishedBuild } from "../../scripts/builds.mjs";
import { buildCli } from "./bundle.ts";

const root = resolve(import.meta.dirname, "../..");
const children: ChildProcess[] = [];
let out: string;

beforeEach(() => void (out = mkdtempSync(join(tmpdir(), "switchyard-builds-"))));
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(out, { recursive: true, force: true });
});

/** A program that says a word of a chunk which it loads when it is told to, as the command line loads its commands. */
function publish(word: string, when = Date.now()): string {
  const folder = unfinishedBuild("node", out);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "chunk.js"), `export const word = ${JSON.stringify(word)};\n`);
  writeFileSync(join(folder, "in-use.js"), blank(readFileSync(join(root, "experiments/node/in-use.ts"), "utf8")));
  writeFileSync(
    join(folder, "cli.js"),
    [
      'import { markInUse } from "./in-use.js";',
      "markInUse(import.meta.dirname);",
      'process.stdout.write("started\\n");',
      'process.stdin.once("data", async () => { process.stdout.write((await import("./chunk.js")).word + "\\n"); process.exit(0); });',
    ].join("\n"),
  );
  publishBuild("node", folder, { since: new Date(when), out });
  return realpathSync(join(out, "node"));
}

const builds = (): string[] => readdirSync(out).filter((name) => name !== "node");

async function start(): Promise<{ goOn(): Promise<string> }> {
  const child = spawn(process.execPath, [join(out, "node/cli.js")], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  await expect.poll(() => said, { timeout: 20_000 }).toContain("started");
  const ended = new Promise((end) => child.once("close", end));
  return {
    async goOn() {
      child.stdin.write("go\n");
      expect(await ended).toBe(0);
      return said.trim().split("\n").at(-1)!;
    },
  };
}

describe("a process that began before others were built", () => {
  test("loads what it needs later from its own build, however many were made meanwhile; then that is removed", async () => {
    const first = publish("first");
    const running = await start();
    for (let i = 0; i < 8; i++) publish(`later ${i}`, Date.now() + i);
    expect(existsSync(first)).toBe(true);
    expect(await running.goOn()).toBe("first");
    expect(await (await start()).goOn()).toBe("later 7");
    publish("last", Date.now() + 9);
    expect(existsSync(first)).toBe(false);
  });

  test("is forgotten when it was killed", async () => {
    const first = publish("first");
    await start();
    children[0].kill("SIGKILL");
    await new Promise((end) => children[0].once("close", end));
    for (let i = 0; i < 3; i++) publish(`later ${i}`, Date.now() + i);
    expect(existsSync(first)).toBe(false);
  });
});

test("after any number of builds with changed sources, two are there", () => {
  for (let i = 0; i < 12; i++) publish(`word ${i}`, Date.now() + i);
  expect(builds()).toHaveLength(2);
  expect(readFileSync(join(out, "node/chunk.js"), "utf8")).toContain("word 11");
});

test("the same sources give the same build, which stays as it is and is the newest again", () => {
  const first = publish("a");
  publish("b", Date.now() + 1);
  expect(publish("a", Date.now() + 2)).toBe(first);
  publish("c", Date.now() + 3);
  expect(builds()).toHaveLength(2);
  expect(existsSync(first)).toBe(true);
});

test("what a build that was killed left behind is removed by the next, but not what another builds right now", () => {
  const nobody = 4_194_303; // the largest id that Linux can give, far above what it gives by default
  mkdirSync(join(out, `node.unfinished-${nobody}-abc`));
  mkdirSync(join(out, `node.unfinished-${process.ppid}-abc`));
  publish("a");
  expect(readdirSync(out).filter((name) => name.includes("unfinished"))).toEqual([`node.unfinished-${process.ppid}-abc`]);
});

test("a build of an older version, a folder instead of a link, is replaced", () => {
  mkdirSync(join(out, "node"));
  writeFileSync(join(out, "node/cli.js"), "old");
  publish("new");
  expect(lstatSync(join(out, "node")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(out, "node/chunk.js"), "utf8")).toContain("new");
});

/** The repository's own scripts, sources and packages, so that they can be changed; what it builds is its own. */
function checkout(): string {
  const folder = join(out, "checkout");
  mkdirSync(folder);
  for (const name of ["engine", "experiments", "scripts", "test/studies", "package.json", "package-lock.json", "tsconfig.json"]) {
    const filter = (path: string): boolean => !path.endsWith(".results");
    cpSync(join(root, name), join(folder, name), { recursive: true, preserveTimestamps: true, filter });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function run(folder: string, ...args: string[]): { child: ChildProcess; ended: Promise<{ code: number | null; told: string }> } {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let told = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text: Buffer) => (told += text.toString()));
  return { child, ended: new Promise((end) => child.once("close", (code) => end({ code, told }))) };
}

const study = [
  "---",
  "switchyard: 1",
  "title: Two",
  "---",
  "",
  "```ts {#two}",
  'import { experiment } from "switchyard";',
  'export const two = experiment("Two rates", {',
  "  train: { steps: 60, evalEvery: 20 }, seeds: 1,",
  "  arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } },",
  "});",
  "```",
  "",
].join("\n");

test("the command line trains and reports to its end while it is built again twice, each time twice at once", {
  timeout: 240_000,
}, async () => {
  buildCli(); // the sources that are made are there to be copied
  const folder = checkout();
  expect(await run(folder, "scripts/build.mjs", "node").ended).toMatchObject({ code: 0 });
  const before = realpathSync(join(folder, "out/node"));
  writeFileSync(join(folder, "study.md"), study);
  const command = ["scripts/switchyard.mjs", "run", "study.md", "--json", "--backend", "cpu", "--jobs", "1", "--out", "results"];
  const training = run(folder, ...command);
  await new Promise((began) => training.child.stdout!.once("data", began));

  const version = join(folder, "experiments/runs/store/version.ts");
  const text = readFileSync(version, "utf8");
  for (const round of [1, 2]) {
    writeFileSync(version, `${text}\nglobalThis.name = "${round}";\n`);
    const both = [run(folder, "scripts/build.mjs", "node"), run(folder, "scripts/build.mjs", "node")];
    for (const { ended } of both) expect(await ended).toMatchObject({ code: 0 });
  }
  expect(realpathSync(join(folder, "out/node"))).not.toBe(before);
  const { code, told } = await training.ended;
  expect({ code, told: code === 0 ? "" : told }).toEqual({ code: 0, told: "" });
  expect(existsSync(join(folder, "results/report.html"))).toBe(true);
  expect(await run(folder, "scripts/switchyard.mjs", "--version").ended).toMatchObject({ code: 0 });
  const left = readdirSync(join(folder, "out")).filter((name) => name.startsWith("node"));
  expect(left.length).toBeLessThanOrEqual(4); // the link, two builds, and one in use
  utimesSync(version, new Date(), new Date(Date.now() + 2000));
  expect((await run(folder, "scripts/switchyard.mjs", "--version").ended).told).toContain("its sources are younger than its build");
});

test("before anything was built the command says what to type, and builds nothing", async () => {
  const folder = checkout();
  const { code, told } = await run(folder, "scripts/switchyard.mjs", "--version").ended;
  const build = `npm --prefix ${JSON.stringify(realpathSync(folder))} run build`;
  expect({ code, told }).toEqual({ code: 2, told: `switchyard: it is not built yet; type: ${build}\n` });
  expect(existsSync(join(folder, "out"))).toBe(false);
});
