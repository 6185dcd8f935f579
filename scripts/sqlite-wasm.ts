/** A build plugin: bundled code of node-sqlite3-wasm looks for its WebAssembly beside itself. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, posix } from "node:path";
import type { Plugin } from "vite";

const name = "node-sqlite3-wasm.wasm";

export function sqliteWasm(): Plugin {
  return {
    name: "switchyard:sqlite-wasm",
    generateBundle(_options, bundle) {
      const folder = dirname(createRequire(import.meta.url).resolve("node-sqlite3-wasm"));
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk" && file.moduleIds.some((id) => id.includes("node-sqlite3-wasm")))
          this.emitFile({
            type: "asset",
            fileName: posix.join(posix.dirname(file.fileName), name),
            source: readFileSync(`${folder}/${name}`),
          });
      }
    },
  };
}
