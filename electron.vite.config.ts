import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "electron-vite";
import { resolve } from "node:path";
import { licenceCollector } from "./scripts/bundled-licences.ts";
import { sqliteWasm } from "./scripts/sqlite-wasm.ts";

const at = (path: string) => resolve(import.meta.dirname, path);
/** scripts/build.mjs names a fresh folder and publishes it when it is whole. */
const out = process.env.SWITCHYARD_BUILD_FOLDER;
if (!out) throw new Error("the app is built by: node scripts/build.mjs app");
const licences = licenceCollector(resolve(out, "licences.txt"));

// Targets are pinned to the oldest Electron we run on (33: Chrome 130, Node 20.18), not to the installed one.
export default defineConfig({
  main: {
    plugins: [licences(), sqliteWasm()],
    build: {
      // A package carries no node_modules: what main uses is bundled like everything else.
      externalizeDeps: false,
      outDir: resolve(out, "main"),
      target: "node20.18",
      rolldownOptions: { input: { main: at("electron/main.ts"), "run-index.worker": at("electron/run-index.worker.ts") } },
    },
  },
  preload: {
    build: {
      outDir: resolve(out, "preload"),
      target: "node20.18",
      // A sandboxed preload must be CommonJS.
      rolldownOptions: { input: { preload: at("electron/preload.ts") }, output: { format: "cjs", entryFileNames: "[name].cjs" } },
    },
  },
  renderer: {
    root: "renderer",
    base: "./",
    plugins: [svelte(), licences()],
    worker: { format: "es", plugins: () => [licences()], rolldownOptions: { checks: { pluginTimings: false } } },
    build: {
      outDir: resolve(out, "renderer"),
      target: "chrome130",
      minify: true,
      // Monaco's TypeScript worker alone is 7 MB; it loads when the first editor opens.
      chunkSizeWarningLimit: 12_000,
      rolldownOptions: { input: at("renderer/index.html"), checks: { pluginTimings: false } },
    },
  },
});
