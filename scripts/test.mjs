#!/usr/bin/env node
/**
 * `npm test`: types, units, and the end-to-end suites whose parts are there. Every suite that does not run says why.
 * Under CI=true a suite may not be skipped for a part that could have been installed. The last line is
 * "N passed, N failed, N skipped" over everything; a type check counts as one.
 *
 *   node scripts/test.mjs [SUITE…]   only these suites: bare-machine, build, lint, types, svelte, units, study, chromium,
 *                                    electron, packaged
 *
 * bare-machine installs a Debian without anything in a folder and everything that tests need on it: by itself on CI only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stateOfBuild } from "./builds.mjs";
import { describeElectron, findElectron } from "./electron-binary.mjs";
import { provideParts } from "./install-parts.mjs";
import { findParityPython, installParityPython } from "./parity-python.mjs";
import { root } from "./root.mjs";
import { chromiumPath, hasScreen, onPath } from "./test-parts.mjs";

const ci = process.env.CI === "true";
const linux = process.platform === "linux";
const reports = join(root, "out/test");
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function heading(name) {
  console.log(`\n── ${name}`);
}

/** A suite that cannot run: fine on a person's machine, a failure on CI unless nothing could be done about it. */
function skip(name, reason, { installable = false, counted = false } = {}) {
  const fails = ci && installable;
  console.log(`test: ${name} ${fails ? "FAILED" : "skipped"}: ${reason}`);
  if (fails) failures.push(`${name}: ${reason}`);
  if (fails) total.failed += 1;
  else if (!counted) total.skipped += 1;
}

const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status;
const build = (part) => node(join(root, "scripts/build.mjs"), part);

/** A command that passes or fails as a whole, counted as one test. */
function check(name, run) {
  heading(name);
  if (run() === 0) total.passed += 1;
  else {
    total.failed += 1;
    failures.push(name);
  }
}

/** One vitest run, its tests counted from the JSON report. */
function vitest(name, args, { env = {}, wrap = [] } = {}) {
  heading(name);
  mkdirSync(reports, { recursive: true });
  const file = join(reports, `${name}.json`);
  rmSync(file, { force: true });
  const command = [
    ...wrap,
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...args,
  ];
  const { status } = spawnSync(command[0], command.slice(1), { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (!existsSync(file)) {
    total.failed += 1;
    failures.push(`${name}: vitest ended with code ${status} and no report`);
    return;
  }
  const report = JSON.parse(readFileSync(file, "utf8"));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  let counted = report.numFailedTests;
  for (const suite of report.testResults) {
    const skipped = suite.assertionResults.filter((test) => test.status !== "passed" && test.status !== "failed");
    tellSkipped(relative(root, suite.name), skipped.length);
    for (const test of suite.assertionResults)
      if (test.status === "failed") failures.push(`${relative(root, suite.name)}: ${test.fullName}`);
    // A file that does not load has no tests to count.
    if (suite.status === "failed" && suite.assertionResults.every((test) => test.status !== "failed")) {
      total.failed += 1;
      counted += 1;
      failures.push(`${relative(root, suite.name)}: ${suite.message}`);
    }
  }
  if (status !== 0 && counted === 0) {
    total.failed += 1;
    failures.push(`${name}: vitest ended with code ${status}`);
  }
}

/**
 * Why tests inside a suite that runs may be skipped, by file. What a part would have brought is a failure on CI, where
 * the parts are installed; PyTorch is counted where it is looked for.
 */
const skips = [
  { files: /webgpu|replica-group|bench\/tune/, reason: "no WebGPU in Node (Chromium's SwiftShader and libvulkan1)", installable: linux },
  { files: /report\/latex/, reason: "no pdflatex with booktabs", installable: linux },
  { files: /parity\//, reason: "no PyTorch", installable: false },
  { files: /electron\/hidden/, reason: "it holds on 2 to 8 cores", installable: false },
  { files: /install\/parts/, reason: "apt has no lists", installable: linux },
];

function tellSkipped(file, count) {
  if (count === 0) return;
  const other = { reason: "this machine or system is not one that they hold on; see the file", installable: false };
  const { reason, installable } = skips.find(({ files }) => files.test(file)) ?? other;
  skip(`${count} of ${file}`, reason, { installable, counted: true });
}

const suites = ["bare-machine", "build", "lint", "types", "svelte", "units", "study", "chromium", "electron", "packaged"];
const only = process.argv.slice(2);
const unknown = only.filter((name) => !suites.includes(name));
if (unknown.length > 0) {
  console.error(`test: there is no suite ${unknown.join(", ")}; there are ${suites.join(", ")}`);
  process.exit(2);
}
const wanted = (suite) => only.length === 0 || only.includes(suite);

const needParts = ["units", "chromium", "electron", "packaged", "bare-machine"].some(wanted);
for (const { name, serves, packages } of needParts ? provideParts({ ci: ci || only.includes("bare-machine") }) : []) {
  if (ci && linux) skip(name, `it serves ${serves} and could not be installed (${packages.join(", ")})`, { installable: true });
}

const root0 = linux && process.getuid?.() === 0;
if (ci || only.includes("bare-machine")) {
  if (!root0 || !onPath("debootstrap")) skip("bare-machine", "it takes root and debootstrap", { installable: root0 });
  else vitest("bare-machine", ["--config", "test/bare-machine/vitest.config.ts"]);
} else if (only.length === 0) {
  skip("bare-machine", "it downloads 400 MB into a Debian of its own; for it, type: npm test bare-machine");
}

// Units run the bundle as a subprocess and the end-to-end suites run the app: both are built from this very source. Some
// sources are made too, so that types come after it.
const built = ["node", "app"].every((kind) => stateOfBuild(kind) === "current");
if (wanted("build")) check("build", () => build("all"));
else if (!built && ["units", "study", "chromium", "electron", "packaged"].some(wanted)) check("build", () => build("all"));
else if (["types", "svelte"].some(wanted)) build("sources");

if (wanted("lint")) {
  check("format and lint", () => node(join(root, "node_modules/@biomejs/biome/bin/biome"), "ci", "--error-on-warnings", "."));
  check("no dead exports", () => node(join(root, "node_modules/knip/bin/knip.js"), "--include", "files,exports,types"));
}

if (wanted("types")) check("types", () => node(join(root, "node_modules/typescript/bin/tsc"), "--noEmit"));

const svelteCheck = join(root, "node_modules/svelte-check/bin/svelte-check");
if (wanted("svelte")) check("svelte-check", () => node(svelteCheck, "--tsconfig", "tsconfig.json", "--threshold", "warning"));

if (wanted("units")) {
  const python = findParityPython() ?? (ci ? installParityPython() : null);
  // On CI that is a failure, for PyTorch could have been installed.
  if (!python)
    skip(
      "a trained model in transformers, and a run replayed in PyTorch",
      "no Python with test/parity/requirements.txt (name one by PARITY_PYTHON)",
      { installable: true, counted: true },
    );
  vitest("units", [], { env: python ? { PARITY_PYTHON: python } : {} });
}

if (wanted("study")) vitest("study", ["--config", "test/study/vitest.config.ts"]);

if (wanted("chromium")) {
  if (!chromiumPath()) skip("chromium", "no Chromium (set CHROMIUM_PATH)", { installable: linux });
  else vitest("chromium", ["--config", "test/e2e/vitest.config.ts", "test/e2e/chromium"], { env: { CHROMIUM_PATH: chromiumPath() } });
}

/** The app as the source tree starts it, and as `npm run dist` packs it. */
for (const suite of ["electron", "packaged"]) {
  if (!wanted(suite)) continue;
  if (!hasScreen()) skip(suite, "no display and no xvfb-run", { installable: linux });
  else {
    try {
      const electron = await findElectron();
      console.log(describeElectron(electron));
      const needsXvfb = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
      vitest(suite, ["--config", "test/e2e/vitest.config.ts", `test/e2e/${suite}`], {
        env: { ELECTRON_OVERRIDE_DIST_PATH: electron.dist },
        wrap: needsXvfb ? ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24"] : [],
      });
    } catch (error) {
      skip(suite, error.message, { installable: process.platform === "linux" && process.arch === "x64" });
    }
  }
}

if (failures.length > 0) console.log(`\nfailed:\n${failures.map((line) => `  ${line}`).join("\n")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);
