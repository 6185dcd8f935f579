import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCells } from "../../experiments/notebook/cells/compile.ts";
import { orderCells, reachable } from "../../experiments/notebook/cells/order.ts";

const compile = (cells: Record<string, string>) => {
  const compiled = compileCells(Object.entries(cells).map(([id, source]) => ({ id, source })));
  return { ...compiled, ...Object.fromEntries(compiled.cells.map((cell) => [cell.id, cell])) } as typeof compiled &
    Record<string, (typeof compiled.cells)[number]>;
};
const errorOf = (source: string, others: Record<string, string> = {}) => compile({ ...others, a: source }).a.error;

describe("what a cell defines", () => {
  test.each([
    ["const x = 1, y = 2; let z", ["x", "y", "z"]],
    ["export function f() {}\nexport class C {}\nasync function* g() {}", ["f", "C", "g"]],
    ["const { a, b: [c, ...d], ...e } = {}, [f = 1] = []", ["a", "c", "d", "e", "f"]],
    ["if (true) { var hoisted = 1; let inner = 2; const deep = 3 }", ["hoisted"]],
    ["for (var i = 0; i < 1; i++) { var j = i }", ["i", "j"]],
    ["{ function inner() {} }\nfunction outer() { var no; }", ["outer"]],
    ['import { mixture } from "switchyard"', []],
    ["interface I { x: number }\ntype T = I\ndeclare const ambient: T\nconst real: T = { x: 1 }", ["real"]],
  ])("%s", (source, names) => {
    expect(compile({ cell: source }).cell.defines.sort()).toEqual(names.sort());
  });
});

describe("what a cell reads", () => {
  const reads = (source: string) => compile({ def: "const x = 1, y = 2, z = 3", cell: source }).cell.reads;

  test.each([
    ["x + y", ["x", "y"]],
    ["(x) => x", []],
    ["({ x, [y]: 1, z: 2 })", ["x", "y"]],
    ["const o = { x: 1 }; o.x; o?.y", []],
    ["function f(a = x, { b = y } = {}) { return z }", ["x", "y", "z"]],
    ["try { x } catch (y) { y }", ["x"]],
    ["for (const x of [1]) x; for (const k in y) k", ["y"]],
    ["x: for (;;) { break x }", []],
    ["class A extends x { static s = y; [z]() { return this.x } }", ["x", "y", "z"]],
    ["const f = function x() { return x }; const g = class y { m() { return y } }", []],
    ["{ let x = 1; x } y", ["y"]],
    ["switch (x) { case 1: let y = 1; y }", ["x"]],
    ["`${x}`; x`${y}`", ["x", "y"]],
    ["let n: typeof z = 1; n as typeof y", []],
    ["const h = (n: number): n is 1 => n === x", ["x"]],
    ["typeof x", ["x"]],
    ["o.p = x; var o = {}", ["x"]],
    ["delete x.y", ["x"]],
  ])("%s", (source, names) => {
    expect(reads(source)).toEqual(names);
  });
});

describe("experiment cells", () => {
  test.each([
    ['import { experiment } from "switchyard";\nconst e = experiment("E", {})', "experiment"],
    ['import { experiment as run } from "switchyard";\nconst f = () => run("E", {})', "experiment"],
    ['import * as sy from "switchyard";\nsy.experiment("E", {})', "experiment"],
    ['import * as sy from "switchyard";\nconst all = { sy }', "experiment"],
    ['import * as sy from "switchyard";\nsy["exp" + "eriment"]("E", {})', "experiment"],
    ['import * as sy from "switchyard";\nconst m = sy.mixture({ prose: 1 })', "view"],
    ['import { experiment } from "switchyard";\n1', "view"],
    ['import { mixture } from "switchyard";\nconst note = "experiment"', "view"],
    ["const experiment = 1;\nexperiment + 1", "view"],
    ['import { mean as experiment } from "d3";\nexperiment([1])', "view"],
  ])("%s is a cell of kind %s", (source, kind) => {
    expect(compile({ a: source }).a.kind).toBe(kind);
  });
});

describe("errors name the place and what to do", () => {
  test.each([
    ["const x = 1;\nenum E { A }", 2, 1, /enum/],
    ["namespace N { export const x = 1 }", 1, 1, /namespace/],
    ["class A {\n  constructor(private x: number) {}\n}", 2, 15, /parameter property/],
    ["const x = <any>1", 1, 11, /value as Type/],
    ['import x = require("fs")', 1, 1, /import/],
    ["const x = ;", 1, 11, /Expression expected/],
    ["const s = 'open\n1", 1, 16, /[Uu]nterminated/],
    ["const t: = 1", 1, 10, /Type expected/],
    ["const x: number number = 1", 1, 17, /expected/],
    ["const x = 1;\nconst x = 2;", 2, 7, /already been declared/],
    ["return 1", 1, 1, /return/],
    ['import d3 from "d3"', 1, 8, /"d3" has no default export: write `import \* as d3 from "d3"`/],
    ['import { lineChart, line } from "d3"', 1, 10, /"d3" has no `lineChart`/],
    ['import { scaleLiner } from "d3"', 1, 10, /"d3" has no `scaleLiner`; did you mean `scaleLinear`\?/],
    ['import { plott } from "@observablehq/plot"', 1, 10, /"@observablehq\/plot" has no `plott`; did you mean `plot`\?/],
    ['import { scaleLinear } from "d3-scale"', 1, 29, /d3 is one module here: write `import { … } from "d3"`/],
    [
      'import * as fs from "node:fs"',
      1,
      21,
      /"node:fs" cannot be imported: a cell runs in a sandbox whose modules are "switchyard", "d3" and "@observablehq\/plot"$/,
    ],
    ['import { readFile } from "node:fs"', 1, 26, /"node:fs" cannot be imported/],
    ['import { expertLoda } from "switchyard"', 1, 10, /did you mean `expertLoad`/],
    ['import sy from "switchyard"', 1, 8, /no default export/],
    ['const m = await import("fs")', 1, 17, /import\(\)/],
    ["import.meta.url", 1, 1, /import\.meta/],
    ["export default 1", 1, 1, /export const/],
    ['export * from "switchyard"', 1, 1, /re-export/],
    ["const b = 1;\nexport { b as c }", 2, 1, /as they are/],
    ["const r = fetch('x')", 1, 11, /no cell defines `fetch`: a cell has no network/],
    ["process.exit()", 1, 1, /no access to the machine/],
    ["const r = balacing", 1, 11, /did you mean `balancing`/],
    ["y = 3", 1, 1, /not declared/],
    ["const x = 1;\nbalancing = 2", 2, 1, /belongs to #other/],
    ["[balancing] = [1]", 1, 2, /belongs to #other/],
    ["({ a: balancing.x, ...balancing } = {})", 1, 23, /belongs to #other/],
    ["for (balancing of []) {}", 1, 6, /belongs to #other/],
    ["balancing++", 1, 1, /belongs to #other/],
    ["const ok = 1;\nconst balancing = 2", 2, 7, /already defined by #other/],
  ])("%s", (source, line, column, message) => {
    expect(errorOf(source, { other: "const balancing = { x: 1 }" })).toMatchObject({
      cell: "a",
      line,
      column,
      message: expect.stringMatching(message),
    });
  });

  test.each(["balancing.x = 1", "({ a: balancing.x } = {})", "typeof nobody === 'undefined'", "const { [balancing.x]: q } = {}"])(
    "%s is no error",
    (source) => {
      expect(errorOf(source, { other: "const balancing = { x: 1 }" })).toBeNull();
    },
  );

  test("the first cell of the file keeps the name, the later one has the error", () => {
    const { a, b } = compile({ a: "const x = 1", b: "const x = 2" });
    expect([a.error, b.error?.message]).toEqual([null, "`x` is already defined by #a: a name belongs to one cell"]);
  });

  test("a circle of cells is named in each of them, and only in them", () => {
    const { a, b, c, d } = compile({ a: "const x = z", b: "const y = x", c: "const z = y", d: "z" });
    const message = "cells cannot read each other in a circle: #a reads #c reads #b reads #a";
    expect([a, b, c].map((cell) => cell.error?.message)).toEqual([message, message, message]);
    expect(d.error).toBeNull();
  });

  test("a cell that cannot be read keeps its readers attached", () => {
    const { b } = compile({ a: "export const x = ;\nfunction f() {}", b: "x + f()" });
    expect([b.error, b.reads]).toEqual([null, ["f", "x"]]);
  });
});

describe("the code", () => {
  test("keeps every character of the cell at its line and column", () => {
    const source =
      'import { mixture } from "switchyard";\nexport const a: number = 1;\n  const b = (a as any) satisfies unknown;\nmixture;';
    const { code } = compile({ cell: source }).cell;
    const lines = code.split("\n").slice(1, -1);
    expect(lines[1]).toBe(";      const a         = 1;");
    expect(lines[2]).toBe("  const b = (a       )                  ;");
    expect(lines[3]).toBe("const $last=(mixture);");
  });

  test("blanked lines do not join the statements around them", () => {
    expect(compile({ cell: 'const f = 1\nimport { grid } from "switchyard"\n(2)' }).cell.code).toContain("const f = 1\n;");
  });

  test("chooses names that the cell does not use", () => {
    const { code } = compile({ cell: "const $last = 1, $scope = 2;\n$last" }).cell;
    expect(code).toContain("const $last_=($last)");
    expect(code).toContain("(($scope_) =>");
  });
});

describe("orderCells", () => {
  const graph = fc
    .array(
      fc.record({
        defines: fc.uniqueArray(fc.constantFrom(..."abcdef"), { maxLength: 2 }),
        reads: fc.uniqueArray(fc.constantFrom(..."abcdef"), { maxLength: 3 }),
      }),
      { maxLength: 8 },
    )
    .map((cells) => cells.map((cell, i) => ({ id: `c${i}`, ...cell })));

  test("puts every cell once, after the cells it reads, unless it is on or behind a circle", () => {
    fc.assert(
      fc.property(graph, (cells) => {
        const { order, cycles, upstream } = orderCells(cells);
        expect([...order].sort()).toEqual(cells.map((cell) => cell.id).sort());
        const inCircle = new Set(cycles.flat());
        for (const [place, id] of order.entries()) {
          const tainted = inCircle.has(id) || [...reachable(id, upstream)].some((other) => inCircle.has(other));
          if (!tainted) for (const source of upstream.get(id)!) expect(order.indexOf(source)).toBeLessThan(place);
        }
      }),
    );
  });

  test("names a circle exactly where a cell can reach itself", () => {
    fc.assert(
      fc.property(graph, (cells) => {
        const { cycles, upstream } = orderCells(cells);
        const reachesItself = cells.map((cell) => cell.id).filter((id) => reachable(id, upstream).has(id));
        expect([...new Set(cycles.flat())].sort()).toEqual(reachesItself.sort());
        for (const cycle of cycles)
          for (const [i, id] of cycle.entries()) expect(upstream.get(id)).toContain(cycle[(i + 1) % cycle.length]);
      }),
    );
  });

  test("keeps the order of the file for cells that do not depend on each other", () => {
    expect(
      orderCells([
        { id: "c", defines: [], reads: ["x"] },
        { id: "a", defines: ["x"], reads: [] },
        { id: "b", defines: [], reads: [] },
      ]).order,
    ).toEqual(["a", "c", "b"]);
  });
});
