/**
 * Stands in for Electron's own default app in the fallback binary: `electron [-r MODULE]… APP` runs APP.
 * Its top-level await matters: an app that is an ES module must have run before `ready` is emitted, otherwise it
 * registers its scheme too late.
 */
import { app } from "electron";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = [];
let folder = null;
for (const [index, argument] of process.argv.entries()) {
  if (index === 0 || process.argv[index - 1] === "-r" || process.argv[index - 1] === "--require") continue;
  if (argument === "-r" || argument === "--require") modules.push(process.argv[index + 1]);
  else if (!argument.startsWith("-")) {
    folder = resolve(argument);
    break;
  }
}
if (!folder) {
  console.error("electron: no app given");
  app.exit(1);
} else {
  process.defaultApp = true;
  const require = createRequire(join(process.cwd(), "main.js"));
  for (const module of modules) require(module);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  app.setName(manifest.productName ?? manifest.name);
  app.setVersion(manifest.version ?? "0.0.0");
  app.setAppPath(folder);
  await import(pathToFileURL(join(folder, manifest.main)).href);
}
