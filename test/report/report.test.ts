import { describe, expect, test } from "vitest";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { drawFigure } from "../../experiments/figures/registry.ts";
import { colours } from "../../experiments/figures/theme.ts";
import type { DrawFigure, ReportDocument } from "../../experiments/report/document.ts";
import { drawerOf, figuresOf, reportFolder } from "../../experiments/report/folder.ts";
import { reportHtml } from "../../experiments/report/html.ts";
import { latexTables } from "../../experiments/report/latex.ts";
import { reportMarkdown } from "../../experiments/report/markdown.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { fourArms, makeStudy } from "../figures/fixtures.ts";
import { parseSvg } from "../figures/svg-tree.ts";

const hostile = `<img src=x onerror=alert(1)> & "q" | _a_ \\`;

function documentOf(experiments: ExperimentResult[], blocks: ReportDocument["blocks"] = []): ReportDocument {
  return { title: "Does it cost quality?", blocks, results: { schema: "switchyard.results/1", notebook: "study.md", engine: "0.1.0", semantics: 1, metrics: metricDefinitions, experiments }, command: "switchyard run study.md --budget quick" };
}

const study = makeStudy({ arms: fourArms.map((arm, i) => (i === 1 ? { ...arm, diverges: [1] } : arm)), steps: 40 });
const blocks: ReportDocument["blocks"] = [
  { kind: "prose", text: "Some *prose* with $\\alpha$." },
  { kind: "cell", id: "balancing", source: "export const balancing = experiment(…) // a < b", displays: [{ kind: "experiment", id: "balancing" }], error: null, stale: null },
  {
    kind: "cell", id: "load", source: "display(loadOverTime(balancing))", error: { cell: "load", line: 3, column: 1, name: "TypeError", message: "it is <odd>" }, stale: "alpha has changed",
    displays: [
      { kind: "figure", request: { figure: "loadOverTime", experiments: ["balancing"], options: {} } },
      { kind: "table", columns: ["name", "value"], rows: [["a|b", 1.5], ["<c>", null]] },
      { kind: "text", text: "plain <text> ```" },
      { kind: "svg", ...cleanSvg('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><title>A drawn line</title><script>alert(1)</script><path d="M0 0H9" stroke="currentColor"/></svg>') },
    ],
  },
];
const full = documentOf([study], blocks);
const html = reportHtml(full, drawerOf(full));

describe("the HTML report", () => {
  test("is one file that runs and loads nothing", () => {
    expect(html).not.toMatch(/<script|<link|<iframe|\son\w+=|@import/i);
    expect(html.match(/(?:src|href)="(?!#|data:image\/svg\+xml,)[^"]*"/g)).toBeNull();
    expect(html).toContain(`content="default-src 'none'`);
  });

  test("opens an experiment with its question, what was seen, warnings and the leading figures in order", () => {
    const order = ["Which ways of balancing balance", "1 of 12 runs diverged", "cannot be told apart", "Differences to", "Training loss and validation loss", "Validation loss against MaxVio", "Expert load by domain", "<table", "How to repeat it"];
    const places = order.map((text) => html.indexOf(text, html.indexOf('<section class="experiment"')));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  test("shows every experiment once, also one whose cell shows nothing of it", () => {
    const count = (document: ReportDocument) => reportHtml(document, drawerOf(document)).split('id="result-balancing"').length - 1;
    expect(count(full)).toBe(1);
    expect(count(documentOf([study]))).toBe(1);
    expect(count(documentOf([study], [blocks[1], blocks[1]]))).toBe(1);
  });

  test("leaves a leading figure to the cell that shows it", () => {
    const own: ReportDocument["blocks"] = [{ kind: "cell", id: "load", source: "", displays: [{ kind: "figure", request: { figure: "expertLoad", experiments: ["balancing"], options: { by: "all" } } }], error: null, stale: null }];
    const document = documentOf([study], own);
    expect(figuresOf(document).map(({ figure }) => figure)).toEqual(["forest", "curves", "tradeOff", "expertLoad"]);
    expect(reportHtml(document, drawerOf(document))).not.toContain("Expert load by domain");
  });

  test("draws figures with the page's colours, and declares each of them for light and dark", () => {
    const used = new Set([...html.matchAll(/var\((--fig-[\w-]+),/g)].map(([, name]) => name));
    expect(used.size).toBeGreaterThan(10);
    for (const name of used) expect(html.split(`${name}:#`).length - 1, name).toBeGreaterThanOrEqual(2);
    for (const [svg] of html.matchAll(/<svg xmlns.*?<\/svg>(?=<figcaption)/gs)) expect(() => parseSvg(svg)).not.toThrow();
  });

  test("shows what a cell drew as an image of each theme, with its title and words", () => {
    const [, dark, alternative, light] = /<picture><source media="screen and \(prefers-color-scheme: dark\)" srcset="data:image\/svg\+xml,([^"]+)"><img alt="([^"]+)"[^>]* src="data:image\/svg\+xml,([^"]+)">/.exec(html)!;
    expect(alternative).toBe("A drawn line");
    expect(html).toMatch(/<b>Figure \d+\.<\/b> A drawn line<\/figcaption>/);
    expect([dark, light].map((uri) => parseSvg(decodeURIComponent(uri)).attributes.color)).toEqual([colours.dark.ink, colours.light.ink]);
    expect(reportHtml(full, drawerOf(full), { theme: "light" })).not.toContain("<source");
  });

  test("says what is stale and what failed, with the line", () => {
    expect(html).toContain("What this cell shows is stale: alpha has changed");
    expect(html).toContain("Cell #load, line 3: it is &lt;odd&gt;");
  });

  test("tells of a figure that cannot be drawn and goes on", () => {
    const broken: DrawFigure = (request, frame) => drawFigure({ ...request, experiments: request.figure === "curves" ? ["gone"] : request.experiments }, new Map([["balancing", study]]), frame);
    const page = reportHtml(full, broken);
    expect(page).toContain("Figure curves cannot be drawn: curves: there is no result of experiment &quot;gone&quot; yet.");
    expect(page).toContain("Expert load by domain");
  });

  test("carries what it takes to repeat the study: data hash, seeds, device, versions, keys, full config, time", () => {
    for (const text of [study.dataHash, "WASM SIMD", "semantics 1", study.arms[0].runs[0].key.slice(0, 16), "&quot;numExpertsPerTok&quot;: 2", "Training time"]) expect(html).toContain(text);
  });

  test("warns where devices are mixed", () => {
    const mixed = structuredClone(study);
    mixed.arms[0].runs[0].provenance = { ...mixed.arms[0].runs[0].provenance!, backend: "webgpu", adapter: "a GPU" };
    const document = documentOf([mixed]);
    expect(reportHtml(document, drawerOf(document))).toContain("2 different devices or kernels");
  });

  test("what a name holds never becomes markup", () => {
    const odd = makeStudy({ title: hostile, arms: [{ name: hostile }, { name: `${hostile}2`, loss: 0.1 }], steps: 10 });
    odd.question = hostile;
    odd.arms[0].runs[0].error = hostile;
    const document = documentOf([odd], [{ kind: "cell", id: hostile, source: hostile, displays: [{ kind: "text", text: hostile }], error: null, stale: hostile }]);
    expect(reportHtml({ ...document, title: hostile }, drawerOf(document)).replace(/data:image[^"]*/g, "")).not.toContain("<img src=x");
  });
});

describe("the Markdown report", () => {
  const { markdown, files } = reportMarkdown(full, drawerOf(full));

  test("shows files that come with it, each in light and dark", () => {
    const shown = [...markdown.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, path]) => path);
    expect(shown.length).toBeGreaterThanOrEqual(10);
    for (const path of shown) expect(files.has(path), path).toBe(true);
    expect(shown).toEqual(expect.arrayContaining(["figures/load-drawing.svg", "figures/load-drawing-dark.svg"]));
  });

  test("keeps table cells and code fences whole, whatever they hold", () => {
    expect(markdown).toContain("| a\\|b | 1.5 |");
    expect(markdown).toContain("````\nplain <text> ```\n````");
  });
});

describe("the report folder", () => {
  const files = reportFolder(full, (svg) => new TextEncoder().encode(svg.slice(0, 4)));

  test("has every figure as SVG, PNG and CSV, and every table as CSV and LaTeX", () => {
    expect(figuresOf(full).map(({ figure }) => figure)).toEqual(["forest", "curves", "tradeOff", "expertLoad", "loadOverTime"]);
    for (const figure of ["forest", "curves", "tradeOff", "expertLoad", "loadOverTime"]) for (const kind of ["svg", "png", "csv"]) expect([...files.keys()]).toContain(`figures/balancing-${figure}.${kind}`);
    for (const kind of ["svg", "png"]) expect([...files.keys()]).toContain(`figures/load-drawing.${kind}`);
    expect([...files.keys()]).toEqual(expect.arrayContaining(["report.html", "tables/balancing-arms.csv", "tables/balancing-comparisons.csv", "tables/balancing-runs.csv", "tables/balancing.tex"]));
  });

  test("no path leaves the folder, whatever an experiment is called", () => {
    const odd = { ...study, id: "../../etc/passwd" };
    for (const path of reportFolder(documentOf([odd]), null).keys()) expect(path).not.toMatch(/\.\.\/|^\//);
  });
});

describe("LaTeX tables", () => {
  test("are balanced booktabs with one row per arm and as many cells as columns", () => {
    const tex = latexTables(study);
    expect(tex.match(/\\begin\{tabular\}/g)).toHaveLength(2);
    const [, columns] = /\\begin\{tabular\}\{([lr]+)\}/.exec(tex)!;
    const body = tex.slice(tex.indexOf("\\midrule"), tex.indexOf("\\bottomrule")).split("\n").filter((line) => line.endsWith("\\\\"));
    expect(body).toHaveLength(4);
    for (const line of body) expect(line.split(/(?<!\\)&/)).toHaveLength(columns.length);
  });
});
