#!/usr/bin/env node
/**
 * `npm run screenshots`: pictures of every state of the app, in both themes, and what axe has to say about each.
 *
 *   node test/e2e/screenshots.mjs [--no-build] [--out FOLDER] [SCENE…]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { chromiumPath } from "../../scripts/test-parts.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "no-build": { type: "boolean", default: false }, out: { type: "string", default: join(root, "test/screenshots") } },
});

if (!values["no-build"]) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "app"], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
process.env.CHROMIUM_PATH ??= chromiumPath() ?? "";
const { module } = await runnerImport(fileURLToPath(new URL("screenshots.ts", import.meta.url)), { configFile: false, logLevel: "error" });
const findings = await module.takeScreenshots(values.out, positionals);
for (const finding of findings) console.log(finding);
console.log(`${findings.length} findings`);
process.exit(findings.length > 0 ? 1 : 0);
