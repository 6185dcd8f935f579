/**
 * The part installer on a machine where nothing is there: a Debian that debootstrap makes from the mirror that this
 * machine installs from, with Node put in, and nothing else of this machine. What is installed here already can hide no
 * step that is missing.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parts } from "../../scripts/test-parts.mjs";

const scripts = resolve(import.meta.dirname, "../../scripts");
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The first Debian mirror of this machine's apt, in either of its formats. */
function mirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const files = ["/etc/apt/sources.list", ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])];
  const text = files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const addresses = [...text.matchAll(/^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+)/gm)].map(([, address]) => address);
  return addresses.find((address) => /\/debian\/?$/.test(address)) ?? "http://deb.debian.org/debian";
}

/** How this machine's apt reaches the mirror, where that is through a proxy. */
function proxies(): string {
  const { stdout } = spawnSync("apt-config", ["dump"], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => /^Acquire::\w+::(?:\S+::)?proxy\b/i.test(line))
    .join("\n");
}

/** This machine's Debian; elsewhere the one that the names of packages were written for. */
function codename(): string {
  const release = readFileSync("/etc/os-release", "utf8");
  return (/^ID=debian$/m.test(release) && /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1]) || "bookworm";
}

describe("a Debian with Node and nothing else", () => {
  let machine: string;
  const env = {
    PATH: path,
    HOME: "/root",
    CI: "true",
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^https?_proxy$/i.test(name))),
  };
  const inside = (...command: string[]) => spawnSync("chroot", [machine, ...command], { encoding: "utf8", env });
  /** Names of the parts that are not there, as the machine itself sees it. */
  function missing(): unknown {
    const program =
      'import("/switchyard/scripts/test-parts.mjs").then(({ missingParts }) => console.log(JSON.stringify(missingParts().map(({ name }) => name))))';
    const { stdout, stderr } = inside("node", "--input-type=module", "--eval", program);
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  }

  beforeAll(() => {
    machine = mkdtempSync(join(tmpdir(), "switchyard-bare-"));
    const { status, stdout, stderr } = spawnSync("debootstrap", ["--variant=minbase", codename(), machine, mirror()], { encoding: "utf8" });
    if (status !== 0) throw new Error(`debootstrap failed: ${`${stdout}${stderr}`.trim().split("\n").slice(-3).join("\n")}`);
    writeFileSync(join(machine, "etc/apt/apt.conf.d/99proxies"), proxies());
    copyFileSync(realpathSync(process.execPath), join(machine, "usr/local/bin/node"));
    mkdirSync(join(machine, "switchyard/scripts"), { recursive: true });
    for (const name of ["install-parts.mjs", "test-parts.mjs"]) {
      copyFileSync(join(scripts, name), join(machine, "switchyard/scripts", name));
    }
  });
  afterAll(() => {
    // Nothing of this machine is mounted into it; debootstrap's own mounts are gone by now, or it is left as it is.
    const mounted = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .some((line) => line.split(" ")[1]?.startsWith(machine));
    if (!mounted && dirname(machine) === tmpdir()) rmSync(machine, { recursive: true, force: true });
  });

  test("gets every part of the table from the installer, and then all of them are there", () => {
    expect(missing()).toEqual(parts.map(({ name }) => name));

    const { status, stdout, stderr } = inside("node", "/switchyard/scripts/install-parts.mjs");
    console.log(stdout);
    expect(stdout).not.toContain("FAILED");
    expect(stderr).toBe("");
    for (const { name } of parts) expect(stdout).toMatch(new RegExp(`test: ${name}: (installed \\(|came with another part)`));
    expect(status).toBe(0);
    expect(missing()).toEqual([]);

    // and nothing that they load is lacking; they are not started, for a browser wants more of a machine than a folder is
    for (const program of ["/usr/lib/chromium/chromium", "/usr/bin/Xvfb", "/usr/bin/pdftotext", "/usr/bin/python3"]) {
      const { stdout: libraries, status: known } = inside("ldd", program);
      const lacking = libraries.split("\n").filter((line) => line.includes("not found"));
      expect({ program, known, lacking }).toEqual({ program, known: 0, lacking: [] });
    }
    const table = String.raw`\begin{tabular}{l}\toprule a\\\bottomrule\end{tabular}`;
    writeFileSync(
      join(machine, "tmp/table.tex"),
      String.raw`\documentclass{article}\usepackage{booktabs}\begin{document}${table}\end{document}`,
    );
    expect(inside("pdflatex", "-halt-on-error", "-interaction=batchmode", "-output-directory=/tmp", "/tmp/table.tex").status).toBe(0);
  });
});
