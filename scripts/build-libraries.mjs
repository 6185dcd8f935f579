#!/usr/bin/env node
/**
 * Makes one script of d3, Plot and the document they draw in, to be evaluated inside the sandbox of cells, a list of what
 * can be imported from each, and their declarations for the editor and `switchyard check`. Where these libraries read a browser's globals they get those of
 * `experiments/api/libraries/environment.ts`. Does nothing when neither sources nor packages changed.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

const folder = join(root, "experiments/api/libraries");
const output = {
  script: join(folder, "generated/libraries.js"),
  names: join(folder, "generated/names.ts"),
  declarations: join(folder, "generated/declarations.json"),
  packages: join(folder, "generated/packages.json"),
};
const versioned = ["d3", "@observablehq/plot", "linkedom", "@types/d3"];
const globals =
  "document window Intl setTimeout clearTimeout setInterval clearInterval requestAnimationFrame performance fetch Image".split(" ");

function sourcesHash() {
  const sources = [
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
    ...["text", "text-widths", "svg"].map((name) => join(root, `experiments/figures/${name}.ts`)),
  ];
  const versions = versioned.map((name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version);
  return createHash("sha256")
    .update(
      JSON.stringify([
        versions,
        readFileSync(new URL(import.meta.url), "utf8"),
        ...sources.sort().map((path) => readFileSync(path, "utf8")),
      ]),
    )
    .digest("hex");
}

/** Path below a folder of packages → text; the types of elements are in `elements.d.ts`, which no import names. */
function declarations() {
  const modules = join(root, "node_modules");
  const typed = readdirSync(join(modules, "@types"))
    .filter((name) => name === "geojson" || name === "d3" || name.startsWith("d3-"))
    .map((name) => `@types/${name}/index.d.ts`);
  const plot = readdirSync(join(modules, "@observablehq/plot/src"), { recursive: true })
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => `@observablehq/plot/src/${name}`);
  const files = Object.fromEntries([...typed, ...plot].sort().map((path) => [path, readFileSync(join(modules, path), "utf8")]));
  return {
    "elements.d.ts": readFileSync(join(folder, "elements.d.ts"), "utf8"),
    "@observablehq/plot/index.d.ts": 'export * from "./src/index.js";\n',
    ...files,
  };
}

/** A package and all it depends on: linkedom's worker holds its dependencies. */
function withDependencies(name, known = new Set()) {
  if (known.has(name)) return known;
  known.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  for (const other of Object.keys(dependencies)) withDependencies(other, known);
  return known;
}

/** By renaming, so that nobody reads half a file. */
function write(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

const stamp = `// Written by scripts/build-libraries.mjs (${sourcesHash().slice(0, 16)}). Not for editing.`;
const isCurrent = (path) => existsSync(path) && readFileSync(path, "utf8").startsWith(stamp);
if (!existsSync(output.declarations) || !existsSync(output.packages) || !isCurrent(output.script) || !isCurrent(output.names)) {
  const start = performance.now();
  const { build } = await import("vite");
  const [
    {
      output: [chunk],
    },
  ] = await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: { entry: join(folder, "main.ts"), formats: ["iife"], name: "$libraries" },
      rolldownOptions: { transform: { inject: Object.fromEntries(globals.map((name) => [name, [join(folder, "environment.ts"), name]])) } },
    },
  });
  // The warnings of Plot go to the log of the cell.
  const script = `${stamp}\n(console => {\n${chunk.code}\nreturn $libraries;\n})\n`;
  const names = {};
  for (const name of ["d3", "@observablehq/plot"]) names[name] = Object.keys(await import(name)).sort();
  const declared = declarations();
  // whose licences go along, as `bundled-licences.ts` cannot see into a script that is text
  const used = [...chunk.moduleIds, ...Object.keys(declared).map((path) => `/node_modules/${path}`)].flatMap(
    (id) => /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id)?.[1] ?? [],
  );
  write(output.packages, JSON.stringify([...new Set([...used, ...withDependencies("linkedom")])].sort()));
  write(output.declarations, JSON.stringify(declared));
  write(output.script, script);
  write(
    output.names,
    `${stamp}\n/** What a cell can import, besides "switchyard". */\nexport const libraryNames: Readonly<Record<"d3" | "@observablehq/plot", readonly string[]>> = ${JSON.stringify(names, null, 1)};\n`,
  );
  console.log(`build: libraries of cells (${Math.round(script.length / 1024)} kB, ${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
