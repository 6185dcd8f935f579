#!/usr/bin/env node
/**
 * Compiles the CPU kernels (AssemblyScript) twice, with relaxed-SIMD multiply-add and without, and writes both as
 * base64 into one TypeScript module, so that every place that runs them loads them without files.
 * Does nothing when neither sources, compiler nor options changed.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./root.mjs";

const folder = join(root, "engine/backends/cpu");
const output = join(folder, "generated/kernels.ts");
const options = [
  "assembly/index.ts",
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--noExportMemory",
  "--use",
  "abort=",
  "--disableWarning",
  "112",
  "--enable",
  "simd",
];
const variants = { fma: ["--enable", "relaxed-simd"], plain: [] };

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

function sourcesHash() {
  const compiler = createRequire(import.meta.url)("assemblyscript/package.json").version;
  const sources = readdirSync(join(folder, "assembly"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
  const texts = sources.map((name) => [name, readFileSync(join(folder, "assembly", name), "utf8")]);
  return sha256(JSON.stringify([compiler, options, variants, readFileSync(new URL(import.meta.url), "utf8"), texts]));
}

async function compile(flags) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const { error, stderr } = await asc.main([...options, ...flags, "--baseDir", folder, "--outFile", "kernels.wasm"], {
    writeFile: (_name, contents) => {
      binary = Buffer.from(contents);
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return binary;
}

const hash = sourcesHash();
const stamp = `// Written by scripts/build-wasm.mjs from assembly/ (${hash.slice(0, 16)}). Not for editing.`;
if (!existsSync(output) || !readFileSync(output, "utf8").startsWith(stamp)) {
  const start = performance.now();
  const entries = [];
  let names = [];
  for (const [name, flags] of Object.entries(variants)) {
    const binary = await compile(flags);
    // Node can only read the exports of the variant that it can compile.
    if (name === "plain")
      names = WebAssembly.Module.exports(new WebAssembly.Module(binary))
        .filter(({ kind }) => kind === "function")
        .map((entry) => entry.name);
    entries.push(`  ${name}: {\n    sha256: "${sha256(binary)}",\n    base64: "${binary.toString("base64")}",\n  },`);
  }
  const type = `export type KernelName =\n${names.map((name) => `  | "${name}"`).join("\n")};`;
  // By renaming, so that nobody reads half a file.
  const unfinished = `${output}.${process.pid}`;
  writeFileSync(unfinished, `${stamp}\n${type}\n\nexport const binaries = {\n${entries.join("\n")}\n};\n`);
  renameSync(unfinished, output);
  console.log(`build: CPU kernels (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
