#!/usr/bin/env node
/**
 * `npm run attack:ipc -- [MESSAGES] [SEED]`: malformed and malicious messages over every channel between a page and the main
 * process. Ends with 1 when a page has achieved anything.
 */
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runnerImport } from "vite";

setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc");
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const { module } = await runnerImport(at("ipc.ts"), {
  configFile: false,
  logLevel: "error",
  resolve: { alias: { electron: at("electron-double.ts") } },
});
const { messages, channels, breaches, growth, seconds } = await module.attack(
  Number(process.argv[2] ?? 100_000),
  Number(process.argv[3] ?? 1),
);
for (const [name, { refused, answered }] of channels)
  console.log(`${name.padEnd(24)} ${String(refused).padStart(7)} refused ${String(answered).padStart(7)} answered`);
console.log(
  `${messages} messages over ${channels.size} channels in ${seconds.toFixed(0)} s, heap ${growth >= 0 ? "+" : ""}${growth.toFixed(1)} MiB`,
);
// A leak of a kilobyte for every message would show as a hundred.
if (growth > 64) breaches.push(`memory grew by ${growth.toFixed(0)} MiB`);
for (const breach of breaches) console.log(`ACHIEVED: ${breach}`);
if (breaches.length === 0) console.log("nothing was read, written, opened or crashed that a person had not chosen");
process.exit(breaches.length > 0 ? 1 : 0);
