#!/usr/bin/env node
/**
 * `npm run figures`: every figure of ordinary studies and of those at the extremes, light and dark, as SVG and PNG with a
 * page to look through them. Opening them all is how figures are looked at; the tests hold what can be measured.
 *
 *   node test/figures/pictures.mjs [--out FOLDER] [--width PIXELS] [--scale N] [--only TEXT]   TEXT: part of "study/figure"
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(root, "out/figures") },
    width: { type: "string", default: "720" },
    scale: { type: "string", default: "1.5" },
    only: { type: "string", default: "" },
  },
});
const { module } = await runnerImport(fileURLToPath(new URL("pictures.ts", import.meta.url)), { configFile: false, logLevel: "error" });
const { index, pictures, seconds } = await module.writePictures(values.out, {
  width: Number(values.width),
  scale: Number(values.scale),
  only: values.only,
});
console.log(`${pictures} pictures in ${seconds.toFixed(0)} s: ${index}`);
