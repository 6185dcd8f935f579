#!/usr/bin/env node
/**
 * Trains a bench model with checkpoints on disk, as often as they are made by default, and prints what part of the time training stood still for them.
 *
 *   node test/engine/checkpoint-cost.mjs [S] [SECONDS]
 */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("checkpoint-cost.ts", import.meta.url)), {
  configFile: false,
  logLevel: "error",
});
const { seconds, checkpoints, share, bytes } = await module.checkpointCost(process.argv[2] ?? "S", Number(process.argv[3] ?? 60));
console.log(
  `${checkpoints} checkpoints of ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(0)} s: ${(100 * share).toFixed(2)} % of the time`,
);
