/** What tests need besides npm's packages is named once, and installed part by part. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { provideParts } from "../../scripts/install-parts.mjs";
import { part, parts, type Part } from "../../scripts/test-parts.mjs";

const root = resolve(import.meta.dirname, "../..");
const record = { name: "a part", serves: "a test", isThere: () => false };

test.each<[string, unknown[]]>([
  ["nothing", []],
  ["something undefined", [undefined]],
  ["an empty name", [""]],
  ["two names in one", ["chromium xvfb"]],
  ["an option of apt", ["--reinstall"]],
  ["a null beside a name", ["chromium", null]],
])("a part that names %s cannot be written", (_what, packages) => {
  expect(() => part({ ...record, packages })).toThrow(/the part "a part" names/);
});

test("a part without the word packages cannot be written", () => {
  expect(() => part(record as never)).toThrow('the part "a part" names no Debian package');
});

test("names of parts are unique, and each brings packages that no other brings", () => {
  for (const of of [parts.map(({ name }) => name), parts.flatMap(({ packages }) => packages)]) expect(of).toEqual([...new Set(of)]);
});

/** What every Debian and every Node has. */
const always = ["sh", "tar", "mount", "umount", "dpkg-deb", "apt-get", "apt-cache", "apt-config", "mkfifo", "mknod", "npm", "node"];
/** The bench is no suite. */
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`);
const callers = ["test", "scripts"]
  .flatMap(below)
  .filter((path) => /\.(ts|mjs)$/.test(path) && !path.startsWith("test/bench/") && !path.startsWith("test/install/"));

test("no test and no script calls a program that no part brings", () => {
  const called = callers.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const calls = text.matchAll(/\b(?:spawn|spawnSync|execFile|execFileSync|command|runs|promisify\(execFile\))\(\s*["'`]([\w.-]+)["'`]/g);
    return [...calls].map(([, program]) => ({ path, program }));
  });
  expect(called.length).toBeGreaterThan(8);
  const known = new Set([...always, ...parts.flatMap(({ programs }) => programs)]);
  expect(called.filter(({ program }) => !known.has(program)).map(({ path, program }) => `${path} calls ${program}`)).toEqual([]);
});

describe.runIf(process.platform === "linux")("on a machine where nothing is there", () => {
  const path = process.env.PATH;
  let folder: string;
  let told: string[];

  /** The real table; a part is there when all its packages are "installed". */
  const isInstalled = (name: string): boolean => existsSync(join(folder, "installed", name));
  const table = (): Part[] => parts.map((entry) => part({ ...entry, isThere: () => entry.packages.every(isInstalled) }));

  /** An apt-get that writes down what it is asked, and refuses a whole line for one name that it does not know, as apt does. */
  function aptThatLacks(...unknown: string[]): void {
    const refusals = [...unknown, "undefined"].map((name) => `${name}) echo "E: Unable to locate package $name" >&2; exit 100;; `).join("");
    const script = [
      "#!/bin/sh",
      `echo "$*" >> "${folder}/asked"`,
      'if [ "$1" = update ]; then [ ! -e "$0.offline" ] && exit 0; echo "E: no network" >&2; exit 100; fi',
      "shift",
      `for name; do case "$name" in -*) ;; ${refusals}esac; done`,
      `for name; do case "$name" in -*) ;; *) : > "${folder}/installed/$name";; esac; done`,
    ].join("\n");
    writeFileSync(join(folder, "bin/apt-get"), script);
    chmodSync(join(folder, "bin/apt-get"), 0o755);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "switchyard-apt-"));
    spawnSync("sh", ["-c", 'mkdir "$0/bin" "$0/installed"', folder]);
    process.env.PATH = `${join(folder, "bin")}${delimiter}${path}`;
    told = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void told.push(line));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  const asked = () => readFileSync(join(folder, "asked"), "utf8").trim().split("\n");
  const provide = (ci: boolean) => provideParts({ table: table(), ci, mayInstall: true }).map(({ name }) => name);

  test("apt is asked for each part by itself, by names alone, and says which it installed", () => {
    aptThatLacks();
    expect(provide(true)).toEqual([]);
    expect(asked()).toEqual(["update -qq", ...parts.map(({ packages }) => `install -y -qq --no-install-recommends ${packages.join(" ")}`)]);
    for (const { name, packages } of parts) expect(told).toContain(`test: ${name}: installed (${packages.join(", ")})`);
  });

  test("a person's machine is not asked for what only CI needs", () => {
    aptThatLacks();
    expect(provide(false)).toEqual([]);
    expect(asked().join(" ")).not.toMatch(/python3|debootstrap/);
  });

  const first = parts.map(({ name, packages }) => [name, packages[0]]);
  test.each(first)("when Debian no longer has the package of %s, every other part is installed, and that is told", (name, lacking) => {
    aptThatLacks(lacking);
    expect(provide(true)).toEqual([name]);
    expect(told.filter((line) => line.includes("FAILED"))).toEqual([expect.stringContaining(`${name}: FAILED`)]);
    expect(told.join("\n")).toContain(`Unable to locate package ${lacking}`);
    const others = parts.filter((other) => other.name !== name);
    for (const other of others) expect(told).toContain(`test: ${other.name}: installed (${other.packages.join(", ")})`);
  });

  test("lists that cannot be fetched are told, and what apt has is installed", () => {
    aptThatLacks();
    writeFileSync(join(folder, "bin/apt-get.offline"), "");
    expect(provide(true)).toEqual([]);
    expect(told).toContain("test: apt-get update failed: E: no network");
  });

  test("a package that apt installs and that brings nothing counts as missing", () => {
    aptThatLacks();
    const hollow = part({ ...record, packages: ["hollow"] });
    expect(provideParts({ table: [hollow], mayInstall: true })).toEqual([hollow]);
    expect(told.at(-1)).toBe("test: a part: FAILED, for a test: apt installed hollow, and it is still not there");
  });

  test("where it may not install, one line to type names every package, and nothing is asked", () => {
    aptThatLacks();
    expect(provideParts({ table: table(), ci: true, mayInstall: false })).toHaveLength(parts.length);
    const all = parts.flatMap(({ packages }) => packages).join(" ");
    expect(told.at(-1)).toBe(`test: for all suites, type: sudo apt-get install -y --no-install-recommends ${all}`);
    expect(existsSync(join(folder, "asked"))).toBe(false);
  });
});

/** Of these names, those that apt could install. Names that it only has heard of have "(none)", others no line at all. */
function installable(names: readonly string[]): string[] {
  const { stdout } = spawnSync("apt-cache", ["policy", ...names], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return [...(stdout ?? "").matchAll(/^(\S+):\n.*\n {2}Candidate: (?!\(none\))/gm)].map(([, name]) => name);
}

const names = parts.flatMap(({ packages }) => packages);
const known = process.platform === "linux" ? installable([...names, "switchyard-no-such-package"]) : [];
// What is installed is known without lists: of a machine that has none, this says nothing. CI has fetched them.
const hasLists = known.length > names.length / 2;
const mustKnow = process.env.CI === "true" && process.platform === "linux";
if (!hasLists && !mustKnow) console.log("skipped: whether Debian has every package of the table: apt has no lists here (apt-get update)");

test.runIf(hasLists || mustKnow)("every package of the table is one that Debian has", () => {
  expect(known.sort()).toEqual([...names].sort());
});
