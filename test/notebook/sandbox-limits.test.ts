/** What a cell may take, and that it is told so: by a sentence, not by what breaks. */
import { describe, expect, test } from "vitest";
import { openHarness, rawCell } from "./kernel-harness.ts";

const megabyte = 2 ** 20;
const api = 'import { experiment } from "switchyard";\n';

describe("memory", () => {
  test("may grow after a cell has waited, up to the limit, without breaking the sandbox", async () => {
    const { run, kernel } = await openHarness(undefined, { memoryBytes: 128 * megabyte, cpuSeconds: 100 });
    const outcomes = await run({
      grows: "await null;\nconst big = [];\nfor (let i = 0; i < 60; i++) { big.push(new ArrayBuffer(1e6)); await null; }\nbig.length",
    });
    expect(outcomes.grows).toEqual({ status: "done" });
    expect(await kernel.generation()).toBe(1);
  });

  test.each([
    ["lists", "const all = []; for (;;) all.push(new Array(1000).fill(7))"],
    ["text", "const all = []; for (let i = 0; ; i++) all.push(String(i).repeat(1e5))"],
    ["buffers", "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1))"],
  ])("of %s is what the limit says, in the whole process, and the next cell has it again", async (_what, body) => {
    const limit = 64 * megabyte;
    const { kernel, displays } = await openHarness(undefined, { memoryBytes: limit, cpuSeconds: 100 });
    await kernel.evaluate(rawCell("warm", "1"));
    const before = process.memoryUsage.rss();
    expect(await kernel.evaluate(rawCell("a", body))).toMatchObject({ status: "failed", error: { name: "MemoryLimit" } });
    // the machine's own 16 MB, and as much again for what the test's process does meanwhile
    expect(process.memoryUsage.rss() - before).toBeLessThan(limit + 2 * 16 * megabyte);
    expect(await kernel.evaluate(rawCell("b", "display(new Uint8Array(4e7).length)"))).toEqual({ status: "done" });
    expect(displays).toHaveLength(1);
  });
});

describe("a cell that asks for too much is told so", () => {
  test("100,000 experiments: an error at the first beyond the limit, and other cells go on", async () => {
    const { run, kernel, requests } = await openHarness();
    const outcomes = await run({ loop: `${api}for (let i = 0; i < 1e5; i++) experiment("E" + i, {});`, after: "const x = 1;" });
    expect(outcomes.loop).toMatchObject({ status: "failed", error: { message: expect.stringContaining("too many experiments"), line: 2 } });
    expect(outcomes.after).toEqual({ status: "done" });
    expect(requests).toHaveLength(1000);
    expect(await kernel.generation()).toBe(1);
  });

  test("a spec of megabytes", async () => {
    const { run, requests } = await openHarness();
    expect(await run({ e: `${api}await experiment("E", { question: "x".repeat(3e6) });` })).toMatchObject({
      e: { error: { message: expect.stringContaining("at most 1000000") } },
    });
    expect(requests).toEqual([]);
  });

  test("a value nested a thousand levels deep", async () => {
    const { run } = await openHarness();
    expect(
      await run({ e: `${api}let deep = {};\nfor (let i = 0; i < 1000; i++) deep = { deep };\nawait experiment("E", deep);` }),
    ).toMatchObject({ e: { error: { message: expect.stringContaining("nested deeper than 64 levels") } } });
  });

  test("megabytes of drawings and lines: the rest is not shown, and it says so", async () => {
    const { kernel, displays, logs } = await openHarness(undefined, { cpuSeconds: 100 });
    await kernel.evaluate(rawCell("a", 'const s = "x".repeat(1e6); for (let i = 0; i < 100; i++) { display(s + i); console.log(s) }'));
    const shown = displays.reduce((sum, { item }) => sum + JSON.stringify(item).length, 0);
    expect(shown).toBeLessThan(17.1e6);
    expect(displays.at(-1)!.item).toEqual({ kind: "text", text: "… more than 16 MB: the rest is not shown" });
    expect(logs.join("").length).toBeLessThan(3.1e6);
    expect(logs.at(-1)).toContain("the rest is not shown");
  });
});

describe("what a cell has made stays as it was made", () => {
  const changes: [string, string, string][] = [
    ["a list", "const v = [1];", "v.push(2)"],
    ["a list within an object", "const v = { a: { b: [1] } };", "v.a.b[0] = 2"],
    ["an object", "const v = { a: 1 };", "v.b = 2"],
    ["a property taken away", "const v = { a: 1 };", "delete v.a"],
    ["a list that is sorted", "const v = [3, 1];", "v.sort()"],
    ["a map", "const v = new Map([[1, 2]]);", "v.set(1, 3)"],
    ["what a map holds", "const v = new Map([[1, { a: 1 }]]);", "v.get(1).a = 2"],
    ["a set", "const v = new Set([1]);", "v.add(2)"],
    ["a date", "const v = new Date(0);", "v.setFullYear(1999)"],
    ["an instance", "class C { n = 0; more() { this.n++ } }\nconst v = new C();", "v.more()"],
    ["a typed array", "const v = new Float64Array(3);", "v[0] = 1"],
    ["a typed array, behind a caught error", "const v = { w: new Uint8Array(3) };", "v.w.fill(1);\nthrow new Error('other')"],
    ["a long list", "const v = Array.from({ length: 50000 }, (_, i) => i);", "v.length = 3"],
    ["an object in a long list", "const v = Array.from({ length: 50000 }, (_, i) => ({ i }));", "v[40000].i = 3"],
    [
      "a list through its own cell's function",
      "const list = [];\nconst v = Object.assign((x) => list.push(x), { size: () => list.length });",
      "v(1)",
    ],
    ["a grouping of d3", 'import { group } from "d3";\nconst v = group([{ k: 1 }], (d) => d.k);', "v.set(2, [])"],
  ];
  test.each(changes)("%s: a cell that changes it fails, and its readers see it as it was", async (_what, makes, change) => {
    const { run, displays } = await openHarness();
    const look =
      "JSON.stringify(v instanceof Map || v instanceof Set ? [...v] : ArrayBuffer.isView(v) ? [...v] : v, (k, x) => ArrayBuffer.isView(x) ? [...x] : x) ?? String(v.size())";
    const before = await run({ a: makes, before: look });
    const outcomes = await run({ a: makes, b: change, c: look, d: change, e: look });
    expect(before.a).toEqual({ status: "done" });
    expect(outcomes.b).toMatchObject({
      status: "failed",
      error: { name: "ReadOnly", message: expect.stringContaining("change a copy of it") },
    });
    expect(outcomes.d).toMatchObject({ status: "failed", error: { name: "ReadOnly" } });
    expect(displays.map(({ item }) => item)).toEqual([displays[0].item, displays[0].item, displays[0].item]);
  });

  test("in the cell that makes it, and in copies, everything can be changed", async () => {
    const { run, displays } = await openHarness();
    const outcomes = await run({ a: "const v = [3, 1];\nv.push(2);", b: "const w = [...v].sort();\nw.join()" });
    expect(outcomes).toEqual({ a: { status: "done" }, b: { status: "done" } });
    expect(displays.at(-1)!.item).toEqual({ kind: "text", text: "1,2,3" });
  });

  test("drawings of d3 and Plot, scales and functions can still be used by others", async () => {
    const { run, displays } = await openHarness(undefined, { cpuSeconds: 100 });
    const outcomes = await run({
      a: 'import * as Plot from "@observablehq/plot";\nimport * as d3 from "d3";\nconst figure = Plot.plot({ marks: [Plot.dot([[1, 2]])] });\nconst scale = d3.scaleLinear([0, 1], [0, 10]);\nconst root = d3.hierarchy({ children: [{ v: 1 }] });\nconst svg = d3.create("svg").attr("width", 10);',
      b: "display(figure);\ndisplay(scale(0.5));\ndisplay(root.copy().sum((d) => d.v ?? 0).value);\nsvg.node()",
    });
    expect(outcomes).toEqual({ a: { status: "done" }, b: { status: "done" } });
    expect(displays.map(({ item }) => item.kind)).toEqual(["svg", "text", "text", "svg"]);
  });
});

describe("prototypes", () => {
  test("changed in the sandbox stay there: nothing that crosses carries a key of that kind", async () => {
    const { run, requests, displays } = await openHarness();
    const outcomes = await run({
      poison:
        "Object.prototype.polluted = 1; Array.prototype.polluted = 1; Object.defineProperty(Object.prototype, 'lr', { get: () => 5, configurable: true });",
      e: `${api}export const e = experiment("E", JSON.parse('{ "a": { "constructor": { "prototype": { "polluted": 1 } } } }'));`,
      own: `${api}export const o = experiment("O", JSON.parse('{ "a": { "__proto__": { "polluted": 1 } } }'));`,
      table: 'display([{ a: 1 }]); display(JSON.parse(\'[{ "__proto__": 1, "a": 2 }]\'));',
      options: `import { curves } from "switchyard";\ncurves(e, JSON.parse('{ "__proto__": { "polluted": 1 } }'))`,
    });
    expect(outcomes.e).toEqual({ status: "done" });
    expect(outcomes.own).toMatchObject({ status: "failed", error: { message: expect.stringContaining("is no name that data can have") } });
    expect(outcomes.options).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("is no name that data can have") },
    });
    for (const crossed of [{}, [], requests[0].spec as object, ...displays.map(({ item }) => item)])
      expect((crossed as { polluted?: number }).polluted).toBeUndefined();
    expect(requests[0].spec).toEqual({ a: { constructor: { prototype: { polluted: 1 } } } });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});
