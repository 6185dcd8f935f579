#!/usr/bin/env node
/**
 * Trains many small runs one after another in one process and prints the resident memory after each, in bytes, and what one run's linear memory takes.
 *
 *   node --expose-gc test/engine/memory/many-runs.mjs [100]
 */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("many-runs.ts", import.meta.url)), { configFile: false, logLevel: "error" });
console.log(JSON.stringify(await module.manyRuns(Number(process.argv[2] ?? 100))));
