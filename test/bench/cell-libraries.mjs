#!/usr/bin/env node
/**
 * What d3 and Plot cost a cell: processor time to evaluate their script in the sandbox's machine, time of a plot with a
 * legend, and the machine's memory they take. Medians of nine machines.
 *
 *   node test/bench/cell-libraries.mjs      after a build
 */
import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import { readFileSync } from "node:fs";
import { newQuickJSWASMModuleFromVariant } from "quickjs-emscripten-core";

const script = readFileSync(new URL("../../experiments/api/libraries/generated/libraries.js", import.meta.url), "utf8");
const points = 1200;
const cell = `{
  const { "@observablehq/plot": Plot } = libraries.modules;
  const rows = Array.from({ length: ${points} }, (_, i) => ({ x: i % 400, y: Math.sin(i / 20), arm: "arm " + Math.floor(i / 400) }));
  libraries.drawingOf(Plot.plot({ title: "Title", color: { legend: true }, marks: [Plot.line(rows, { x: "x", y: "y", stroke: "arm" })] })).svg;
}`;

/** Milliseconds of processor time: on a busy machine the clock measures the others too. */
function processorTime(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const figures = { "evaluate the script": [], "first plot": [], "second plot": [] };
const megabytes = [];
for (let machine = 0; machine < 9; machine++) {
  const runtime = (await newQuickJSWASMModuleFromVariant(variant)).newRuntime();
  const context = runtime.newContext();
  const evaluate = (code) => context.evalCode(code, "cell").unwrap().dispose();
  const used = () => context.dump(runtime.computeMemoryUsage()).memory_used_size / 2 ** 20;
  const before = used();
  figures["evaluate the script"].push(
    processorTime(() => evaluate(`globalThis.make = ${script}; globalThis.libraries = make({ warn() {} });`)),
  );
  megabytes.push(used() - before);
  figures["first plot"].push(processorTime(() => evaluate(cell)));
  figures["second plot"].push(processorTime(() => evaluate(cell)));
}
for (const [name, values] of Object.entries(figures)) console.log(`${name}: ${median(values).toFixed(1)} ms`);
console.log(`memory of the script: ${median(megabytes).toFixed(1)} MB; its text: ${(script.length / 1024).toFixed(0)} kB`);
