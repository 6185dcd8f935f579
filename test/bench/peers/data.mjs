/** `node data.mjs MODEL FOLDER STEPS`: see data.ts */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("data.ts", import.meta.url)), { configFile: false, logLevel: "error" });
await module.writePeerData(process.argv[2], process.argv[3], Number(process.argv[4]));
