import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distinctStems, fileStem, sameOnDisk } from "../../experiments/report/file-names.ts";
import { figureFileName, figureIdentity, namesOf } from "../../experiments/report/files.ts";
import { latexTables } from "../../experiments/report/latex.ts";
import { reportFolder } from "../../experiments/report/folder.ts";
import { reportMarkdown } from "../../experiments/report/markdown.ts";
import { drawerOf } from "../../experiments/report/folder.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import type { ReportDocument } from "../../experiments/report/document.ts";
import { cleanSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { makeStudy } from "../figures/fixtures.ts";

/** Names that people, scripts and attackers give. */
const hostile = [
  "a b",
  "a-b",
  "Rates",
  "rates",
  "темп",
  "смещение",
  "é",
  "e\u0301",
  "con",
  "NUL.txt",
  "com1",
  ".hidden",
  "trailing.",
  "trailing ",
  "-rf",
  "a/b",
  "a\\b",
  "a:b",
  "..",
  "",
  " ",
  "\u0000",
  "\u202erev",
  "专家",
  "ß",
  "SS",
  "ẞ",
  "ſ",
  "K",
  "k",
  "İ",
  "ﬁ",
  "fi",
  "a\u200bb",
  "ab",
  "\ud800",
  "\udc00",
  "🚀",
  "x".repeat(300),
  `${"x".repeat(299)}y`,
  "ж".repeat(150),
  "a\u0301".repeat(99),
];
const name = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
);

/** What ext4, APFS and NTFS take, with room for an ending and that of a temporary file; and what a shell and a web page take without quotes. */
function expectValid(stem: string): void {
  expect(stem).toMatch(/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.+=,-]*$/u);
  expect(stem).not.toMatch(/[-.+=,]$/);
  expect(stem).not.toMatch(/^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i);
  expect(stem.normalize("NFC")).toBe(stem);
  expect(Buffer.byteLength(`${stem}-comparisons.csv.1234567-123456.tmp`)).toBeLessThanOrEqual(255);
}

describe("file names of names", () => {
  test("are valid on every file system, whatever the name", () => {
    fc.assert(fc.property(name, (text) => expectValid(fileStem(text))));
  });

  test("differ where names differ", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        if (a !== b && sameOnDisk(a) !== sameOnDisk(b)) expect(sameOnDisk(fileStem(a))).not.toBe(sameOnDisk(fileStem(b)));
      }),
    );
    const stems = new Map<string, string>();
    for (const text of hostile) {
      const stem = fileStem(text);
      expect(stems.get(stem), `${JSON.stringify(text)} and ${JSON.stringify(stems.get(stem))}`).toBeUndefined();
      stems.set(stem, text);
    }
  });

  test("stay as they are where nothing has to change, in every script", () => {
    for (const text of ["balancing", "темп", "专家", "עברית", "lossFree_2", "ά-β"]) expect(fileStem(text)).toBe(text);
  });

  test("never meet in one folder, where case, accents and endings are ignored", () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
        const stems = [...distinctStems(new Map(names.map((text) => [text, fileStem(text)])), ["", "-dark"]).values()];
        const files = stems.flatMap((stem) => [`${stem}.svg`, `${stem}-dark.svg`]);
        expect(new Set(files.map(sameOnDisk)).size).toBe(files.length);
        stems.forEach(expectValid);
      }),
    );
    expect(
      new Set(
        [
          ...distinctStems(
            new Map([
              ["Rates", "Rates"],
              ["rates", "rates"],
            ]),
          ).values(),
        ].map((stem) => stem.toLowerCase()),
      ).size,
    ).toBe(2);
  });

  test("are written and found again on this disk", () => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-names-"));
    const stems = [...distinctStems(new Map(hostile.map((text) => [text, fileStem(text)]))).values()];
    for (const stem of stems) writeFileSync(join(folder, `${stem}.svg`), stem);
    expect(readdirSync(folder).sort()).toEqual(stems.map((stem) => `${stem}.svg`).sort());
    rmSync(folder, { recursive: true });
  });
});

const value = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double(),
  name,
  fc.array(name, { maxLength: 4 }),
  fc.constantFrom("tokens", "seconds", "steps", "forest", "valLoss", "1", "true", null),
);
const request = fc.record({
  figure: fc.constantFrom("curves", "forest", "sweep", "tradeOff"),
  experiments: fc.array(fc.oneof(name, fc.constantFrom("a", "b", "a-curves", "a-sweep-metric")), { minLength: 1, maxLength: 3 }),
  options: fc.dictionary(fc.constantFrom("x", "metrics", "metric", "logX", "smoothing", "seeds", "band", "arms"), value, { maxKeys: 4 }),
});

describe("file names of figures", () => {
  test("are the same exactly where the same is drawn", () => {
    fc.assert(
      fc.property(request, request, (a, b) => {
        const same = figureIdentity(a) === figureIdentity(b);
        expectValid(figureFileName(a));
        if (same) expect(figureFileName(a)).toBe(figureFileName(b));
        else if (sameOnDisk(figureIdentity(a)) !== sameOnDisk(figureIdentity(b)))
          expect(sameOnDisk(figureFileName(a))).not.toBe(sameOnDisk(figureFileName(b)));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [[{ arms: ["a b"] }, { arms: ["a-b"] }, { arms: ["a,b"] }, { arms: ["a", "b"] }]],
    [
      [
        { metrics: ["valBpb.all", "valBpb.prose", "valBpb.code", "valBpb.math", "routingEntropy", "maxVioGlobal"], x: "tokens" },
        { metrics: ["valBpb.all", "valBpb.prose", "valBpb.code", "valBpb.math", "routingEntropy", "maxVioGlobal"], x: "seconds" },
      ],
    ],
  ])("of %j differ", (options) => {
    const names = options.map((own) => figureFileName({ figure: "curves", experiments: ["rates"], options: own }));
    expect(new Set(names.map(sameOnDisk)).size).toBe(options.length);
  });

  test("say what is not the default, and nothing else", () => {
    const named = (options: Record<string, unknown>, experiments = ["balancing"]) =>
      figureFileName({ figure: "curves", experiments, options });
    expect(named({ logX: false, logY: false, metrics: ["trainLoss", "valLoss"], smoothing: 0.02, x: "steps" })).toBe("balancing-curves");
    expect(named({ x: "tokens", metrics: ["valLoss"] })).toBe("balancing-curves-metrics=valLoss-x=tokens");
    expect(named({ smoothing: 0 }, ["a", "b"])).toBe("a+b-curves-smoothing=0");
  });

  test("of experiments that a dash could take apart differ", () => {
    expect(figureFileName({ figure: "sweep", experiments: ["a"], options: { metric: "forest" } })).not.toBe(
      figureFileName({ figure: "forest", experiments: ["a-sweep-metric"], options: {} }),
    );
    expect(figureFileName({ figure: "curves", experiments: ["a", "b"], options: {} })).not.toBe(
      figureFileName({ figure: "curves", experiments: ["a+b"], options: {} }),
    );
  });
});

describe("a report of cells with alike names", () => {
  const ids = ["темп", "смещение", "Rates", "rates", "a b", "a-b", "é", "e\u0301"];
  const drawing = (words: string) => ({
    kind: "svg" as const,
    ...cleanSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>${words}</title><path d="M0 0H9"/></svg>`),
  });
  const document: ReportDocument = {
    title: "t",
    command: null,
    blocks: ids.map((id) => ({ kind: "cell", id, source: "", displays: [drawing(id), drawing(`${id} again`)], error: null, stale: null })),
    results: {
      schema: "switchyard.results/1",
      notebook: "n.md",
      engine: "0",
      semantics: 1,
      metrics: metricDefinitions,
      experiments: ids.map((id) => ({
        ...makeStudy({ arms: [{ name: "x" }, { name: "y" }], steps: 4, evals: 1 }),
        id,
        cell: id,
        title: id,
      })),
    },
  };
  const files = reportFolder(document, null);

  test("has a file for each figure, drawing and table, also on a disk that ignores case", () => {
    const paths = [...files.keys()];
    expect(new Set(paths.map(sameOnDisk)).size).toBe(paths.length);
    expect(paths.filter((path) => path.endsWith(".tex"))).toHaveLength(ids.length);
    expect(paths.filter((path) => path.includes("-drawing"))).toHaveLength(2 * ids.length);
    expect(paths.filter((path) => path.includes("-forest") && path.endsWith(".svg"))).toHaveLength(ids.length);
    const drawn = ids.map((_, i) => {
      const block = document.blocks[i];
      return block.kind === "cell" && block.displays[0].kind === "svg" ? namesOf(document).drawings.get(block.displays[0]) : null;
    });
    ids.forEach((id, i) => expect(files.get(`figures/${drawn[i]}.svg`)).toContain(`<title>${id}</title>`));
  });

  test("shows in Markdown each picture under its own name", () => {
    const { markdown, files: shown } = reportMarkdown(document, drawerOf(document));
    for (const [, alternative, path] of markdown.matchAll(/<img alt="([^"]*)" src="([^"]+)">/g)) {
      expect(shown.has(path), path).toBe(true);
      if (path.includes("-drawing")) expect(shown.get(path)).toContain(`<title>${alternative}</title>`);
    }
  });

  test("has LaTeX labels that differ and that every LaTeX takes", () => {
    const labels = document.results.experiments.flatMap((experiment) =>
      [...latexTables(experiment).matchAll(/\\label\{([^}]*)\}/g)].map(([, label]) => label),
    );
    expect(labels).toHaveLength(2 * ids.length);
    expect(new Set(labels).size).toBe(labels.length);
    for (const label of labels) expect(label).toMatch(/^tab:[A-Za-z0-9_-]+$/);
  });
});
