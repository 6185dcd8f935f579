import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { csvParse } from "d3";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import { math } from "micromark-extension-math";
import { visit } from "unist-util-visit";
import { describe, expect, test } from "vitest";
import { csvTable, csvText } from "../../experiments/figures/csv.ts";
import type { ReportDocument } from "../../experiments/report/document.ts";
import { drawerOf, reportFolder } from "../../experiments/report/folder.ts";
import { reportMarkdown } from "../../experiments/report/markdown.ts";
import { reportHtml } from "../../experiments/report/html.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import { markdownText } from "../../experiments/text/markdown-text.ts";
import { terminalLine, terminalText } from "../../experiments/text/terminal-text.ts";
import { planText } from "../../experiments/cli/plan-text.ts";
import { textTable } from "../../experiments/cli/text-table.ts";
import { makeStudy } from "../figures/fixtures.ts";

const hostile = [
  "a\r# heading\r\r![x](https://example.org/x.png)",
  "a\n# b",
  "a\r\n- b",
  "\u2028# c",
  "a\u0085# d",
  "\u001b[2J\u001b]0;title\u0007",
  "\u009b31m",
  "\u202egnp.exe",
  "\u2066x",
  "=1+1",
  "+MTP",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  " =cmd|'/C calc'!A0",
  "＝1",
  'q"u,o\nte',
  "1. x",
  "- x",
  "---",
  "===",
  "# x",
  "> x",
  "https://example.org/",
  "www.example.org",
  "me@example.org",
  "a | b",
  "`x`",
  "$x$",
  "<b>&amp;",
  "~~x~~",
  "[a](b)",
  "\\",
  "\u0000",
  "\ud800",
  "'",
  "",
  "  ",
];
const name = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.array(fc.constantFrom(..."\r\n#-*_`|<>[]()!&$~=+@.:1 a\t\u001b\u202e\"'\\,"), { maxLength: 14 }).map((all) => all.join("")),
);

/** As GitHub reads it; without the links that this parser, unlike GitHub's, makes of escaped addresses once it has read everything. */
const parsed = (text: string) =>
  fromMarkdown(text, {
    extensions: [gfm(), math()],
    mdastExtensions: [gfmFromMarkdown().map((extension) => ({ ...extension, transforms: [] })), mathFromMarkdown()],
  });
const textOf = (tree: unknown): string => {
  let all = "";
  visit(tree as never, "text", (node: { value: string }) => void (all += node.value));
  return all;
};

describe("a name in Markdown", () => {
  test("is text and nothing else, at the beginning of a line, in a heading and in a table", () => {
    fc.assert(
      fc.property(name, (text) => {
        const plain = markdownText(text);
        expect(plain).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        for (const around of [plain, `## ${plain}`, `| a |\n|---|\n| ${plain} |`, `- **x**: ${plain}`, `x ${plain} y`]) {
          const types = new Set<string>();
          visit(parsed(around), (node) => void types.add(node.type));
          const allowed = new Set([
            "root",
            "text",
            "paragraph",
            ...(around.startsWith("##") ? ["heading"] : []),
            ...(around.startsWith("|") ? ["table", "tableRow", "tableCell"] : []),
            ...(around.startsWith("- ") ? ["list", "listItem", "strong"] : []),
          ]);
          expect(
            [...types].filter((type) => !allowed.has(type)),
            JSON.stringify([text, around]),
          ).toEqual([]);
        }
        expect(textOf(parsed(`x ${plain} y`)).replace(/\s+/g, " ")).toBe(
          `x ${
            plain === ""
              ? ""
              : textOf(parsed(`x ${plain}`))
                  .slice(2)
                  .replace(/\s+/g, " ")
          } y`.replace(/\s+/g, " "),
        );
      }),
      { numRuns: 500 },
    );
  });

  test.each(hostile.filter((text) => text.trim() !== "" && text !== "\u0000"))(
    "%j leaves the headings, pictures and links of an exported report as they are",
    (text) => {
      const outline = (own: string) => {
        const study = makeStudy({ title: own, arms: [{ name: `${own}1` }, { name: `${own}2` }], steps: 4, evals: 1, domains: [`${own}d`] });
        study.question = own;
        study.arms[0].runs[0].error = own;
        const document: ReportDocument = {
          title: own,
          command: own,
          blocks: [
            {
              kind: "cell",
              id: own,
              source: own,
              displays: [{ kind: "table", columns: [own], rows: [[own]] }],
              error: { cell: own, line: 1, column: 1, name: own, message: own },
              stale: own,
            },
          ],
          results: {
            schema: "switchyard.results/1",
            notebook: own,
            engine: "0",
            semantics: 1,
            metrics: metricDefinitions,
            experiments: [study],
          },
        };
        const seen: string[] = [];
        visit(
          parsed(reportMarkdown(document, drawerOf(document)).markdown),
          (node) =>
            void (
              ["heading", "image", "link", "list", "blockquote", "code", "html", "thematicBreak", "inlineMath"].includes(node.type) &&
              seen.push(node.type)
            ),
        );
        return { seen: seen.sort(), html: reportHtml(document, drawerOf(document)) };
      };
      const [plain, odd] = [outline("plain"), outline(text)];
      expect(odd.seen).toEqual(plain.seen);
      expect(odd.html).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    },
  );
});

/** Halves of surrogate pairs become the sign for what cannot be read, as every encoder of UTF-8 makes them. */
const wellFormed = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));

describe("a name in CSV", () => {
  const readable = (text: string) => wellFormed(text).replace(/[^\P{Cc}\t\r\n]/gu, "\ufffd");
  const formula = /^\s*[=+\-@＝＋－＠]/;

  test("is one cell to another program, and never a formula; numbers stay numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.double({ noNaN: true })), { minLength: 1, maxLength: 6 }), (rows) => {
        const text = csvText(csvTable(["name", "value"], rows));
        const read = csvParse(wellFormed(text));
        expect(read.columns).toEqual(["name", "value"]);
        expect(read).toHaveLength(rows.length);
        rows.forEach(([own, value], i) => {
          expect(read[i].name).toBe((formula.test(readable(own)) ? "'" : "") + readable(own));
          expect(Object.is(Number(read[i].value), value) || (value === 0 && Number(read[i].value) === 0)).toBe(true);
          expect(read[i].name).not.toMatch(formula);
        });
      }),
    );
  });

  test("is read alike by Python's csv module", () => {
    const rows = hostile.map((text, i): [string, number] => [text, i / 3]);
    const text = csvText(csvTable(["name", "value"], rows));
    const python = spawnSync(
      "python3",
      [
        "-c",
        "import csv, io, json, sys\nprint(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode('utf-8'), newline='')))))",
      ],
      { input: text, encoding: "utf8" },
    );
    if (python.error) return; // no Python here; the property above reads it with another parser
    const read = JSON.parse(python.stdout) as string[][];
    expect(read.slice(1).map(([own, value]) => [own, Number(value)])).toEqual(
      rows.map(([own, value]) => [(formula.test(readable(own)) ? "'" : "") + readable(own), value]),
    );
  });

  test("tables of a report hold one number a cell, in full", () => {
    const study = makeStudy({ arms: [{ name: "=base" }, { name: "b\r\nc", loss: 0.1 }], steps: 8 });
    const document: ReportDocument = {
      title: "t",
      command: null,
      blocks: [],
      results: {
        schema: "switchyard.results/1",
        notebook: "n",
        engine: "0",
        semantics: 1,
        metrics: metricDefinitions,
        experiments: [study],
      },
    };
    const files = reportFolder(document, null);
    const table = (kind: string) => csvParse(files.get(`tables/balancing-${kind}.csv`) as string);
    const words = new Set(["arm", "baseline", "metric", "status", "stored", "error", "backend", "adapter", "key", "verdict"]);
    for (const kind of ["arms", "comparisons", "runs"])
      for (const row of table(kind))
        for (const [column, cell] of Object.entries(row))
          if (!words.has(column) && cell !== "") expect(Number.isFinite(Number(cell)), `${kind}, ${column}: ${cell}`).toBe(true);
    const [base, other] = table("arms");
    expect([base.arm, base.baseline, other.arm]).toEqual(["'=base", "true", "b\r\nc"]);
    expect(Number(base["valLoss.mean"])).toBe(study.arms[0].mean.valLoss);
    expect(Number(base["valLoss.sd"])).toBe(study.arms[0].sd.valLoss);
    const [difference] = table("comparisons");
    expect([Number(difference.low95), Number(difference.high95)]).toEqual(study.comparisons[0].ci95);
    expect(table("runs").map((row) => Number(row.seed))).toEqual(study.arms.flatMap((arm) => arm.runs.map((run) => run.seed.init)));
  });
});

describe("a name in a terminal", () => {
  const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  test("moves, colours and turns nothing, and stays in its line; JSON stays the same JSON", () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(terminalText(text)).not.toMatch(dangerous);
        expect(terminalLine(text)).not.toMatch(/[\n\r\t]/);
        const json = JSON.stringify({ text });
        expect(JSON.parse(terminalText(json))).toEqual({ text });
      }),
    );
  });

  test("does not break out of a table or a plan", () => {
    const { config } = makeStudy({ arms: [{ name: "base" }], steps: 4 }).arms[0];
    fc.assert(
      fc.property(name, name, (a, b) => {
        const table = textTable(
          [
            ["x", "y"],
            [a, b],
          ],
          ["left", "left"],
        );
        expect(table.split("\n")).toHaveLength(3);
        expect(table).not.toMatch(dangerous);
        const plan = {
          experiment: { id: a, title: b, baseline: "base", seeds: [1] },
          dataHash: "",
          arms: [
            {
              name: `${a}2`,
              patch: {},
              config,
              seedOffset: 0,
              cost: { params: 1, activeParams: 1, tokens: 1, flops: 1 },
              differences: [{ path: a, from: b, to: a }],
            },
          ],
          runs: [],
        };
        const text = planText(plan as never, { cached: new Set(), nearest: () => Promise.resolve([]) }, null);
        expect(text.split("\n")).toHaveLength(3);
        expect(text).not.toMatch(dangerous);
      }),
    );
  });
});

test("every word of the command line goes through the one place that cleans it", () => {
  const folder = join(import.meta.dirname, "../../experiments/cli");
  const others = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) =>
      file.endsWith(".ts") &&
      file !== "output.ts" &&
      /process\.std(?:out|err)\.write|console\./.test(readFileSync(join(folder, file), "utf8")),
  );
  expect(others).toEqual([]);
});
