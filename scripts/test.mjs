#!/usr/bin/env node
/**
 * `npm test`: types, units, and the end-to-end suites whose parts are there. Every suite that does not run says why.
 * Under CI=true a suite may not be skipped for a part that could have been installed. The last line is
 * "N passed, N failed, N skipped" over everything; a type check counts as one.
 *
 *   node scripts/test.mjs [SUITE…]   only these suites: types, svelte, build, units, study, chromium, electron, packaged
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { describeElectron, findElectron } from "./electron-binary.mjs";
import { findParityPython, installParityPython } from "./parity-python.mjs";
import { root } from "./root.mjs";
import { chromiumPath, hasLatex, hasScreen, provideParts } from "./test-parts.mjs";

const ci = process.env.CI === "true";
const reports = join(root, "out/test");
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function heading(name) {
  console.log(`\n── ${name}`);
}

/** A suite that cannot run: fine on a person's machine, a failure on CI unless nothing could be done about it. */
function skip(name, reason, { installable = false } = {}) {
  const fails = ci && installable;
  console.log(`test: ${name} ${fails ? "FAILED" : "skipped"}: ${reason}`);
  if (fails) {
    total.failed += 1;
    failures.push(`${name}: ${reason}`);
  }
}

function npx(args, env = {}) {
  return spawnSync(process.platform === "win32" ? "npx.cmd" : "npx", ["--no-install", ...args], { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status;
}

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
  const command = [...wrap, process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...args];
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
    for (const test of suite.assertionResults) if (test.status === "failed") failures.push(`${relative(root, suite.name)}: ${test.fullName}`);
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

function filesUnder(folder, ending) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true }).filter((path) => path.endsWith(ending));
}

const only = process.argv.slice(2);
const wanted = (suite) => only.length === 0 || only.includes(suite);

if (["units", "chromium", "electron", "packaged"].some(wanted)) provideParts();

if (wanted("types")) check("types", () => npx(["tsc", "--noEmit"]));

if (wanted("svelte")) {
  if (filesUnder("renderer", ".svelte").length > 0) check("svelte-check", () => npx(["svelte-check", "--tsconfig", "tsconfig.json", "--threshold", "warning"]));
  else skip("svelte-check", "there are no components yet");
}

// Units run the bundle as a subprocess and the end-to-end suites run the app: both are built from this very source.
if (wanted("build") || only.length === 0) check("build", () => spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "all"], { cwd: root, stdio: "inherit" }).status);

if (wanted("units")) {
  const python = findParityPython() ?? (ci ? installParityPython() : null);
  // It counts its own test as skipped where there is none; on CI that is a failure, for PyTorch could have been installed.
  if (!python) skip("a trained model in transformers, and a run replayed in PyTorch", "no Python with test/parity/requirements.txt (name one by PARITY_PYTHON)", { installable: true });
  if (!hasLatex()) skip("exported tables compile in LaTeX", "no pdflatex (texlive-latex-base, texlive-latex-recommended)", { installable: process.platform === "linux" });
  vitest("units", [], { env: python ? { PARITY_PYTHON: python } : {} });
}

if (wanted("study")) vitest("study", ["--config", "test/study/vitest.config.ts"]);

if (wanted("chromium")) {
  if (filesUnder("test/e2e/chromium", ".test.ts").length === 0) skip("chromium", "there are no tests in test/e2e/chromium");
  else if (!chromiumPath()) skip("chromium", "no Chromium (set CHROMIUM_PATH)", { installable: process.platform === "linux" });
  else vitest("chromium", ["--config", "test/e2e/vitest.config.ts", "test/e2e/chromium"], { env: { CHROMIUM_PATH: chromiumPath() } });
}

/** The app as the source tree starts it, and as `npm run dist` packs it. */
for (const suite of ["electron", "packaged"]) {
  if (!wanted(suite)) continue;
  if (filesUnder(`test/e2e/${suite}`, ".test.ts").length === 0) skip(suite, `there are no tests in test/e2e/${suite}`);
  else if (!hasScreen()) skip(suite, "no display and no xvfb-run", { installable: process.platform === "linux" });
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
