import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "electron-vite";
import { resolve } from "node:path";

const at = (path: string) => resolve(import.meta.dirname, path);

// Targets are pinned to the oldest Electron we run on (33: Chrome 130, Node 20.18), not to the installed one.
export default defineConfig({
  main: {
    build: {
      outDir: "out/app/main",
      target: "node20.18",
      rolldownOptions: { input: { main: at("electron/main.ts") } },
    },
  },
  preload: {
    build: {
      outDir: "out/app/preload",
      target: "node20.18",
      // A sandboxed preload must be CommonJS.
      rolldownOptions: { input: { preload: at("electron/preload.ts") }, output: { format: "cjs", entryFileNames: "[name].cjs" } },
    },
  },
  renderer: {
    root: "renderer",
    base: "./",
    plugins: [svelte()],
    worker: { format: "es" },
    build: {
      outDir: at("out/app/renderer"),
      target: "chrome130",
      minify: true,
      // Monaco's TypeScript worker alone is 7 MB; it loads when the first editor opens.
      chunkSizeWarningLimit: 12_000,
      rolldownOptions: { input: at("renderer/index.html"), checks: { pluginTimings: false } },
    },
  },
});
