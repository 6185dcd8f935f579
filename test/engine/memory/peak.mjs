#!/usr/bin/env node
/**
 * Trains a bench model for some steps and prints, in bytes, how much the process grew at most and what was predicted (linear memory, and beside it).
 *
 *   node test/engine/memory/peak.mjs [S]
 */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("peak.ts", import.meta.url)), { configFile: false, logLevel: "error" });
console.log(JSON.stringify(await module.peak(process.argv[2] ?? "S")));
