#!/usr/bin/env node
/**
 * The command `switchyard`: what `npm link` puts on the path, and `npm run -s switchyard --` starts. It runs the build
 * that is there and never builds: a command must not change what other processes run.
 */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stateOfBuild } from "./builds.mjs";
import { root } from "./root.mjs";

// npm starts scripts in the package's folder; paths that a person types are meant from where they are.
if (process.env.npm_lifecycle_event === "switchyard" && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
// Programs that this one starts were not started by npm.
for (const name of ["npm_lifecycle_event", "npm_lifecycle_script", "INIT_CWD"]) delete process.env[name];

const state = stateOfBuild("node");
if (state === "missing") {
  console.error(`switchyard: it is not built yet; type: npm --prefix ${JSON.stringify(root)} run build`);
  process.exitCode = 2;
} else {
  if (state === "old") console.error("switchyard: its sources are younger than its build; npm run build takes them in");
  await import(pathToFileURL(realpathSync(join(root, "out/node/cli.js"))).href);
}
