import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { escapeLatex, latexTable, latexTables } from "../../experiments/report/latex.ts";
import { awkward, balancing, learningRates, mtp } from "../figures/studies.ts";

const hasLatex = spawnSync("pdflatex", ["--version"]).status === 0;

test("text holds no character that LaTeX reads as anything else", () => {
  expect(escapeLatex("50 % of $x_1 & {y} \\ −0.1 ± 2")).toBe("50 \\% of \\$x\\_1 \\& \\{y\\} \\textbackslash{} $-$0.1 $\\pm$ 2");
  expect(escapeLatex("a\nb\u0000c")).toBe("a b c");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      // what is left after our own commands, formulas and groups are taken out is letters, digits and plain punctuation
      const rest = escapeLatex(text).replace(/\\(?:[a-z]+(?:\{\})?|[{}&%$#_,])|\$[^$]*\$|\{(?:[-'"[\]*]|''|\\textasciigrave)\}|~/g, "");
      expect(rest).not.toMatch(/[\\{}&%$#_^~"`|<>\n\u0000-\u001f]/);
    }),
  );
});

test("a table's label, units and notes stand where a paper needs them", () => {
  const tex = latexTable(
    {
      caption: "A",
      columns: [
        { name: "arm", align: "left" },
        { name: "loss", unit: "nats", align: "right" },
      ],
      rows: [["a", 1]],
    },
    { label: "tab:a", notes: ["These runs come from 2 different devices"] },
  );
  expect(tex).toContain("\\label{tab:a}");
  expect(tex).toContain("arm & loss \\\\\n     & (nats) \\\\\n    \\midrule");
  expect(tex.indexOf("2 different devices")).toBeGreaterThan(tex.indexOf("\\end{tabular}"));
});

test("numbers of mixed devices, and those of a stale cell, say so below the table they stand in", () => {
  const mixed = structuredClone(balancing);
  mixed.arms[0].runs[0].provenance = { ...mixed.arms[0].runs[0].provenance!, backend: "webgpu", adapter: "a GPU" };
  expect(latexTables(mixed).match(/2 different devices/g)).toHaveLength(2);
  expect(latexTables(balancing, "alpha has changed").match(/Stale: alpha has changed/g)).toHaveLength(2);
  expect(latexTables(balancing)).not.toMatch(/Stale|different devices/);
});

describe.skipIf(!hasLatex)("pdfLaTeX with booktabs alone sets", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "switchyard-latex-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The words on the pages; throws with LaTeX's own message. */
  function compiled(body: string): string {
    writeFileSync(join(folder, "t.tex"), `\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n${body}\n\\end{document}\n`);
    try {
      execFileSync("pdflatex", ["-halt-on-error", "-interaction=nonstopmode", "t.tex"], { cwd: folder, stdio: "pipe" });
    } catch {
      throw new Error(
        readFileSync(join(folder, "t.log"), "latin1")
          .split("\n")
          .filter((line) => line.startsWith("!") || line.startsWith("l."))
          .join("\n"),
      );
    }
    const log = readFileSync(join(folder, "t.log"), "latin1");
    expect(log).not.toMatch(/^Missing character/m);
    return log;
  }

  const studies = { ...Object.fromEntries(Object.entries(awkward).map(([name, make]) => [name, make()])), balancing, mtp, learningRates };
  test("every table of every study, whatever its arms are called", () => {
    compiled(
      Object.values(studies)
        .map((study) => `${latexTables(study, 'the text changed: "a_b" 100 %')}\n\\clearpage`)
        .join("\n"),
    );
  }, 120_000);

  test("every character that has a name of its own here, and any other", () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const others = [
      ..."−±–—“”‘’„…·×÷∞≤≥≈≠→←°²³µ\u00a0\u202f\u2009αβγδεζηθικλμνξοπρστυφχψωςΓΔΘΛΞΠΣΥΦΨΩ⁰¹⁻⁺éÀÖøÿßČłŐžźů专家🚆\u200b\ufeff\u0301ﬁ",
    ];
    const random = fc.sample(fc.string({ unit: "binary", minLength: 1, maxLength: 12 }), { numRuns: 200, seed: 7 });
    const cells = [...ascii, ...others, "--", "---", "``", "''", "?`", "!`", "[x]", "*", "\\input{x}", ...random];
    compiled(
      cells.reduce(
        (body, text, i) =>
          `${body}${i % 40 === 0 ? "\\clearpage\n" : ""}${latexTable({
            caption: text,
            columns: [
              { name: text, align: "left" },
              { name: "n", unit: text, align: "right" },
            ],
            rows: [
              [text, 1],
              [`*${text}`, `[${text}`],
            ],
          }).replace("\\begin{table}", "\\begin{table}[p]")}`,
        "",
      ),
    );
  }, 120_000);
});
