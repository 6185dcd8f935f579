import { describe, expect, test } from "vitest";
import { armStyles } from "../../experiments/figures/arm-styles.ts";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { themeOf } from "../../experiments/figures/theme.ts";
import { openHarness, resultOf } from "./kernel-harness.ts";

const done = { status: "done" };
const experimentCell = `import { experiment } from "switchyard";\nexport const e = experiment("E", { seeds: 2 });`;

describe("values", () => {
  test("a cell reads what another defined", async () => {
    const { run, displays } = await openHarness();
    expect(await run({ view: "display(twice(x))", a: "const x = 21;\nfunction twice(n: number) { return 2 * n }" })).toEqual({
      a: done,
      view: done,
    });
    expect(displays).toEqual([{ cell: "view", item: { kind: "text", text: "42" } }]);
  });

  test("a promise is awaited before a dependant runs", async () => {
    const { run, displays } = await openHarness();
    await run({ a: "export const x = (async () => { await null; return 7 })();", b: "x + 1" });
    expect(displays).toEqual([{ cell: "b", item: { kind: "text", text: "8" } }]);
  });

  test("a cell may await at its top level", async () => {
    const { run } = await openHarness();
    expect(await run({ a: "const x = await Promise.resolve(1);\nif (x !== 1) throw new Error('no')" })).toEqual({ a: done });
  });

  test("forgetting a cell takes its values away", async () => {
    const { run, kernel } = await openHarness();
    await run({ a: "const x = 1", b: "x" });
    kernel.forget("a");
    const { cells } = (await import("../../experiments/notebook/cells/compile.ts")).compileCells([
      { id: "a", source: "const x = 1" },
      { id: "b", source: "x" },
    ]);
    expect(await kernel.evaluate(cells[1])).toMatchObject({ status: "failed", error: { name: "ValueLost" } });
  });

  test("a cell that failed the second time leaves no value of the first", async () => {
    const { run } = await openHarness();
    await run({ a: "const x = 1", b: "x" });
    expect((await run({ a: "const x = 1; throw new Error('no')", b: "x" })).b).toMatchObject({
      status: "failed",
      error: { name: "ValueLost" },
    });
  });

  test("a name may shadow an import or what a cell reads", async () => {
    const { run, displays } = await openHarness();
    await run({ a: "const x = 1", b: "const f = () => { const x = 2, display = 3; return x + display };\nf() + x" });
    expect(displays).toEqual([{ cell: "b", item: { kind: "text", text: "6" } }]);
  });
});

describe("display", () => {
  test.each([
    ["text as it is", `"plain"`, { kind: "text", text: "plain" }],
    ["an object as text", `({ a: 1, b: ["x", null], f() {} })`, { kind: "text", text: '{ a: 1, b: ["x", null], f: [function f] }' }],
    [
      "rows as a table",
      `[{ a: 1, b: "x" }, { a: NaN, c: true }]`,
      {
        kind: "table",
        columns: ["a", "b", "c"],
        rows: [
          [1, "x", null],
          [NaN, null, true],
        ],
      },
    ],
    ["an SVG as an image", `"<svg></svg>"`, { kind: "svg", ...cleanSvg("<svg></svg>") }],
    ["a promise's value", `Promise.resolve(3)`, { kind: "text", text: "3" }],
    ["a map", `new Map([["k", 1]])`, { kind: "text", text: 'Map { ["k", 1] }' }],
    [
      "a value that throws when looked at",
      `new Proxy({}, { ownKeys() { throw new Error("ha") } })`,
      { kind: "text", text: "[cannot be shown: ha]" },
    ],
  ])("shows %s", async (_what, source, item) => {
    const { run, displays } = await openHarness();
    expect(await run({ a: `(${source})` })).toEqual({ a: done });
    expect(displays).toEqual([{ cell: "a", item }]);
  });

  test("the last expression is shown, an assignment or nothing is not", async () => {
    const { run, displays } = await openHarness();
    await run({ a: "let n = 1;\nn = 2", b: "undefined", c: "display('x')", d: "1;\n2; // two" });
    expect(displays.map(({ item }) => item)).toEqual([
      { kind: "text", text: "x" },
      { kind: "text", text: "2" },
    ]);
  });

  test("console lines carry cell and level", async () => {
    const { run, logs } = await openHarness();
    await run({ a: "console.log('x', 1, { y: 2 }); console.warn('careful')" });
    expect(logs).toEqual(["a log x 1 { y: 2 }", "a warn careful"]);
  });

  test("a loop around display() is cut", async () => {
    const { run, displays, logs } = await openHarness();
    await run({ a: "for (let i = 0; i < 5000; i++) { display(i); console.log(i) }" });
    expect(displays.length).toBe(1001);
    expect(logs.length).toBe(1001);
  });
});

describe("experiment()", () => {
  test("sends cell, index, title and spec as plain data, with numbers that JSON lacks", async () => {
    const { run, requests } = await openHarness();
    await run({
      a: `import { experiment } from "switchyard";\nexport const x = experiment("X", { train: { lr: NaN }, arms: { a: { alpha: -Infinity } } });\nexport const y = experiment("Y", {});`,
    });
    expect(requests).toEqual([
      { cell: "a", index: 0, title: "X", spec: { train: { lr: NaN }, arms: { a: { alpha: -Infinity } } } },
      { cell: "a", index: 1, title: "Y", spec: {} },
    ]);
  });

  test("its value has the result's data and methods", async () => {
    const { run, displays } = await openHarness();
    const outcomes = await run({
      e: experimentCell,
      v: `display([e.title, e.arms.length, e.runs.length, e.arms[0].runs[0].metrics.balanceLoss, e.values("valLoss"), e.values("acceptance.2")[0].value, e.curves("trainLoss")[0].points]);`,
    });
    expect(outcomes).toEqual({ e: done, v: done });
    expect(displays[0].item).toEqual({
      kind: "text",
      text: '["E", 2, 4, NaN, [{ arm: "a", seed: 0, value: 2 }, { arm: "a", seed: 1, value: 2.5 }, { arm: "b", seed: 0, value: 3 }, { arm: "b", seed: 1, value: 3.5 }], 0.25, [{ step: 1, tokens: 10, seconds: 1, value: 4 }, { step: 2, tokens: 20, seconds: 2, value: 3 }]]',
    });
  });

  /** What an expression about the finished experiment `e` is, as data. */
  const told = async (expression: string): Promise<unknown> => {
    const { run, displays } = await openHarness();
    const { v } = await run({ e: experimentCell, v: `display(JSON.stringify(${expression}))` });
    if (v.status === "failed") throw new Error(`${v.error.name}: ${v.error.message}`);
    return JSON.parse((displays[0].item as { text: string }).text);
  };

  test("values and curves of the whole are those of its arms and of its runs", async () => {
    const [whole, ofArms, ofRuns] = (await told(
      `["valLoss", "valBpb.prose", "acceptance.2"].reduce(([a, b, c], m) => [[...a, ...e.values(m)], [...b, ...e.arms.flatMap((arm) => arm.values(m))], [...c, ...e.runs.map((run) => ({ arm: run.arm, seed: run.seedIndex, value: run.value(m) }))]], [[], [], []])`,
    )) as unknown[];
    expect(ofArms).toEqual(expect.arrayContaining(whole as unknown[]));
    expect(ofRuns).toEqual(whole);
    const [curves, armCurves, runCurves, points] = (await told(
      `[e.curves("trainLoss"), e.arms.flatMap((arm) => arm.curves("trainLoss")), e.runs.map((run) => ({ arm: run.arm, seed: run.seedIndex, points: run.curve("trainLoss") })), [e.points("trainLoss"), e.arms.flatMap((arm) => arm.points("trainLoss"))]]`,
    )) as [unknown[], unknown, unknown, unknown[][]];
    expect(curves).toHaveLength(4);
    expect([armCurves, runCurves]).toEqual([curves, curves]);
    expect(points[0].slice(0, 3)).toEqual([
      { arm: "a", seed: 0, step: 1, tokens: 10, seconds: 1, value: 4 },
      { arm: "a", seed: 0, step: 2, tokens: 20, seconds: 2, value: 3 },
      { arm: "a", seed: 1, step: 1, tokens: 10, seconds: 1, value: 4 },
    ]);
    expect(points[1]).toEqual(points[0]);
  });

  test("differences are those to the baseline in the same seed", async () => {
    expect(await told(`e.differences("valLoss")`)).toEqual([
      { arm: "b", seed: 0, value: 1 },
      { arm: "b", seed: 1, value: 1 },
    ]);
  });

  test("an arm has the colour that figures give it, for scales of Plot too", async () => {
    const styles = armStyles(resultOf("E").arms);
    const colours = ["a", "b"].map((name) => themeOf("auto").series[styles.get(name)!.colour]);
    expect(await told("[e.arms.map((arm) => arm.color), e.colors]")).toEqual([colours, { domain: ["a", "b"], range: colours }]);
  });

  test("methods are no data: a copy of an arm has none, and its text does not show them", async () => {
    expect(await told("[Object.keys({ ...e.arms[0] }).includes('values'), typeof e.arms[0].values]")).toEqual([false, "function"]);
  });

  test.each([
    ['e.curves("valoss")', 'no curve is called "valoss"; there are trainLoss, mtpLoss.1, balanceLoss'],
    ['e.arms[0].points("maxVioGlobal")', 'no curve is called "maxVioGlobal"'],
    [
      'e.runs[0].value("acceptance.3")',
      /no metric is called "acceptance.3"; there are .*valBpb\.all, valBpb\.prose, .*acceptance\.1, acceptance\.2/,
    ],
  ])("%s is refused with what there is", async (expression, message) => {
    await expect(told(expression)).rejects.toThrow(message);
  });

  test("a metric that does not exist is refused with those that do", async () => {
    const { run } = await openHarness();
    expect(await run({ e: experimentCell, v: `e.values("valoss")` })).toMatchObject({
      v: { error: { message: expect.stringContaining('no metric is called "valoss"; there are step, tokens'), line: 1, column: 9 } },
    });
  });

  test("is shown as its panel, its figures as requests", async () => {
    const { run, displays } = await openHarness();
    await run({
      e: experimentCell,
      v: `import { expertLoad, table } from "switchyard";\ndisplay(e);\ndisplay(table(e));\nexpertLoad(e, { by: "domain" })`,
    });
    expect(displays.map(({ item }) => item)).toEqual([
      { kind: "experiment", id: "E" },
      { kind: "figure", request: { figure: "comparisonTable", experiments: ["E"], options: {} } },
      { kind: "figure", request: { figure: "expertLoad", experiments: ["E"], options: { by: "domain" } } },
    ]);
  });

  test("cannot be changed by a cell that reads it", async () => {
    const { run } = await openHarness();
    expect(await run({ e: experimentCell, v: `e.arms[0].name = "c"` })).toMatchObject({
      v: { status: "failed", error: { name: "ReadOnly" } },
    });
  });

  test("waiting for training costs no computing time", async () => {
    const { run } = await openHarness((request) => new Promise((resolve) => setTimeout(() => resolve(resultOf(request.title)), 400)), {
      cpuSeconds: 0.3,
    });
    expect(await run({ e: experimentCell })).toEqual({ e: done });
  });

  test("a view runs while an experiment trains", async () => {
    let finish = () => {};
    const { kernel, run } = await openHarness((request) => new Promise((resolve) => (finish = () => resolve(resultOf(request.title)))));
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const training = kernel.evaluate(compileCells([{ id: "e", source: experimentCell }]).cells[0]);
    expect(await run({ v: "1 + 1" })).toEqual({ v: done });
    finish();
    expect(await training).toEqual(done);
  });

  test("an experiment that was not put in a name is waited for too", async () => {
    const { run } = await openHarness(async () => Promise.reject(new Error("bad spec")));
    expect(await run({ e: `import { experiment } from "switchyard";\nexperiment("A", {});\nconst x = 1;` })).toMatchObject({
      e: { status: "failed", error: { line: 2, message: "bad spec" } },
    });
  });

  test.each([
    ["undefined", "{ model: { hiddenSize: undefined } }", "model.hiddenSize is undefined"],
    ["a function", '{ arms: { "a b": [() => 1] } }', 'arms["a b"][0] is a function: only plain data can be used here'],
    ["a date", "{ when: new Date(0) }", "when is no plain object: only plain data can be used here"],
    ["a map", "{ m: new Map() }", "m is no plain object: only plain data can be used here"],
    ["a bigint", "{ n: 1n }", "n is a bigint: only plain data can be used here"],
    ["a circle", "(() => { const s = { a: {} }; s.a.b = s; return s })()", "a.b contains itself"],
    ["a name that pollutes", "{ ['__proto__']: 1 }", "__proto__ is no name that data can have"],
    ["endless depth", "(() => { let s = {}; for (let i = 0; i < 100; i++) s = { s }; return s })()", /is nested deeper than 64 levels/],
  ])("refuses %s in the spec with its path", async (_what, spec, message) => {
    const { run, requests } = await openHarness();
    const { e } = await run({ e: `import { experiment } from "switchyard";\nexport const x = experiment("X", ${spec});` });
    expect(e).toMatchObject({
      status: "failed",
      error: { name: "TypeError", line: 2, message: message instanceof RegExp ? expect.stringMatching(message) : message },
    });
    expect(requests).toEqual([]);
  });

  test("cannot be reached from a view through a function of another cell", async () => {
    const { run, requests } = await openHarness();
    const outcomes = await run({
      lib: `import { experiment } from "switchyard";\nconst study = (n) => experiment("S" + n, {});`,
      v: "const s = study(3);",
    });
    expect(outcomes.v).toMatchObject({ status: "failed", error: { name: "NotAnExperimentCell", cell: "v", line: 1 } });
    expect(requests).toEqual([]);
  });
});

describe("plan mode", () => {
  const planOnly = async () => Promise.reject(Object.assign(new Error("planned"), { name: "PlanOnly" }));

  test("the cell and what reads it are planned, the rest runs", async () => {
    const { run, requests } = await openHarness(planOnly);
    expect(await run({ e: experimentCell, v: "e.title", w: "const k = e.id.length + v2", z: "const v2 = 1" })).toEqual({
      e: { status: "planned" },
      v: { status: "planned" },
      w: { status: "planned" },
      z: done,
    });
    expect(requests.length).toBe(1);
  });

  test("every experiment of a cell is asked for", async () => {
    const { run, requests } = await openHarness(planOnly);
    await run({
      e: `import { experiment } from "switchyard";\nexport const a = experiment("A", {});\nexport const b = experiment("B", {});`,
    });
    expect(requests.map((request) => request.title)).toEqual(["A", "B"]);
  });

  test("a refused spec is not hidden by an experiment that was only planned", async () => {
    const { run } = await openHarness(async (request) =>
      request.title === "B" ? Promise.reject(new Error("arms: needs at least one arm")) : planOnly(),
    );
    const { e } = await run({
      e: `import { experiment } from "switchyard";\nexport const a = experiment("A", {});\nexport const b = experiment("B", {});`,
    });
    expect(e).toMatchObject({ status: "failed", error: { line: 3, message: "arms: needs at least one arm" } });
  });

  test("code that goes on after a planned experiment is planned too", async () => {
    const { run } = await openHarness(planOnly);
    expect(
      await run({ e: `import { experiment } from "switchyard";\nconst r = await experiment("A", {}).catch(() => null);\nr.arms.length` }),
    ).toEqual({ e: { status: "planned" } });
  });
});

describe("plan()", () => {
  test("asks for a cell's experiments, shows nothing and leaves its values as they are", async () => {
    let planning = false;
    const { kernel, run, displays, logs, requests } = await openHarness(async (request) =>
      planning ? Promise.reject(Object.assign(new Error("planned"), { name: "PlanOnly" })) : resultOf(request.title),
    );
    await run({ e: experimentCell });
    planning = true;
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const [changed, view] = compileCells([
      { id: "e", source: `${experimentCell}\nconsole.log("x");\ndisplay(1);` },
      { id: "v", source: "e.title" },
    ]).cells;
    expect(await kernel.plan(changed)).toEqual({ status: "planned" });
    expect([requests.length, displays, logs]).toEqual([2, [], []]);
    expect(await kernel.evaluate(view)).toEqual(done);
    expect(displays).toEqual([{ cell: "v", item: { kind: "text", text: "E" } }]);
  });

  test("of a cell that needs no experiment changes no value either", async () => {
    const { kernel, run, displays } = await openHarness();
    await run({ a: "const x = 1" });
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const [changed, view] = compileCells([
      { id: "a", source: "const x = 2" },
      { id: "b", source: "x" },
    ]).cells;
    expect(await kernel.plan(changed)).toEqual(done);
    await kernel.evaluate(view);
    expect(displays).toEqual([{ cell: "b", item: { kind: "text", text: "1" } }]);
  });
});

describe("errors", () => {
  test.each([
    ["a type error on a later line", "const a = 1;\n\n  null.x", 3, 7],
    ["in the last expression of one line", "const o = {};\no.f()", 2, 4],
    ["in a function", "const f = (n: number) =>\n  (undefined as any).x;\nf(2)", 2, 21],
    ["thrown on purpose", "if (1) {\n  throw new RangeError('mine')\n}", 2, 23],
    ["after an await", "await null;\nawait null; null.x", 2, 17],
  ])("name line and column of the cell: %s", async (_what, source, line, column) => {
    const { run } = await openHarness();
    const { a } = await run({ a: source });
    expect(a).toMatchObject({ status: "failed", error: { cell: "a", line, column } });
  });

  test("an error inside a function of another cell points to the line that called it", async () => {
    const { run } = await openHarness();
    expect(await run({ lib: "function bad() {\n\n  return null.x;\n}", v: "const y = 1;\nbad();" })).toMatchObject({
      v: { error: { cell: "v", line: 2 } },
    });
  });

  test("a thrown value that is no error is shown", async () => {
    const { run } = await openHarness();
    expect(await run({ a: "throw { code: 7 }" })).toMatchObject({ a: { error: { name: "Error", message: "{ code: 7 }", line: null } } });
  });

  test("a promise that nothing settles ends the cell", async () => {
    const { run } = await openHarness();
    expect(await run({ a: "await new Promise(() => {})" })).toMatchObject({ a: { error: { name: "NeverEnds" } } });
  });
});

describe("interrupt", () => {
  test("ends a cell that waits for training", async () => {
    const { kernel } = await openHarness(() => new Promise(() => {}));
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const outcome = kernel.evaluate(compileCells([{ id: "e", source: experimentCell }]).cells[0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    kernel.interrupt();
    expect(await outcome).toEqual({ status: "interrupted" });
  });

  test("evaluating a cell again ends its evaluation under way", async () => {
    let first = true;
    const { kernel } = await openHarness((request) =>
      first ? ((first = false), new Promise(() => {})) : Promise.resolve(resultOf(request.title)),
    );
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const [cell] = compileCells([{ id: "e", source: experimentCell }]).cells;
    const one = kernel.evaluate(cell);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await kernel.evaluate(cell)).toEqual(done);
    expect(await one).toEqual({ status: "interrupted" });
  });
});
