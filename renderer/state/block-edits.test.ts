import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockKeys, convertBlock, insertCell, moveBlock, parseNotebook, removeBlock, setText } from "./block-edits.ts";

const text = "---\r\nswitchyard: 1\r\n---\r\n# One\r\n\r\n```ts {#a}\r\nconst a = 1;\r\n```\r\n\r\nmiddle\r\n\r\n```ts {#b}\r\nconst b = 2;\r\n```\r\n\r\nend\r\n";
const notebook = parseNotebook(text);
const shape = (it: string) => parseNotebook(it).blocks.map((block) => (block.kind === "cell" ? `#${block.id}: ${block.source}` : block.text));

describe("an edit of a notebook", () => {
  it("of a cell changes its lines only, in the file's own line endings", () => {
    expect(setText(notebook, notebook.blocks[1], "let x;\nlet y;")).toBe(text.replace("const a = 1;", "let x;\r\nlet y;"));
    expect(setText(notebook, notebook.blocks[2], "two\nlines")).toBe(text.replace("middle", "two\r\nlines"));
  });

  it("gives code that holds fences a longer fence", () => {
    expect(shape(setText(notebook, notebook.blocks[1], "`\n```\n`"))[1]).toBe("#a: `\n```\n`");
  });

  it("that inserts a cell names it anew and leaves the others alone", () => {
    const { text: inserted, id } = insertCell(notebook, notebook.blocks[0], "below", "1");
    expect(id).toBe("cell");
    expect(shape(inserted)).toEqual(["# One", "#cell: 1", "#a: const a = 1;", "middle", "#b: const b = 2;", "end"]);
    expect(shape(insertCell(notebook, null, "below").text).at(-1)).toBe("#cell: ");
    expect(shape(insertCell(parseNotebook(""), null, "below", "1").text)).toEqual(["#cell: 1"]);
  });

  it("that removes a block joins the text around it", () => {
    expect(shape(removeBlock(notebook, notebook.blocks[1]))).toEqual(["# One\r\n\r\nmiddle", "#b: const b = 2;", "end"]);
    expect(shape(removeBlock(notebook, notebook.blocks[4]))).toEqual(["# One", "#a: const a = 1;", "middle", "#b: const b = 2;"]);
  });

  it("that moves a block keeps its content and everybody else's order", () => {
    expect(shape(moveBlock(notebook, notebook.blocks[3], notebook.blocks[1], "above"))).toEqual(["# One", "#b: const b = 2;", "#a: const a = 1;", "middle\r\n\r\nend"]);
    expect(shape(moveBlock(notebook, notebook.blocks[1], notebook.blocks[3], "below"))).toEqual(["# One\r\n\r\nmiddle", "#b: const b = 2;", "#a: const a = 1;", "end"]);
  });

  it("that converts there and back keeps the words", () => {
    const cell = parseNotebook(convertBlock(notebook, notebook.blocks[2], "cell"));
    expect(shape(cell.text)[2]).toBe("#cell: middle");
    expect(shape(convertBlock(cell, cell.blocks[2], "prose"))[2]).toBe("middle");
  });

  it("sets any text a cell can hold, and it reads back the same", () => {
    const line = fc.stringMatching(/^[^\r\n]*$/);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.constantFrom("```", "~~~", "````ts {#x}", "---"))), (lines) => {
        const source = lines.join("\n");
        const read = parseNotebook(setText(notebook, notebook.blocks[1], source));
        const cell = read.blocks.find((block) => block.kind === "cell" && block.id === "a");
        expect(cell?.kind === "cell" && cell.source).toBe(source);
        expect(read.text.endsWith(text.slice(notebook.blocks[1].span.end))).toBe(true);
      }),
    );
  });
});

it("blocks keep their key while others change", () => {
  expect(blockKeys(notebook.blocks)).toEqual(["text:", "cell:a", "text:a", "cell:b", "text:b"]);
});
