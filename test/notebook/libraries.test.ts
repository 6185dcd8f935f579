/** d3 and Plot inside the sandbox: what they draw, what they say, and what they cannot reach. */
import * as d3 from "d3";
import * as Plot from "@observablehq/plot";
import { describe, expect, test } from "vitest";
import { libraryNames } from "../../experiments/api/libraries/generated/names.ts";
import type { CellOutcome, DisplayItem } from "../../experiments/notebook/kernel/protocol.ts";
import { parseSvg, type Tag } from "../figures/svg-tree.ts";
import { openHarness, rawCell } from "./kernel-harness.ts";

const done: CellOutcome = { status: "done" };
const plotImport = 'import * as Plot from "@observablehq/plot";';
const d3Import = 'import * as d3 from "d3";';

/** The one thing that a cell shows. */
async function shown(source: string): Promise<DisplayItem> {
  const { run, displays, kernel } = await openHarness();
  const { a } = await run({ a: source });
  void kernel.dispose();
  if (a.status === "failed") throw new Error(`${a.error.name}: ${a.error.message}`);
  expect(displays).toHaveLength(1);
  return displays[0].item;
}

async function drawn(source: string): Promise<Extract<DisplayItem, { kind: "svg" }>> {
  const item = await shown(source);
  if (item.kind !== "svg") throw new Error(`shown as ${item.kind}`);
  parseSvg(item.svg);
  return item;
}

const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe("d3 and Plot in a cell", () => {
  test("are the installed packages, whole", () => {
    expect(libraryNames.d3).toEqual(Object.keys(d3).sort());
    expect(libraryNames["@observablehq/plot"]).toEqual(Object.keys(Plot).sort());
  });

  test("a plot at the end of a cell is shown as a drawing, with axes, marks and its own words", async () => {
    const item = await drawn(`${plotImport}
      Plot.plot({ ariaLabel: "Losses", ariaDescription: "They fall.", y: { label: "loss" }, marks: [Plot.lineY([3, 2, 1.5]), Plot.dot([[0, 3]])] })`);
    expect(item).toMatchObject({ width: 640, height: 400, title: "", alternative: "Losses. They fall." });
    expect(texts(item.svg)).toEqual(expect.arrayContaining(["↑ loss", "0.0", "2.0"]));
    expect(item.svg).toContain('stroke="currentColor"');
  });

  test("a figure with title, subtitle, legend and caption is one drawing that holds them all", async () => {
    const item = await drawn(`${plotImport}
      const rows = [{ arm: "loss-free", x: 1, y: 2 }, { arm: "<b> & co", x: 2, y: 1 }];
      Plot.plot({ title: "Two arms", subtitle: "of one study", caption: "n = 3", color: { legend: true }, marks: [Plot.dot(rows, { x: "x", y: "y", fill: "arm" })] })`);
    expect(item.title).toBe("Two arms");
    expect(item.alternative).toContain("Legend: <b> & co, loss-free");
    expect(texts(item.svg)).toEqual(expect.arrayContaining(["Two arms", "of one study", "loss-free", "&lt;b&gt; &amp; co", "n = 3"]));
  });

  test("nothing of a figure overlaps or leaves it: title, legend, plot and caption stand below each other", async () => {
    const long = JSON.stringify(Array.from({ length: 30 }, (_, i) => `an arm with a long name, number ${i}`));
    const item = await drawn(`${plotImport}
      const rows = ${long}.map((arm, i) => ({ arm, i }));
      Plot.plot({ title: "T", caption: "C", color: { legend: true, domain: ${long} }, marks: [Plot.dot(rows, { x: "i", y: "i", fill: "arm" })] })`);
    const root = parseSvg(item.svg);
    const of = (tag: Tag, name: string) => Number(tag.attributes[name] ?? 0);
    const legend = root.children.filter((tag) => tag.name === "text" && of(tag, "font-size") === 12);
    const plot = root.children.find((tag) => tag.name === "svg" && of(tag, "height") > 100)!;
    expect(legend).toHaveLength(30);
    expect(Math.max(...legend.map((node) => of(node, "y")))).toBeLessThan(of(plot, "y"));
    expect(new Set(legend.map((node) => of(node, "y"))).size).toBeGreaterThan(3);
    expect(item.height).toBeGreaterThan(of(plot, "y") + of(plot, "height"));
  });

  test("a colour ramp and a raster are pictures that the drawing carries with it", async () => {
    const ramp = await drawn(
      `${plotImport}\nPlot.plot({ color: { legend: true, label: "load" }, marks: [Plot.cell([{ x: 0, v: 0 }, { x: 1, v: 5 }], { x: "x", fill: "v" })] })`,
    );
    expect(ramp.svg).toMatch(/<image [^>]*href="data:image\/png;base64,/);
    const raster = await drawn(
      `${plotImport}\nPlot.plot({ marks: [Plot.raster({ x1: 0, x2: 1, y1: 0, y2: 1, width: 20, height: 20, fill: (x, y) => x * y })] })`,
    );
    const [, base64] = /base64,([^"]+)"/.exec(raster.svg)!;
    const png = Buffer.from(base64, "base64");
    expect([png.subarray(1, 4).toString(), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", 20, 20]);
  });

  test("d3 draws with a document of its own, named imports and all", async () => {
    const item = await drawn(`import { create, scaleLinear, axisBottom as axis } from "d3";
      const svg = create("svg").attr("width", 300).attr("height", 50);
      svg.append("title").text("An axis");
      svg.append("g").call(axis(scaleLinear([0, 10], [10, 290])));
      svg.node()`);
    expect(item).toMatchObject({ width: 300, height: 50, title: "An axis" });
    expect(texts(item.svg)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("an HTML table is a table, other elements are drawn, and one with nothing in it says so", async () => {
    expect(await shown(`${d3Import}\nd3.create("table").html("<tr><th>arm</th></tr><tr><td>a</td></tr>").node()`)).toEqual({
      kind: "table",
      columns: ["arm"],
      rows: [["a"]],
    });
    expect(
      texts((await drawn(`${d3Import}\nd3.create("div").html("<p>one</p><svg width='10' height='10'></svg><p>two</p>").node()`)).svg),
    ).toEqual(["one", "two"]);
    expect(await shown(`${d3Import}\nd3.create("div").node()`)).toEqual({ kind: "text", text: "<div> with nothing in it" });
  });

  test("an element inside another value is told by its name", async () => {
    expect(await shown(`${d3Import}\ndisplay({ chart: d3.create("svg").node() })`)).toEqual({ kind: "text", text: "{ chart: <svg> }" });
  });

  test("months, weekdays and large numbers are written as in English", async () => {
    const { svg } = await drawn(
      `${plotImport}\nPlot.plot({ x: { tickFormat: Plot.formatMonth() }, y: { domain: [0, 25000] }, marks: [Plot.dot([[0, 12345], [1, 2], [2, 3]]), Plot.text([12345.67891], { x: 1, y: 9, text: (d) => Plot.formatNumber()(d) + " " + Plot.formatWeekday("en", "long")(1) })] })`,
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(["Jan", "Feb", "Mar", "20,000", "12,345.679 Monday"]));
  });

  test("elements are values like others: one cell draws, another shows", async () => {
    const { run, displays } = await openHarness();
    expect(await run({ a: `${plotImport}\nconst chart = Plot.lineY([1, 2]).plot();`, b: "display(chart)" })).toEqual({ a: done, b: done });
    expect(displays).toMatchObject([{ cell: "b", item: { kind: "svg" } }]);
  });

  test("read the frozen data of an experiment", async () => {
    const { run, displays } = await openHarness();
    const outcomes = await run({
      e: 'import { experiment } from "switchyard";\nexport const e = experiment("E", {});',
      v: `${plotImport}\nPlot.plot({ color: { legend: true }, marks: [Plot.dot(e.values("valLoss"), { x: "seed", y: "value", stroke: "arm" })] })`,
    });
    expect(outcomes.v).toEqual(done);
    expect(texts((displays.at(-1)!.item as { svg: string }).svg)).toEqual(expect.arrayContaining(["a", "b"]));
  });

  test("warnings of Plot are lines in the cell's log", async () => {
    const { run, logs } = await openHarness();
    await run({ a: `${plotImport}\nPlot.barY([[new Date(0), 1]], { x: "0", y: "1" }).plot()` });
    expect(logs).toEqual([expect.stringMatching(/^a warn Warning: .*dates/)]);
  });

  test("an error inside a library names the line of the cell", async () => {
    const { run } = await openHarness();
    expect(
      (await run({ a: `${plotImport}\nconst x = 1;\nPlot.plot({ marks: [Plot.dot(null, { x: 1 })],\n  x: { type: "nonsense" } })` })).a,
    ).toMatchObject({ status: "failed", error: { cell: "a", line: 3, message: expect.stringContaining("nonsense") } });
  });

  test("what would move is refused, in words", async () => {
    await expect(shown(`${d3Import}\nd3.create("svg").transition()`)).rejects.toThrow("a cell has no clock");
  });
});

describe("with d3 and Plot there is still nothing to reach", () => {
  test("d3's readers find no network", async () => {
    const { run, logs } = await openHarness();
    const readers = ["csv", "tsv", "dsv", "json", "text", "xml", "html", "svg", "blob", "buffer", "image"];
    await run({
      a: `${d3Import}\nfor (const name of ${JSON.stringify(readers)}) try { console.log(name, await d3[name]("https://example.org/data")) } catch (error) { console.log(name, error.message) }`,
    });
    expect(logs.map((line) => line.replace(/:.*/, ""))).toEqual(readers.map((name) => `a log ${name} a cell has no network`));
  });

  test("global names stay the language's own", async () => {
    const { run, displays } = await openHarness();
    await run({
      a: "display(Object.getOwnPropertyNames(globalThis).sort().join())",
      b: `${plotImport}\n${d3Import}\nPlot.lineY([1]).plot();\ndisplay(Object.getOwnPropertyNames(globalThis).sort().join())`,
    });
    const [before, after] = displays.filter(({ item }) => item.kind === "text").map(({ item }) => (item as { text: string }).text);
    expect(after).toBe(before);
  });

  test.each([
    ["the document's window", `d3.create("p").node().ownerDocument.defaultView.process.exit()`],
    ["a document's fetch", `await d3.create("p").node().ownerDocument.defaultView.fetch("https://example.org")`],
    ["an element's constructor", `d3.create("p").node().constructor.constructor("return process")().exit()`],
    ["an imported document", `d3.create("iframe").attr("src", "https://example.org").node().contentWindow.location.href`],
  ])("through %s", async (_what, code) => {
    const { run, kernel, displays } = await openHarness();
    expect((await run({ a: `${d3Import}\n${code}` })).a.status).toBe("failed");
    expect(await kernel.evaluate(rawCell("after", "display(1)"))).toEqual(done);
    expect(displays.at(-1)).toEqual({ cell: "after", item: { kind: "text", text: "1" } });
  });

  test("scripts, handlers, links and remote pictures that a cell draws are gone before anybody sees them", async () => {
    const { svg } = await drawn(`${d3Import}
      const svg = d3.create("svg").attr("onload", "steal()").attr("width", 10).attr("height", 10);
      svg.append("script").text("steal()");
      svg.append("a").attr("href", "javascript:steal()").append("text").attr("onclick", "steal()").text("kept?");
      svg.append("image").attr("href", "https://example.org/pixel.png");
      svg.append("foreignObject").html("<iframe src='https://example.org'></iframe>");
      svg.append("rect").style("fill", "url(https://example.org/x)").attr("width", 5);
      svg.append("style").text("@import 'https://example.org/x.css'");
      svg.node()`);
    expect(svg).not.toMatch(/script|steal|onload|onclick|example\.org|iframe|@import/);
    expect(svg).toContain('<rect width="5"');
  });

  test.each([
    [
      "an element that is none",
      `display({ nodeType: 1, localName: "svg", attributes: [{ name: "onload", value: "steal()" }, { name: 'x" onload="steal()', value: "" }], childNodes: [{ nodeType: 1, localName: "script", attributes: [], childNodes: [{ nodeType: 3, data: "steal()" }] }], getAttribute: () => null })`,
    ],
    [
      "a name that is markup",
      `display({ nodeType: 1, localName: "svg", attributes: [], childNodes: [{ nodeType: 1, localName: "g><script>steal()</script><g", attributes: [], childNodes: [] }], getAttribute: () => null })`,
    ],
    [
      "a serialiser that lies",
      `String.prototype.replace = () => "<script>steal()</script>"; display(d3.create("svg").attr("x", 1).node())`,
    ],
  ])("%s shows no script", async (_what, code) => {
    const { run, displays } = await openHarness();
    await run({ a: `${d3Import}\n${code}` });
    expect(JSON.stringify(displays)).not.toMatch(/<script|onload/);
  });

  test("a plot that takes too long is interrupted, and others go on", async () => {
    const { kernel, run } = await openHarness(undefined, { cpuSeconds: 1.5 });
    const outcomes = await run({
      huge: `${plotImport}\nPlot.dot({ length: 5e6 }, { x: (_, i) => i, y: (_, i) => Math.sin(i) }).plot()`,
      after: "1 + 1",
    });
    expect(outcomes).toMatchObject({ huge: { status: "failed", error: { name: "TimeLimit" } }, after: done });
    expect(await kernel.generation()).toBe(1);
  });

  test("a plot that takes too much memory ends with an error", async () => {
    const { run } = await openHarness(undefined, { memoryBytes: 12 * 2 ** 20, cpuSeconds: 100 });
    const { huge } = await run({ huge: `${plotImport}\nPlot.dot({ length: 1e5 }, { x: (_, i) => i, y: (_, i) => i }).plot()` });
    expect(huge).toMatchObject({ status: "failed", error: { name: "MemoryLimit" } });
  }, 120_000);

  test("a drawing too large to show is refused with its size", async () => {
    await expect(
      shown(`${d3Import}\nconst s = d3.create("svg"); s.append("path").attr("d", "M0 0" + "L1 1".repeat(6e5)); s.node()`),
    ).rejects.toThrow("2.4 MB");
  });

  test("built-ins that a cell has changed harm only cells of its own notebook", async () => {
    const { run, displays, kernel } = await openHarness(undefined, { cpuSeconds: 3 });
    await run({ a: "Object.defineProperty = () => { throw new Error('poisoned') }", b: `${plotImport}\nPlot.lineY([1]).plot()` });
    expect(await kernel.evaluate(rawCell("after", "display(1)"))).toEqual(done);
    expect(displays.at(-1)!.item).toEqual({ kind: "text", text: "1" });
  });
});
