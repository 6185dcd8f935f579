#!/usr/bin/env node
/**
 * `npm run gallery [-- NAME …] [--fresh]`: trains the quick budget of the gallery's notebooks, one after the other, on the CPU
 * and writes what ships with the app into experiments/gallery/<name>.results. Runs that are there already are kept;
 * `--fresh` trains all. Needed when `semantics`, the corpora or a quick budget change: a test says so.
 *
 * Results are whole, curves are thinned so that the repository stays small: the first 24 steps, every fourth after them,
 * the last one and every validation, to five digits.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { stateOfBuild } from "./builds.mjs";
import { root } from "./root.mjs";

const gallery = join(root, "experiments/gallery");
const { parseResult, resultOf, resultText } = (
  await runnerImport(join(root, "experiments/runs/store/result-file.ts"), { logLevel: "error" })
).module;
const all = readdirSync(gallery)
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .map((file) => file.slice(0, -".md".length));

const { values, positionals } = parseArgs({ allowPositionals: true, options: { fresh: { type: "boolean", default: false } } });
if (stateOfBuild("node") !== "current") {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "node"], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
for (const name of positionals.length > 0 ? positionals : all) {
  if (!all.includes(name)) throw new Error(`there is no notebook ${name}; there are ${all.join(", ")}`);
  refresh(name);
}

function refresh(name) {
  const shipped = join(gallery, `${name}.results`);
  const work = mkdtempSync(join(tmpdir(), "switchyard-gallery-"));
  try {
    if (!values.fresh && existsSync(shipped)) cpSync(shipped, work, { recursive: true });
    const started = performance.now();
    const args = [
      "run",
      join(gallery, `${name}.md`),
      "--budget",
      "quick",
      "--backend",
      "cpu",
      "--out",
      work,
      ...(values.fresh ? ["--fresh"] : []),
    ];
    const { status } = spawnSync(process.execPath, [join(root, "out/node/cli.js"), ...args], { cwd: root, stdio: "inherit" });
    if (status !== 0) throw new Error(`switchyard ${args.join(" ")} ended with ${status}`);
    console.log(`gallery: ${name} in ${Math.round((performance.now() - started) / 1000)} s`);
    ship(work, shipped);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Only what look-up and figures read: no weights, no figures, no report, no run that the study does not name. */
function ship(work, shipped) {
  const { experiments } = JSON.parse(readFileSync(join(work, "results.json"), "utf8"));
  rmSync(shipped, { recursive: true, force: true });
  mkdirSync(shipped);
  writeFileSync(join(shipped, "manifest.json"), readFileSync(join(work, "manifest.json")));
  for (const { curves } of experiments.flatMap(({ arms }) => arms.flatMap(({ runs }) => runs))) {
    const folder = dirname(curves);
    // an arm that another notebook trains too is one run, and ships there
    if (all.some((other) => existsSync(join(gallery, `${other}.results`, folder, "result.json")))) continue;
    mkdirSync(join(shipped, folder), { recursive: true });
    const curve = thinned(readFileSync(join(work, folder, "metrics.jsonl"), "utf8"));
    writeFileSync(join(shipped, folder, "config.json"), readFileSync(join(work, folder, "config.json")));
    writeFileSync(join(shipped, folder, "metrics.jsonl"), curve);
    writeFileSync(
      join(shipped, folder, "result.json"),
      resultText(resultOf(readResult(join(work, folder, "result.json"))), checksumOf(curve)),
    );
  }
}

function readResult(path) {
  const reading = parseResult(readFileSync(path, "utf8"));
  if (reading.state !== "read") throw new Error(`${path}: ${reading.why}`);
  return reading.value;
}

/** A result is sealed with the curve that it goes with: the thinned one. */
function checksumOf(curve) {
  return { bytes: Buffer.byteLength(curve), sha256: createHash("sha256").update(curve).digest("hex") };
}

function thinned(text) {
  const events = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const last = events.at(-1).step;
  const kept = events.filter(({ kind, step }) => kind === "eval" || step <= 24 || step % 4 === 0 || step === last);
  return kept
    .map(
      (event) =>
        `${JSON.stringify(event, (_key, value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value))}\n`,
    )
    .join("");
}
