#!/usr/bin/env node
/**
 * How fast the CPU backend trains the bench models, and where the time goes. Run the tests first: a rate means nothing without them.
 *
 *   node test/engine/cpu-rate.mjs [XS] [S] [M] [D] … [--steps 20] [--plain]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string", default: "20" }, plain: { type: "boolean", default: false } },
});
const { module } = await runnerImport(fileURLToPath(new URL("cpu-rate.ts", import.meta.url)), { configFile: false, logLevel: "error" });
for (const name of positionals.length > 0 ? positionals : ["XS", "S"])
  console.log(await module.measure(name, Number(values.steps), !values.plain));
