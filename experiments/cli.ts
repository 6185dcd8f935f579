#!/usr/bin/env node
/** The command line: the same notebook, kernel, coordinator and report as the app, without a window. */
import "../engine/closed-prototypes.ts";
import { main } from "./cli/main.ts";
import { markInUse } from "./node/in-use.ts";

markInUse(import.meta.dirname);
process.exitCode = await main(process.argv.slice(2));
