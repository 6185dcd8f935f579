/** The command `switchyard` as it is installed and as `npm run` starts it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildCli } from "./bundle.ts";

const root = resolve(import.meta.dirname, "../..");
type Names = Record<string, string>;
const { scripts, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Names; bin: Names };
const notebook = "---\nswitchyard: 1\ntitle: Here\n---\n\n```ts {#one}\nexport const one = 1;\n```\n";

let folder: string;
beforeAll(() => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), "switchyard-launcher-"));
  mkdirSync(join(folder, "with space"));
  writeFileSync(join(folder, "with space/here.md"), notebook);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without what the npm that runs these tests has set. */
const plainEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name)));

/** As npm is called where the person is, for the package in another folder. */
function npmRun(...args: string[]) {
  const env = plainEnv();
  return spawnSync("npm", ["--prefix", root, "run", "-s", "switchyard", "--", ...args], {
    cwd: join(folder, "with space"),
    encoding: "utf8",
    env,
  });
}

test("npm starts it where the person is, prints nothing of its own, and passes words as they are", () => {
  const checked = npmRun("check", "here.md");
  expect(checked).toMatchObject({ status: 0, stdout: "no experiments\n", stderr: "" });
  const awkward = `it's "100 %" $HOME \`a\`.md`;
  expect(npmRun("check", awkward).stderr).toContain(awkward);
});

test("npm passes the exit code on", () => {
  expect(npmRun("check", "not-here.md").status).toBe(2);
});

test("a link on the path runs it from anywhere", () => {
  const link = join(folder, "switchyard");
  symlinkSync(join(root, bin.switchyard), link);
  const { status, stdout } = spawnSync(link, ["check", "here.md"], { cwd: join(folder, "with space"), encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "no experiments\n" });
});

test("programs that it starts do not take themselves for what npm started", () => {
  const tell =
    'const { env } = process; process.on("exit", () => console.error(JSON.stringify([env.INIT_CWD, env.npm_lifecycle_event, process.cwd()])))';
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(tell)}`;
  const env = { ...process.env, NODE_OPTIONS, npm_lifecycle_event: "switchyard", INIT_CWD: join(folder, "with space") };
  const { status, stderr } = spawnSync(process.execPath, [join(root, bin.switchyard), "check", "here.md"], {
    cwd: root,
    encoding: "utf8",
    env,
  });
  expect({ status, told: JSON.parse(stderr) }).toEqual({ status: 0, told: [null, null, realpathSync(join(folder, "with space"))] });
});

test("a reader that goes away ends it quietly through npm too", async () => {
  const command = ["-c", 'npm --prefix "$0" run -s switchyard -- --help | head -1', root];
  const { status, stdout, stderr } = spawnSync("sh", command, { encoding: "utf8", env: plainEnv() });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^switchyard \d/);
});

test("Ctrl-C reaches it", async () => {
  const experiment =
    'experiment("Long", { arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } }, train: { steps: 100000 }, seeds: 1 })';
  const study = `---\nswitchyard: 1\ntitle: Long\n---\n\n\`\`\`ts {#one}\nimport { experiment } from "switchyard";\nexport const one = ${experiment};\n\`\`\`\n`;
  writeFileSync(join(folder, "long.md"), study);
  const command = [join(root, bin.switchyard), "run", "long.md", "--json", "--backend", "cpu", "--out", "long"];
  const child = spawn(process.execPath, command, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  child.stderr.on("data", (text: Buffer) => (told += text.toString()));
  child.stdout.once("data", () => child.kill("SIGINT"));
  const code = await new Promise((ended) => child.once("close", ended));
  expect({ code, told: code === 130 ? "" : told }).toEqual({ code: 130, told: "" });
});

test("nothing is built when packages are installed, or as a side effect of running", () => {
  const lifecycle = /^(pre|post)?(install|prepare|pack|publish)$|^(pre|post)switchyard$/;
  expect(Object.keys(scripts).filter((name) => lifecycle.test(name))).toEqual([]);
  expect(readFileSync(join(root, bin.switchyard), "utf8")).not.toMatch(/build\.mjs|spawn/);
});
