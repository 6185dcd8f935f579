import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromJupyter, toJupyter } from "../../experiments/notebook/file/ipynb.ts";
import { cellsOf, parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import { notebookText } from "./arbitrary-notebook.ts";

const outline = (text: string) =>
  parseNotebook(text).blocks.map((block) => (block.kind === "cell" ? `#${block.id}: ${block.source}` : block.text));
const jupyter = (cells: object[], metadata: object = { language_info: { name: "typescript" } }) =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells });

describe("into Jupyter and back", () => {
  test("front matter, text, cells and their ids return", () => {
    const text =
      "---\nswitchyard: 1\ntitle: T\nbudget: { smoke: { seeds: 1 } }\n---\nHello $x$.\n\n```ts {#a}\nconst x = 1;\n\nx\n```\n\n```ts {#b}\n```\n\nBye.\n";
    const back = fromJupyter(toJupyter(parseNotebook(text)));
    expect(back).toEqual({ text, notes: [] });
  });

  test("any notebook keeps its code, in order", () => {
    fc.assert(
      fc.property(notebookText, (text) => {
        const notebook = parseNotebook(text);
        const back = parseNotebook(fromJupyter(toJupyter(notebook)).text);
        expect(cellsOf(back).map(({ id, source }) => [id, source])).toEqual(cellsOf(notebook).map(({ id, source }) => [id, source]));
      }),
      { numRuns: 300 },
    );
  });

  test("what goes out is nbformat 4.5", () => {
    const out = JSON.parse(toJupyter(parseNotebook("---\nswitchyard: 1\n---\nHi\n\n```ts {#größe}\n1\n```\n")));
    expect(out).toMatchObject({
      nbformat: 4,
      nbformat_minor: 5,
      cells: [
        { cell_type: "markdown", source: ["Hi"] },
        { cell_type: "code", execution_count: null, outputs: [], source: ["1"] },
      ],
    });
    for (const { id } of out.cells) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});

describe("from Jupyter", () => {
  test("Python is kept as text, outputs and attachments are left out, and all of it is said", () => {
    const { text, notes } = fromJupyter(
      jupyter(
        [
          { cell_type: "markdown", id: "m", source: ["# Title\n", "text"], attachments: { "a.png": {} } },
          { cell_type: "code", id: "c", source: "print('```')", outputs: [{}, {}] },
          { cell_type: "raw", id: "r", source: "raw" },
        ],
        { kernelspec: { language: "python" } },
      ),
      "study",
    );
    expect(outline(text)).toEqual(["# Title\ntext\n\n````python\nprint('```')\n````\n\n```text\nraw\n```"]);
    expect(text).toContain('title: "study"');
    expect(notes).toEqual([
      expect.stringContaining("a.png"),
      expect.stringContaining("2 outputs were"),
      expect.stringContaining("1 cell in python became text"),
    ]);
  });

  test("ids that are missing, repeated or no names are minted", () => {
    const code = (id?: string) => ({ cell_type: "code", id, source: "1" });
    expect(cellsOf(parseNotebook(fromJupyter(jupyter([code("a"), code("a"), code("1-x"), code()])).text)).map((cell) => cell.id)).toEqual([
      "a",
      "a-2",
      "x",
      "cell",
    ]);
  });

  test("text that would swallow the cells below becomes a block of code", () => {
    const { text } = fromJupyter(
      jupyter([
        { cell_type: "markdown", source: "<!-- open" },
        { cell_type: "code", id: "a", source: "1" },
      ]),
    );
    expect(outline(text)).toEqual(["```markdown\n<!-- open\n```", "#a: 1"]);
  });

  test.each(["{", "[]", '{"nbformat":3,"cells":[]}', '{"nbformat":4,"cells":[{"cell_type":"heading"}]}'])("%s is refused", (json) => {
    expect(() => fromJupyter(json)).toThrow(SyntaxError);
  });
});
