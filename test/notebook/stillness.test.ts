/** A cell computes the same each time it is evaluated, and on every machine. */
import { afterEach, describe, expect, test } from "vitest";
import { openHarness } from "./kernel-harness.ts";

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

/** What a cell shows when it is evaluated in a machine of its own, as text. */
async function shows(...sources: string[]): Promise<string[]> {
  const { run, displays } = await openHarness();
  const outcomes = await run(Object.fromEntries(sources.map((source, n) => [`c${n}`, source])));
  for (const outcome of Object.values(outcomes)) expect(outcome).toEqual({ status: "done" });
  return displays.map(({ item }) => (item.kind === "text" ? item.text : JSON.stringify(item)));
}

const moving = `
  const out = [];
  out.push(Array.from({ length: 5 }, () => Math.random()));
  out.push([Date.now(), String(new Date()), Date(), new Date(2026, 5, 1).getTime(), new Date("2026-06-01T10:00").getTime(), new Date("Jun 1 2026 10:00").getTime()]);
  out.push([new Date(0).getHours(), new Date(1e12).getTimezoneOffset(), new Date(1e12).toLocaleString(), new Date(1e12).toLocaleDateString(), new Date(1e12).toTimeString()]);
  out.push((1234567.891).toLocaleString(), [1, 10, 9].toLocaleString());
  out.push(new Error("x").stack, [5, 1, 4].map((a) => ({ a, b: 1 })).sort((p, q) => p.b - q.b).map(({ a }) => a));
  out.push([...new Set([3, 1, 2])], Object.keys({ b: 1, 2: 1, a: 1, 1: 1 }), [Math.sin(1e6), Math.exp(1.5), Math.cbrt(3), 0.1 ** 0.3, Math.tan(1e9)]);
  out.push(typeof performance, typeof Intl, typeof new WeakRef({}).deref(), Symbol("a").toString());`;

describe("a cell shows the same", () => {
  test("each time it runs, and in every time zone", async () => {
    process.env.TZ = "Pacific/Auckland";
    const [there] = await shows(`${moving}\nJSON.stringify(out)`);
    process.env.TZ = "America/New_York";
    const [here] = await shows(`${moving}\nJSON.stringify(out)`);
    expect(here).toBe(there);
    expect(JSON.parse(here)[1]).toEqual([
      Date.UTC(2026, 0, 1),
      "Thu Jan 01 2026 00:00:00 GMT+0000 (UTC)",
      "Thu Jan 01 2026 00:00:00 GMT+0000 (UTC)",
      Date.UTC(2026, 5, 1),
      Date.UTC(2026, 5, 1, 10),
      Date.UTC(2026, 5, 1, 10),
    ]);
    expect(JSON.parse(here)[2]).toEqual([0, 0, "09/09/2001, 01:46:40 AM", "09/09/2001", "01:46:40 GMT+0000 (UTC)"]);
  });

  test("in a plan and in the run that follows", async () => {
    const { run, requests, kernel } = await openHarness();
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const source =
      'import { experiment } from "switchyard";\nexport const dice = experiment("Dice", { lr: Math.random(), when: Date.now() });';
    await kernel.plan(compileCells([{ id: "dice", source }]).cells[0]);
    await run({ dice: source });
    await run({ other: "display(Math.random())", dice: source });
    expect(requests).toHaveLength(3);
    expect(requests[1]).toEqual(requests[0]);
    expect(requests[2]).toEqual(requests[0]);
  });

  test("when it draws by chance with d3, whether or not another cell has loaded d3 before", async () => {
    const draws = 'import { randomNormal } from "d3";\n[randomNormal()(), Math.random()].join()';
    const alone = await openHarness();
    await alone.run({ draws });
    const after = await openHarness();
    await after.run({ loads: 'import { range } from "d3";\nconst many = range(10).map(Math.random);', draws });
    expect(alone.displays).toHaveLength(1);
    expect(after.displays).toEqual(alone.displays);
  });

  test("while another waits in between: each has a stream of its own", async () => {
    const { compileCells } = await import("../../experiments/notebook/cells/compile.ts");
    const waits = {
      id: "waits",
      source:
        'import { experiment } from "switchyard";\nconst a = Math.random();\nawait experiment("E", {});\ndisplay([a, Math.random()].join());',
    };
    const draws = { id: "draws", source: "[Math.random(), Math.random()].join()" };
    const compiled = compileCells([waits, draws]).cells;
    const alone = await openHarness();
    for (const cell of compiled) await alone.kernel.evaluate(cell);
    const together = await openHarness();
    await Promise.all(compiled.map((cell) => together.kernel.evaluate(cell)));
    const texts = ({ displays }: typeof alone) => Object.fromEntries(displays.map(({ cell, item }) => [cell, item]));
    expect(texts(together)).toEqual(texts(alone));
  });
});

describe("chance", () => {
  test("is even: ten classes of 100,000 numbers hold a tenth each, within five standard deviations", async () => {
    const [text] = await shows(
      "const n = new Array(10).fill(0);\nfor (let i = 0; i < 100000; i++) n[Math.floor(Math.random() * 10)]++;\nn.join()",
    );
    const deviation = Math.sqrt(100_000 * 0.1 * 0.9);
    for (const count of text.split(",").map(Number)) expect(Math.abs(count - 10_000)).toBeLessThan(5 * deviation);
  });

  test("differs between cells, and with a cell's text", async () => {
    const all = await shows("Math.random()", "Math.random()", "Math.random() ");
    expect(new Set(all).size).toBe(3);
  });
});

describe("dates", () => {
  test("are dates: instances, subclasses, copies, sorting and what the language says of them", async () => {
    const [text] = await shows(`class Day extends Date { next() { return new Day(this.getTime() + 864e5) } }
const d = new Day(2026, 0, 31);
const e = new Date(d);
e.setMonth(1, 1);
JSON.stringify([d instanceof Date, d.next().toDateString(), e.toISOString(), +new Date(NaN) === +new Date(NaN), String(new Date("nonsense")), new Date(5).valueOf(), Date.length, Date.name, new Date(99, 0).getFullYear(), new Date(2026, 0, 1, 12).getHours(), Object.keys(new Date(0)).length, new Date("2026-01-01T00:00:00+02:00").getTime(), new Date("2026-01-01").getTime(), new Date(0).constructor === Date])`);
    expect(JSON.parse(text)).toEqual([
      true,
      "Sun Feb 01 2026",
      "2026-02-01T00:00:00.000Z",
      false,
      "Invalid Date",
      5,
      7,
      "Date",
      1999,
      12,
      0,
      Date.UTC(2025, 11, 31, 22),
      Date.UTC(2026, 0, 1),
      true,
    ]);
  });
});
