import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromMarkdown } from "mdast-util-from-markdown";
import { cellsOf, parseNotebook, serialize } from "../../experiments/notebook/file/markdown.ts";
import { notebookText } from "./arbitrary-notebook.ts";

const example = `---
switchyard: 1
title: Does an auxiliary loss cost quality?
budget:
  smoke: { train.steps: 20, seeds: 1 }
  quick:
    - train.steps=100
    - seeds: [1, 2]
---
Prose with $x$.

\`\`\`ts {#balancing}
import { experiment } from "switchyard";

export const balancing = 1;
\`\`\`

\`\`\`ts {#load}
display(balancing);
\`\`\`

The end.
`;

const kinds = (text: string) => parseNotebook(text).warnings.map((warning) => warning.kind);

describe("parseNotebook", () => {
  test("reads front matter, prose and cells in order", () => {
    const notebook = parseNotebook(example);
    expect(notebook.warnings).toEqual([]);
    expect(notebook.frontMatter).toMatchObject({ version: 1, title: "Does an auxiliary loss cost quality?" });
    expect(notebook.blocks.map((block) => (block.kind === "cell" ? block.id : block.text))).toEqual([
      "Prose with $x$.",
      "balancing",
      "load",
      "The end.",
    ]);
    expect(cellsOf(notebook)[0]).toMatchObject({
      line: 13,
      source: 'import { experiment } from "switchyard";\n\nexport const balancing = 1;',
    });
  });

  test("reads budgets as overrides and seeds, from a map and from a list", () => {
    expect(parseNotebook(example).frontMatter.budget).toEqual({
      smoke: { overrides: { "train.steps": 20 }, seeds: 1 },
      quick: { overrides: { "train.steps": 100 }, seeds: [1, 2] },
    });
  });

  test("a budget that means nothing is warned about and kept in the text", () => {
    const text = "---\nswitchyard: 1\nbudget: { smoke: { seeds: 0 }, quick: 7 }\n---\n";
    expect(parseNotebook(text).warnings.map((warning) => warning.message)).toEqual([
      "budget.smoke: seeds must be a whole number above 0 or a list of whole numbers",
      "budget.quick: must map paths to values, such as `train.steps: 20`",
    ]);
  });

  test.each([
    ["no front matter", "# Title\n"],
    ["front matter that is never closed", "---\nswitchyard: 1\n\ntext\n"],
    ["front matter that is no YAML", "---\nswitchyard: [1\n---\n"],
    ["front matter that is a list", "---\n- 1\n---\n"],
    ["a version from the future", "---\nswitchyard: 2\n---\n"],
    ["an unknown key", "---\nswitchyard: 1\nauthor: me\n---\n"],
    [
      "a bomb of aliases",
      `---\nswitchyard: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n---\n`,
    ],
  ])("warns about %s", (_what, text) => {
    expect(kinds(text)).toContain("front matter");
  });

  test("a repeated id becomes a free one and is warned about", () => {
    const notebook = parseNotebook("```ts {#a}\n1\n```\n\n```ts {#a}\n2\n```\n\n```ts {#a-2}\n3\n```\n");
    expect(cellsOf(notebook).map((cell) => [cell.id, cell.source])).toEqual([
      ["a", "1"],
      ["a-3", "2"],
      ["a-2", "3"],
    ]);
    expect(notebook.warnings.map((warning) => warning.kind)).toContain("duplicate id");
  });

  test.each([
    ["an unknown attribute", "```ts {#a .wide run=now}\n```\n", "unknown attribute"],
    ["an attribute on another language", "```python {#a}\n```\n", "unknown language"],
    ["an id that is no name", "```ts {#9}\n```\n", "invalid id"],
    ["a fence without an end", "```ts {#a}\n1\n", "unclosed fence"],
    ["a cell inside a list", "- item\n\n  ```ts {#a}\n  1\n  ```\n", "nested fence"],
    ["conflict markers", "```ts {#a}\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> other\n```\n", "conflict marker"],
  ])("warns about %s", (_what, text, kind) => {
    expect(kinds(text)).toContain(kind);
  });

  test("a longer fence holds a shorter one", () => {
    const [cell] = cellsOf(parseNotebook("````ts {#a}\nconst md = `\n```ts {#b}\n```\n`;\n````\n"));
    expect(cell).toMatchObject({ id: "a", source: "const md = `\n```ts {#b}\n```\n`;" });
  });

  test("a fence without an id is prose", () => {
    expect(parseNotebook("```ts\n1\n```\n").blocks).toMatchObject([{ kind: "prose", text: "```ts\n1\n```" }]);
  });

  test("a fence inside an HTML comment is prose", () => {
    expect(cellsOf(parseNotebook("<!--\n```ts {#a}\n1\n```\n-->\n"))).toEqual([]);
  });

  test("line endings and a byte order mark change no source", () => {
    const crlf = parseNotebook("\uFEFF" + example.replaceAll("\n", "\r\n"));
    expect(cellsOf(crlf).map((cell) => [cell.id, cell.source, cell.line])).toEqual(
      cellsOf(parseNotebook(example)).map((cell) => [cell.id, cell.source, cell.line]),
    );
    expect(crlf.warnings).toEqual([]);
  });

  test("an indented fence takes its indentation off the source", () => {
    expect(cellsOf(parseNotebook("  ```ts {#a}\n  if (x)\n    y\n z\n  ```\n"))[0].source).toBe("if (x)\n  y\nz");
  });
});

describe("every text", () => {
  test("comes back from parse and serialize byte for byte", () => {
    fc.assert(
      fc.property(notebookText, (text) => serialize(parseNotebook(text)) === text),
      { numRuns: 500 },
    );
  });

  test("is covered by front matter, blocks and blank lines, in order", () => {
    fc.assert(
      fc.property(notebookText, (text) => {
        const { frontMatter, blocks } = parseNotebook(text);
        let at = frontMatter.span.end;
        for (const { span } of blocks) {
          expect(text.slice(at, span.start).trim()).toBe("");
          expect(span.start).toBeGreaterThanOrEqual(at);
          expect(span.end).toBeGreaterThan(span.start);
          at = span.end;
        }
        expect(text.slice(at).trim()).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  test("has unique cell ids", () => {
    fc.assert(
      fc.property(notebookText, (text) => {
        const ids = cellsOf(parseNotebook(text)).map((cell) => cell.id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 500 },
    );
  });

  test("gives each unindented cell the code that CommonMark gives its fence", () => {
    fc.assert(
      fc.property(notebookText, (text) => {
        const notebook = parseNotebook(text);
        const codes = fromMarkdown(text.slice(notebook.frontMatter.span.end)).children.filter((node) => node.type === "code");
        const fences = codes.filter((code) => code.lang === "ts" && /^\{#[ab-d]( |\})/.test(code.meta ?? ""));
        const cells = cellsOf(notebook);
        expect(cells.length).toBe(fences.length);
        for (const [i, cell] of cells.entries())
          if (cell.fence.indent === 0) expect(cell.source).toBe(fences[i].value.replace(/\r\n|\r/g, "\n"));
      }),
      { numRuns: 500 },
    );
  });
});
