#!/usr/bin/env node
/**
 * Builds what a plain clone needs to run.
 *
 *   node scripts/build.mjs sources   sources that are made: CPU kernels, libraries of cells
 *   node scripts/build.mjs node      those, and the command line and its workers -> out/node
 *   node scripts/build.mjs app       those, and main, preload and renderer       -> out/app
 *   node scripts/build.mjs all       all of it
 *
 * A build is whole or not there, and what runs from an older one goes on with that (scripts/builds.mjs).
 *
 * Packages from node_modules stay outside the Node bundle: some are native (`webgpu`), some carry WebAssembly
 * beside their code, and a clone has them installed anyway. Only our own TypeScript and WGSL is bundled.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishBuild, unfinishedBuild } from "./builds.mjs";
import { root } from "./root.mjs";

/** Name of the file in out/node -> source of the entry. */
const nodeEntries = {
  cli: "experiments/cli.ts",
  "engine.worker": "engine/worker.node.ts",
  "bench.worker": "experiments/bench/worker.node.ts",
  "kernel.worker": "experiments/notebook/kernel/worker.node.ts",
  "study-statistics": "test/studies/simulate.main.ts",
  "study-aa": "test/studies/aa-study.main.ts",
};

function runScript(path, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, path), ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`${path} failed`);
}

/** d3 and Plot as one script for the sandbox of cells, and the names they export: imported like sources. */
function buildLibraries() {
  runScript("scripts/build-libraries.mjs");
}

/** The WASM kernels are TypeScript sources too once they are built: every bundle imports them. */
function buildKernels() {
  runScript("scripts/build-wasm.mjs");
}

/** Lets `make` fill a fresh folder, and publishes it; a build that fails leaves what was there. */
async function publish(kind, make) {
  const since = new Date();
  const folder = unfinishedBuild(kind);
  try {
    await make(folder);
    publishBuild(kind, folder, { since });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildNode(outDir) {
  const input = Object.fromEntries(Object.entries(nodeEntries).map(([name, source]) => [name, join(root, source)]));
  const { build } = await import("vite");
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { external: true },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: "node20.18",
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input,
        // Flat, so that a URL relative to `import.meta.url` means the same in every chunk.
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "chunk-[name]-[hash].js" },
      },
    },
  });
  chmodSync(join(outDir, "cli.js"), 0o755);
  console.log(`build: out/node (${Object.keys(input).join(", ")})`);
}

function buildApp(outDir) {
  const electronVite = join(dirname(fileURLToPath(import.meta.resolve("electron-vite/package.json"))), "bin/electron-vite.js");
  const { status } = spawnSync(process.execPath, [electronVite, "build", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, SWITCHYARD_BUILD_FOLDER: outDir },
  });
  if (status !== 0) throw new Error("electron-vite build failed");
  console.log("build: out/app");
}

const what = process.argv[2] ?? "all";
if (!["sources", "node", "app", "all"].includes(what)) {
  console.error(`build: unknown part "${what}": sources, node, app or all`);
  process.exit(2);
}
try {
  buildKernels();
  buildLibraries();
  if (what === "node" || what === "all") await publish("node", buildNode);
  if (what === "app" || what === "all") await publish("app", buildApp);
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
