#!/usr/bin/env node
/**
 * Builds what a plain clone needs to run.
 *
 *   node scripts/build.mjs node   command line and its workers -> out/node   (also `npm ci`, through "prepare")
 *   node scripts/build.mjs app    main, preload and renderer   -> out/app
 *   node scripts/build.mjs all    both
 *
 * Packages from node_modules stay outside the Node bundle: some are native (`webgpu`), some carry WebAssembly
 * beside their code, and a clone has them installed anyway. Only our own TypeScript and WGSL is bundled.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./root.mjs";

/** Name of the file in out/node -> source of the entry. */
const nodeEntries = {
  cli: "experiments/cli.ts",
  "engine.worker": "engine/worker.node.ts",
  "bench.worker": "experiments/bench/worker.node.ts",
  "kernel.worker": "experiments/notebook/kernel.worker.node.ts",
  "study-statistics": "experiments/statistics/simulate.main.ts",
  "study-aa": "experiments/statistics/aa-study.main.ts",
};

const appConfig = "electron.vite.config.ts";

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
  if (existsSync(join(root, "scripts/build-wasm.mjs"))) runScript("scripts/build-wasm.mjs");
  else console.log("build: no scripts/build-wasm.mjs yet, the CPU kernels are not built");
}

async function buildNode() {
  const input = {};
  for (const [name, source] of Object.entries(nodeEntries)) {
    if (existsSync(join(root, source))) input[name] = join(root, source);
    else console.log(`build: ${name}.js skipped, ${source} does not exist yet`);
  }
  if (Object.keys(input).length === 0) return;
  const { build } = await import("vite");
  const outDir = join(root, "out/node");
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
  const cli = join(outDir, "cli.js");
  if (existsSync(cli)) chmodSync(cli, 0o755);
  console.log(`build: out/node (${Object.keys(input).join(", ")})`);
}

function buildApp() {
  if (!existsSync(join(root, appConfig))) {
    console.log(`build: app skipped, ${appConfig} does not exist yet`);
    return;
  }
  rmSync(join(root, "out/app"), { recursive: true, force: true });
  const electronVite = join(dirname(fileURLToPath(import.meta.resolve("electron-vite/package.json"))), "bin/electron-vite.js");
  const { status } = spawnSync(process.execPath, [electronVite, "build", "--logLevel", "warn"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("electron-vite build failed");
  console.log("build: out/app");
}

const what = process.argv[2] ?? "all";
if (!["node", "app", "all"].includes(what)) {
  console.error(`build: unknown part "${what}": node, app or all`);
  process.exit(2);
}
try {
  buildKernels();
  buildLibraries();
  if (what !== "app") await buildNode();
  if (what !== "node") buildApp();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
