/** `--import` this to run our TypeScript sources in a plain Node 20 process. */
import { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
    import { readFile } from "node:fs/promises";
    import { fileURLToPath } from "node:url";
    import blankSpace from ${JSON.stringify(import.meta.resolve("ts-blank-space"))};
    export async function load(url, context, next) {
      if (!url.endsWith(".ts")) return next(url, context);
      return { format: "module", shortCircuit: true, source: blankSpace(await readFile(fileURLToPath(url), "utf8")) };
    }`)}`,
);
