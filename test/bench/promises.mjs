#!/usr/bin/env node
/**
 * What only a quiet machine can show: a study takes the time foretold for it, within 30 %; checkpoints cost less than 2 % of the time.
 *
 *   node test/bench/promises.mjs [--steps 150]     after `npm run build`; exits with 1 when a promise is not kept
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";

const { values } = parseArgs({ options: { steps: { type: "string", default: "150" } } });
const root = fileURLToPath(new URL("../..", import.meta.url));
const { module } = await runnerImport(fileURLToPath(new URL("promises.ts", import.meta.url)), { configFile: false, logLevel: "error" });

let broken = 0;
const { expected, measured, workers } = await module.studyTime(root, Number(values.steps));
const error = expected / measured - 1;
if (Math.abs(error) > 0.3) broken++;
console.log(
  `study of four runs, ${workers} workers: ${expected.toFixed(1)} s foretold, ${measured.toFixed(1)} s taken (${(100 * error).toFixed(0)} %; promised: within 30 %)`,
);
for (const model of ["XS", "S", "M"]) {
  const { milliseconds, bytes, share } = await module.checkpointCost(root, model);
  // the trainer sees to it: a larger model has them further apart
  const apart = share > 0.02 ? `, so one every ${(milliseconds / 20).toFixed(0)} s` : "";
  console.log(
    `checkpoint of ${model}: ${(bytes / 2 ** 20).toFixed(0)} MiB, ${milliseconds.toFixed(0)} ms, ${(100 * share).toFixed(2)} % of ten seconds${apart}`,
  );
}
process.exit(broken > 0 ? 1 : 0);
