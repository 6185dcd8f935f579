/** What notebook code tries, and must not get. The compiler refuses some of it already; these cells get past it. */
import { describe, expect, test } from "vitest";
import type { CellOutcome } from "../../experiments/notebook/kernel/protocol.ts";
import { openHarness, rawCell } from "./kernel-harness.ts";

const done: CellOutcome = { status: "done" };

async function evaluate(body: string, options = {}) {
  const harness = await openHarness(undefined, options);
  return { ...harness, outcome: await harness.kernel.evaluate(rawCell("a", body)) };
}

/** The kernel still works after what the cell did. */
async function expectAlive({ kernel, displays }: Awaited<ReturnType<typeof evaluate>>) {
  displays.length = 0;
  expect(await kernel.evaluate(rawCell("after", "display(6 * 7)"))).toEqual(done);
  expect(displays).toEqual([{ cell: "after", item: { kind: "text", text: "42" } }]);
}

describe("nothing of the machine is within reach", () => {
  test.each([
    "process",
    "require",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "setTimeout",
    "Buffer",
    "navigator",
    "window",
    "self",
    "document",
    "importScripts",
    "postMessage",
    "WebAssembly",
    "Deno",
    "module",
    "std",
    "os",
    "print",
    "scriptArgs",
    "host",
    "parts",
  ])("%s", async (name) => {
    const { outcome } = await evaluate(
      `if (typeof ${name} !== "undefined" || ${JSON.stringify(name)} in globalThis) throw new Error("reached")`,
    );
    expect(outcome).toEqual(done);
  });

  test.each([
    ["the Function constructor", `globalThis.constructor.constructor("return process")()`],
    ["a function's constructor", `(() => {}).constructor("return process")()`],
    ["an async function's constructor", `await (async () => {}).constructor("return process")()`],
    ["the constructor of a host function's result", `display.constructor("return process")()`],
    ["eval", `(0, eval)("process")`],
    [
      "an error's stack frames",
      `Error.prepareStackTrace = (_e, frames) => frames; const f = new Error().stack; f[0].getThis().process.exit()`,
    ],
    ["import()", `await import("node:fs")`],
  ])("through %s", async (_what, body) => {
    const tried = await evaluate(body);
    expect(tried.outcome.status).toBe("failed");
    await expectAlive(tried);
  });

  test("global names are exactly the language's own", async () => {
    const { displays } = await evaluate(`display(Object.getOwnPropertyNames(globalThis).sort().join(" "))`);
    expect(displays[0].item).toEqual({
      kind: "text",
      text: "AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array InternalError Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape",
    });
  });
});

describe("a cell that does not end is stopped", () => {
  test.each([
    ["an endless loop", "while (true) {}"],
    ["an endless loop that catches", "while (true) { try { while (true) {} } catch {} }"],
    ["an endless loop in finally", "try { throw 1 } finally { for (;;) {} }"],
    ["an endless chain of promises", "for (;;) await null"],
    ["promises that start themselves again behind the cell's back", "const f = async () => { await null; f(); }; f();"],
    [
      "promises that catch being stopped",
      "const spin = async () => { for (;;) await null }; const again = async () => { for (;;) { try { await spin() } catch {} } }; await again();",
    ],
    ["a thenable that never ends", "await { then() { for (;;); } }"],
    ["a getter that never ends, in a displayed value", "display([{ get a() { for (;;); } }])"],
    ["a regular expression that backtracks", `/^(a+)+$/.test("a".repeat(60) + "b")`],
    ["a sort whose comparison never ends", "[3, 2, 1].sort(() => { for (;;); })"],
  ])("%s", async (_what, body) => {
    const tried = await evaluate(body, { cpuSeconds: 0.3 });
    expect(tried.outcome).toMatchObject({ status: "failed", error: { cell: "a", name: "TimeLimit" } });
    await expectAlive(tried);
  });

  test("an ordinary cell that is stopped leaves the values of others", async () => {
    const { kernel, run } = await openHarness(undefined, { cpuSeconds: 0.3 });
    const outcomes = await run({ x: "const x = 1", loop: "for (;;) {}", y: "const y = x + 1" });
    expect(outcomes).toMatchObject({ x: done, loop: { status: "failed" }, y: done });
    expect(await kernel.generation()).toBe(1);
  });
});

describe("a cell that takes too much gets an error", () => {
  test.each([
    ["a growing array", "const all = []; for (;;) all.push(new Array(10000).fill(7))", "MemoryLimit"],
    ["a growing string", "let s = 'x'; for (;;) s += s", /MemoryLimit|RangeError|InternalError/],
    ["one huge buffer", "new ArrayBuffer(2 ** 31)", /MemoryLimit|RangeError/],
    ["one huge typed array", "new Float64Array(2 ** 28)", /MemoryLimit|RangeError/],
    ["a map without end", "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })", "MemoryLimit"],
    ["endless recursion", "const f = () => f() + 1; f()", "StackOverflow"],
    ["endless recursion through a getter", "const o = { get x() { return this.x } }; o.x", "StackOverflow"],
  ])("%s", async (_what, body, name) => {
    const tried = await evaluate(body, { memoryBytes: 16 * 2 ** 20, cpuSeconds: 50 });
    expect(tried.outcome).toMatchObject({
      status: "failed",
      error: { name: typeof name === "string" ? name : expect.stringMatching(name) },
    });
    await expectAlive(tried);
  });

  test.each([
    ["JSON nested too deeply", `JSON.parse("[".repeat(1e6))`],
    ["code nested too deeply", `eval("(".repeat(1e6))`],
    ["objects nested too deeply to print", `let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; JSON.stringify(o)`],
    ["arrays nested too deeply to join", `let a = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a)`],
  ])("%s: an error or a fresh sandbox, never a crash", async (_what, body) => {
    const tried = await evaluate(body, { cpuSeconds: 2 });
    expect(tried.outcome.status).toBe("failed");
    await expectAlive(tried);
  });

  test("a sandbox that had to be thrown away is counted, and readers of lost values are told", async () => {
    const { kernel, run } = await openHarness(undefined, { cpuSeconds: 1 });
    const before = await kernel.generation();
    // twenty at once: where one of them happens to be when it is interrupted ends that one alone
    const spinning = "(async () => { for (;;) { try { await spin() } catch {} } })()";
    const stubborn = `const spin = async () => { for (;;) await null };\nfor (let i = 0; i < 20; i++) void ${spinning};\nawait ${spinning};`;
    const outcomes = await run({ x: "const x = 1", bad: stubborn, y: "x" });
    expect(outcomes.bad).toMatchObject({
      error: { name: "TimeLimit", message: expect.stringContaining("the values of all cells are gone") },
    });
    expect(outcomes.y).toMatchObject({ error: { name: "ValueLost" } });
    expect(await kernel.generation()).toBe(before + 1);
  });
});

describe("our own helpers cannot be turned against the host", () => {
  test("changed built-ins change neither what crosses nor the next cells", async () => {
    const { run, requests, displays } = await openHarness();
    const poison = `
      Object.prototype.toJSON = () => "evil"; Array.prototype.toJSON = () => "evil";
      JSON.stringify = () => '{"kind":"svg","svg":"<svg/>"}'; JSON.parse = () => ({ evil: 1 });
      Array.prototype.push = Array.prototype.join = () => "evil"; Array.prototype[Symbol.iterator] = function* () { yield "evil" };
      Map.prototype.get = () => "evil"; WeakMap.prototype.get = () => '{"kind":"text","text":"evil"}'; Promise.prototype.then = () => {};
      Object.keys = () => ["evil"]; Reflect.apply = () => "evil"; String.prototype.slice = () => "evil"; Function.prototype.call = () => "evil";`;
    const outcomes = await run({
      poison,
      e: `import { experiment } from "switchyard";\nexport const e = experiment("E", { a: [1, { b: 2 }] });`,
      v: "display({ a: [1] });\ndisplay(e);",
      w: "null.x",
    });
    expect(outcomes).toMatchObject({ poison: done, e: done, v: done, w: { status: "failed", error: { name: "TypeError", line: 1 } } });
    expect(requests).toEqual([{ cell: "e", index: 0, title: "E", spec: { a: [1, { b: 2 }] } }]);
    expect(displays.slice(-2).map(({ item }) => item)).toEqual([
      { kind: "text", text: "{ a: [1] }" },
      { kind: "experiment", id: "E" },
    ]);
  });

  test("a spec with getters and proxies is read once, as data", async () => {
    const { run, requests } = await openHarness();
    await run({
      e: `import { experiment } from "switchyard";
        let n = 0;
        export const e = experiment("E", { get lr() { return ++n }, arms: new Proxy({}, { ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: () => 5 }) });`,
    });
    expect(requests[0].spec).toEqual({ lr: 1, arms: { a: 5 } });
  });

  test("a name in the spec cannot pollute the host", async () => {
    const { run } = await openHarness();
    await run({
      e: `import { experiment } from "switchyard";\nexport const e = experiment("E", { constructor: { prototype: { polluted: 1 } } });`,
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("an object that imitates an experiment is none", async () => {
    const { run } = await openHarness();
    expect(await run({ v: `import { curves } from "switchyard";\ncurves({ id: "E", runs: [], arms: [] });` })).toMatchObject({
      v: { error: { message: expect.stringContaining("needs an experiment") } },
    });
  });

  test("an error with a lying stack, name and message stays text within its cell", async () => {
    const { outcome } = await evaluate(
      `const e = new Error("x".repeat(1e6)); e.stack = "at f (cell:other:9:9)\\nat g (cell:a:999999:1)"; Object.defineProperty(e, "name", { get() { throw e } }); throw e`,
    );
    expect(outcome).toMatchObject({
      status: "failed",
      error: { cell: "a", line: null, message: "the error that was thrown cannot be read" },
    });
  });

  test("code left behind by a finished cell shows nothing in its name", async () => {
    const { run, displays } = await openHarness();
    await run({ a: "const later = []; const f = () => display('from f');", b: "f()" });
    expect(displays).toEqual([{ cell: "b", item: { kind: "text", text: "from f" } }]);
  });
});
