import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

await runnerImport(fileURLToPath(new URL("train.ts", import.meta.url)), { configFile: false, logLevel: "error" });
