import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import { math } from "micromark-extension-math";
import { visit } from "unist-util-visit";
import { describe, expect, test } from "vitest";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { drawFigure } from "../../experiments/figures/registry.ts";
import { colours } from "../../experiments/figures/theme.ts";
import type { DrawFigure, ReportDocument } from "../../experiments/report/document.ts";
import { figuresOf } from "../../experiments/report/files.ts";
import { drawerOf, reportFolder } from "../../experiments/report/folder.ts";
import { reportHtml } from "../../experiments/report/html.ts";
import { latexTables } from "../../experiments/report/latex.ts";
import { reportMarkdown } from "../../experiments/report/markdown.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { commandLine } from "../../experiments/report/command.ts";
import { fourArms, makeStudy } from "../figures/fixtures.ts";
import { awkward } from "../figures/studies.ts";
import { parseSvg } from "../figures/svg-tree.ts";

const hostile = `<img src=x onerror=alert(1)> & "q" | _a_ \\`;

function documentOf(experiments: ExperimentResult[], blocks: ReportDocument["blocks"] = []): ReportDocument {
  return {
    title: "Does it cost quality?",
    blocks,
    results: {
      schema: "switchyard.results/1",
      notebook: "study.md",
      engine: "0.1.0",
      semantics: 1,
      metrics: metricDefinitions,
      experiments,
    },
    command: "switchyard run study.md --budget quick",
  };
}

const study = makeStudy({ arms: fourArms.map((arm, i) => (i === 1 ? { ...arm, diverges: [1] } : arm)), steps: 40 });
const blocks: ReportDocument["blocks"] = [
  { kind: "prose", text: "Some *prose* with $\\alpha$." },
  {
    kind: "cell",
    id: "balancing",
    source: "export const balancing = experiment(…) // a < b",
    displays: [{ kind: "experiment", id: "balancing" }],
    error: null,
    stale: null,
  },
  {
    kind: "cell",
    id: "load",
    source: "display(loadOverTime(balancing))",
    error: { cell: "load", line: 3, column: 1, name: "TypeError", message: "it is <odd>" },
    stale: "alpha has changed",
    displays: [
      { kind: "figure", request: { figure: "loadOverTime", experiments: ["balancing"], options: {} } },
      {
        kind: "table",
        columns: ["name", "value"],
        rows: [
          ["a|b", 1.5],
          ["<c>", null],
        ],
      },
      { kind: "text", text: "plain <text> ```" },
      {
        kind: "svg",
        ...cleanSvg(
          '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><title>A drawn line</title><script>alert(1)</script><path d="M0 0H9" stroke="currentColor"/></svg>',
        ),
      },
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
    const order = [
      "Which ways of balancing balance",
      "1 of 12 runs diverged",
      "cannot be told apart",
      "Differences to",
      "Training loss and validation loss",
      "Validation loss against MaxVio",
      "Expert load by domain",
      "<table",
      "How to repeat it",
    ];
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
    const own: ReportDocument["blocks"] = [
      {
        kind: "cell",
        id: "load",
        source: "",
        displays: [{ kind: "figure", request: { figure: "expertLoad", experiments: ["balancing"], options: { by: "all" } } }],
        error: null,
        stale: null,
      },
    ];
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
    const [, dark, alternative, light] =
      /<picture><source media="screen and \(prefers-color-scheme: dark\)" srcset="data:image\/svg\+xml,([^"]+)"><img alt="([^"]+)"[^>]* src="data:image\/svg\+xml,([^"]+)">/.exec(
        html,
      )!;
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
    const broken: DrawFigure = (request, frame) =>
      drawFigure(
        { ...request, experiments: request.figure === "curves" ? ["gone"] : request.experiments },
        new Map([["balancing", study]]),
        frame,
      );
    const page = reportHtml(full, broken);
    expect(page).toContain("Figure curves cannot be drawn: curves: there is no result of experiment &quot;gone&quot; yet.");
    expect(page).toContain("Expert load by domain");
  });

  test("carries what it takes to repeat the study: data hash, seeds, device, versions, keys, full config, time", () => {
    for (const text of [
      study.dataHash,
      "WASM SIMD",
      "semantics 1",
      study.arms[0].runs[0].key.slice(0, 16),
      "&quot;numExpertsPerTok&quot;: 2",
      "Training time",
    ])
      expect(html).toContain(text);
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
    const document = documentOf(
      [odd],
      [{ kind: "cell", id: hostile, source: hostile, displays: [{ kind: "text", text: hostile }], error: null, stale: hostile }],
    );
    expect(reportHtml({ ...document, title: hostile }, drawerOf(document)).replace(/data:image[^"]*/g, "")).not.toContain("<img src=x");
  });
});

describe("the HTML report as a paper", () => {
  test("has a table of contents of the notebook's headings and its experiments, in reading order, each leading somewhere", () => {
    const document = documentOf(
      [study],
      [
        { kind: "prose", text: "## First *idea*\n\n### Aside\n\n## $\\alpha$ & more" },
        blocks[1],
        { kind: "prose", text: "## First *idea*" },
      ],
    );
    const page = reportHtml(document, drawerOf(document));
    const [nav] = /<nav.*?<\/nav>/s.exec(page)!;
    expect([...nav.matchAll(/<li><a href="#[^"]+">(.*?)<\/a>/g)].map(([, title]) => title)).toEqual([
      "First idea",
      "\\alpha &amp; more",
      study.title,
      "First idea",
      "How to repeat it",
      "What the metrics mean",
    ]);
    for (const [, id] of nav.matchAll(/href="#([^"]+)"/g)) expect(page.split(`id="${id}"`), id).toHaveLength(2);
  });

  test.each(["A4", "Letter"] as const)(
    "printed on %s has page numbers, a running title and everything unfolded; on a screen nothing is unfolded",
    (paper) => {
      const titled = { ...full, title: 'It\'s "so" \\ </style>' };
      const page = reportHtml(titled, drawerOf(full), { theme: "light", paper });
      expect(page).toContain(`@page { size: ${paper}; `);
      expect(page).toContain('counter(page) " / " counter(pages)');
      expect(page).toContain('content: "It\'s \\"so\\" \\\\  /style>"');
      expect(page).toContain("<details open><summary>Full configuration");
      expect(html).toContain("<details><summary>Full configuration");
    },
  );

  test("tells each run's device in its row where there are several, and marks the experiment, not only the appendix", () => {
    const mixed = structuredClone(study);
    mixed.arms[0].runs[0].provenance = { ...mixed.arms[0].runs[0].provenance!, backend: "webgpu", adapter: "a GPU" };
    const document = documentOf([mixed], blocks);
    const page = reportHtml(document, drawerOf(document));
    const section = page.slice(page.indexOf('<section class="experiment"'), page.indexOf("<svg"));
    expect(section).toContain('<p class="warning">These runs come from 2 different devices');
    expect(page.slice(page.indexOf('id="appendix"'))).toContain("webgpu (a GPU)");
    expect(html.slice(html.indexOf('id="appendix"'))).not.toContain('<th scope="col" class="left">device</th>');
  });

  test("marks a stale experiment where its numbers stand", () => {
    const document = documentOf([study], [{ ...blocks[1], stale: "alpha has changed" } as ReportDocument["blocks"][number]]);
    const page = reportHtml(document, drawerOf(document));
    expect(page.indexOf("stale: alpha has changed")).toBeGreaterThan(0);
    expect(page.indexOf("stale: alpha has changed")).toBeLessThan(page.indexOf('<section class="experiment"'));
    expect(reportMarkdown(document, drawerOf(document)).markdown).toMatch(/stale: alpha has changed\n\n## Auxiliary loss/);
  });

  test("says of runs that the store does not hold that they are not trained, and shows no number for them", () => {
    const document = documentOf([awkward["nothing has run"]()]);
    const page = reportHtml(document, drawerOf(document));
    expect(page).toContain("9 of 9 runs have not been trained, or not since what they depend on changed");
    expect(page).toContain('<td class="right">0 of 3</td>');
  });

  test("says by which command the study is repeated, quoted as a shell reads it", () => {
    expect(html).toContain("<dt>Command</dt><dd>switchyard run study.md --budget quick</dd>");
    expect(
      commandLine({
        notebook: "my study.md",
        budget: null,
        only: "a",
        sets: [{ target: "seeds", value: 8 }],
        armSets: [{ target: "it's.train.optimizer.lr", value: [1] }],
      }),
    ).toBe(`switchyard run 'my study.md' --only a --set seeds=8 --set-arm 'it'\\''s.train.optimizer.lr=[1]'`);
  });
});

describe("a conclusion in a report", () => {
  const claims = [
    {
      claim: "A sequence-wise loss costs quality",
      paper: "2.258 against 2.253",
      metric: "valLoss",
      arm: "sequence-wise loss",
      than: "batch-wise loss",
      expect: "higher",
    },
  ];
  const concluded = (loss: number, seeds = 5): ReportDocument =>
    documentOf(
      [makeStudy({ arms: fourArms.map((arm) => (arm.name === "sequence-wise loss" ? { ...arm, loss } : arm)), steps: 20, seeds })],
      [
        {
          kind: "cell",
          id: "c",
          source: "",
          displays: [{ kind: "figure", request: { figure: "conclusion", experiments: ["balancing"], options: { claims } } }],
          error: null,
          stale: null,
        },
      ],
    );
  test.each([
    ["the loss is higher", concluded(0.2), "Holds here."],
    ["the loss is lower", concluded(-0.2), "Does not hold here."],
    ["the seeds scatter more than the arms differ", concluded(0.001), "Cannot be told here."],
    ["there is one seed", concluded(0.2, 1), "Cannot be told here."],
  ] as const)("follows the runs where %s", (_, document, words) => {
    expect(/<ul class="conclusion">.*?<\/ul>/s.exec(reportHtml(document, drawerOf(document)))?.[0]).toContain(
      `<li><strong>${words}</strong> <em>A sequence-wise loss costs quality.</em>`,
    );
    expect(/^- \*\*.*/m.exec(reportMarkdown(document, drawerOf(document)).markdown)?.[0]).toContain(
      `- **${words}** *A sequence-wise loss costs quality.*`,
    );
  });

  test("is text, not a numbered figure, and has its numbers as CSV beside the report", () => {
    const document = concluded(0.2);
    expect(/<div class="said">.*?<\/div>/s.exec(reportHtml(document, drawerOf(document)))![0]).not.toContain("<figcaption>");
    const csv = [...reportFolder(document, null)].find(([path]) => path.includes("conclusion") && path.endsWith(".csv"))![1] as string;
    expect(csv.split("\n")[0]).toBe(
      "claim,outcome,metric,arm,than,n,armMean,thanMean,scale,estimate,low95,high95,low90,high90,p,pHolm,family",
    );
    expect(csv.split("\n")[1]).toMatch(/^A sequence-wise loss costs quality,holds,valLoss,sequence-wise loss,batch-wise loss,5,/);
  });
});

describe("the Markdown report", () => {
  test("means nothing by what a name holds: no markup, link, formula or HTML comes of it", () => {
    const odd = makeStudy({
      title: `${hostile} $x$ ~~s~~ &lt; # @me`,
      arms: [{ name: `${hostile} $x$` }, { name: "a | b\n# c", loss: 0.1 }],
      steps: 10,
    });
    const { markdown: text } = reportMarkdown(documentOf([odd]), drawerOf(documentOf([odd])));
    const seen = new Set<string>();
    visit(fromMarkdown(text, { extensions: [gfm(), math()], mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()] }), (node) => {
      seen.add(node.type);
      if (node.type === "html")
        expect(node.value).toMatch(
          /^(<picture>|<source [^<>]*>|<img alt="[^"<]*" src="figures\/[\w.+=,-]+">|<\/picture>|<!-- Made by Switchyard [^<>]*-->)+$/,
        );
    });
    expect([...seen].sort()).toEqual(
      [
        "code",
        "emphasis",
        "heading",
        "html",
        "inlineCode",
        "list",
        "listItem",
        "paragraph",
        "root",
        "strong",
        "table",
        "tableCell",
        "tableRow",
        "text",
      ].filter((type) => seen.has(type) || type !== "inlineCode"),
    );
  });

  test("says in words what each picture shows", () => {
    for (const [, alt] of reportMarkdown(full, drawerOf(full)).markdown.matchAll(/<img alt="([^"]*)"/g))
      expect(alt.length).toBeGreaterThan(10);
  });

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
    for (const figure of ["forest", "curves", "tradeOff", "expertLoad", "loadOverTime"])
      for (const kind of ["svg", "png", "csv"]) expect([...files.keys()]).toContain(`figures/balancing-${figure}.${kind}`);
    for (const kind of ["svg", "png"]) expect([...files.keys()]).toContain(`figures/load-drawing.${kind}`);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        "report.html",
        "tables/balancing-arms.csv",
        "tables/balancing-comparisons.csv",
        "tables/balancing-runs.csv",
        "tables/balancing.tex",
      ]),
    );
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
    const body = tex
      .slice(tex.indexOf("\\midrule"), tex.indexOf("\\bottomrule"))
      .split("\n")
      .filter((line) => line.endsWith("\\\\"));
    expect(body).toHaveLength(4);
    for (const line of body) expect(line.split(/(?<!\\)&/)).toHaveLength(columns.length);
  });
});
