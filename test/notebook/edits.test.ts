import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyEdit,
  cellToProse,
  deleteBlock,
  deleteCell,
  editBetween,
  EditError,
  insertCell,
  insertProse,
  mintId,
  moveCell,
  proseToCell,
  replaceCell,
  replaceProse,
  reverseEdit,
  splitCell,
} from "../../experiments/notebook/file/edits.ts";
import { cellsOf, parseNotebook, type Notebook } from "../../experiments/notebook/file/markdown.ts";
import { notebookText } from "./arbitrary-notebook.ts";

const text = "---\nswitchyard: 1\n---\nOne.\n\n```ts {#a}\nconst x = 1;\n```\n\nTwo.\n\n```ts {#b}\nx\n```\n";
const notebook = parseNotebook(text);
const outline = ({ blocks }: Notebook) => blocks.map((block) => (block.kind === "cell" ? `#${block.id}:${block.source}` : block.text));

describe("replaceCell", () => {
  test("changes the lines of that cell and nothing else", () => {
    expect(replaceCell(notebook, "a", "const x = 2;\nconst y = 3;").text).toBe(text.replace("const x = 1;", "const x = 2;\nconst y = 3;"));
  });

  test("the same code is no edit at all", () => {
    expect(replaceCell(notebook, "a", "const x = 1;")).toBe(notebook);
  });

  test("keeps line endings of the file, and every byte of lines that stay", () => {
    const mixed = parseNotebook("```ts {#a}\r\none\r\ntwo\nthree\r\n```\r\n");
    expect(replaceCell(mixed, "a", "one\n2\n2b\nthree").text).toBe("```ts {#a}\r\none\r\n2\r\n2b\r\nthree\r\n```\r\n");
    expect(replaceCell(mixed, "a", "1\ntwo\nthree").text).toBe("```ts {#a}\r\n1\r\ntwo\nthree\r\n```\r\n");
  });

  test("the fence grows around code that holds one, its info stays", () => {
    const code = "const md = `\n````\n`;";
    const edited = replaceCell(parseNotebook("```ts {#a .wide}\n1\n```\n"), "a", code);
    expect(edited.text).toBe(`\`\`\`\`\`ts {#a .wide}\n${code}\n\`\`\`\`\`\n`);
    expect(cellsOf(edited)[0].source).toBe(code);
  });

  test("a cell emptied and filled again", () => {
    const empty = replaceCell(notebook, "a", "");
    expect(outline(empty)).toEqual(["One.", "#a:", "Two.", "#b:x"]);
    expect(replaceCell(empty, "a", "const x = 1;").text).toBe(text);
  });

  test("a keystroke gives the notebook that reading the text anew gives", () => {
    const lines = fc
      .array(fc.constantFrom("x", "", "  y", "```", "~~~", "<<<<<<< a", "\u2028"), { maxLength: 4 })
      .map((parts) => parts.join("\n"));
    const ending = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(lines, ending, fc.constantFrom("a", "b"), (source, end, id) => {
        const after = replaceCell(parseNotebook(text.replaceAll("\n", end)), id, source);
        expect(after).toEqual(parseNotebook(after.text));
      }),
    );
  });

  test("a kept line feed does not become one ending with the carriage return before it", () => {
    const edited = replaceCell(parseNotebook("~~~ts {#c}\r---\n\n"), "c", "```\n");
    expect(cellsOf(edited)[0].source).toBe("```\n");
    expect(cellsOf(replaceCell(parseNotebook("~~~ts {#c}\rx\n\n"), "c", ""))[0].source).toBe("");
    expect(cellsOf(replaceCell(parseNotebook("~~~ts {#c}\ra\rx\n\ny\n~~~\n"), "c", "a\n\ny"))[0].source).toBe("a\n\ny");
  });

  test("any code in any notebook reads back, and nothing outside the fence changes", () => {
    const code = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom("```", "~~~~", "  x", "", "`````ts {#z}", "a\tb"), { maxLength: 6 }).map((lines) => lines.join("\n")),
    );
    fc.assert(
      fc.property(notebookText, fc.nat(), code, (source, pick, newCode) => {
        const before = parseNotebook(source);
        const cells = cellsOf(before);
        fc.pre(cells.length > 0);
        const cell = cells[pick % cells.length];
        const after = replaceCell(before, cell.id, newCode);
        expect(cellsOf(after).map(({ id, source }) => [id, source])).toEqual(
          cells.map(({ id, source }) => [id, id === cell.id ? newCode.replace(/\r\n|\r/g, "\n") : source]),
        );
        expect(after).toEqual(parseNotebook(after.text));
        expect(after.text.startsWith(source.slice(0, cell.span.start))).toBe(true);
        expect(after.text.endsWith(source.slice(cell.span.end))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("inserting", () => {
  test.each([
    [0, "---\nswitchyard: 1\n---\n```ts {#c}\ny\n```\n\nOne."],
    [1, "One.\n\n```ts {#c}\ny\n```\n\n```ts {#a}"],
    [2, "1;\n```\n\n```ts {#c}\ny\n```\n\nTwo."],
    [4, "x\n```\n\n```ts {#c}\ny\n```\n"],
  ])("a cell at place %i stands between blank lines", (place, part) => {
    expect(insertCell(notebook, place, "y", "c").text).toContain(part);
  });

  test("into an empty file and after an open fence", () => {
    expect(insertCell(parseNotebook(""), 0, "y", "c").text).toBe("```ts {#c}\ny\n```\n");
    expect(outline(insertCell(parseNotebook("```ts {#a}\n1"), 1, "y", "c"))).toEqual(["#a:1", "#c:y"]);
  });

  test("mints ids that are free, and refuses one that is taken", () => {
    expect(cellsOf(insertCell(insertCell(notebook, 0, ""), 0, "")).map((cell) => cell.id)).toEqual(["cell-2", "cell", "a", "b"]);
    expect(mintId(notebook, "a")).toBe("a-2");
    expect(mintId(notebook, "9 lives!")).toBe("lives-");
    expect(() => insertCell(notebook, 0, "", "a")).toThrow(EditError);
    expect(() => insertCell(notebook, 0, "", "1")).toThrow(EditError);
  });

  test("inside an HTML comment that is never closed is refused", () => {
    expect(() => insertCell(parseNotebook("<!-- open\n"), 1, "y", "c")).toThrow(/HTML/);
  });

  test("in any notebook keeps all cells and their order", () => {
    fc.assert(
      fc.property(notebookText, fc.nat(), (source, at) => {
        const before = parseNotebook(source);
        const place = at % (before.blocks.length + 1);
        let after: Notebook;
        try {
          after = insertCell(before, place, "let inserted;", "zzz");
        } catch (error) {
          return error instanceof EditError;
        }
        const cellsBefore = before.blocks.slice(0, place).filter((block) => block.kind === "cell").length;
        const expected = cellsOf(before).map((cell) => cell.source);
        expected.splice(cellsBefore, 0, "let inserted;");
        expect(cellsOf(after).map((cell) => cell.source)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("deleting", () => {
  test("takes the cell and one of the blank lines", () => {
    expect(deleteCell(notebook, "a").text).toBe("---\nswitchyard: 1\n---\nOne.\n\nTwo.\n\n```ts {#b}\nx\n```\n");
    expect(deleteCell(notebook, "b").text).toBe("---\nswitchyard: 1\n---\nOne.\n\n```ts {#a}\nconst x = 1;\n```\n\nTwo.\n\n");
  });

  test("does not join the paragraphs around it", () => {
    expect(outline(deleteCell(parseNotebook("One\n```ts {#a}\n```\nTwo\n"), "a"))).toEqual(["One\n\nTwo"]);
  });

  test("one of two cells with the same id leaves the other", () => {
    expect(outline(deleteCell(parseNotebook("```ts {#a}\n1\n```\n\n```ts {#a}\n2\n```\n"), "a"))).toEqual(["#a:2"]);
  });

  test("in any notebook leaves the other cells as they are", () => {
    fc.assert(
      fc.property(notebookText, fc.nat(), (source, pick) => {
        const before = parseNotebook(source);
        fc.pre(before.blocks.length > 0);
        const index = pick % before.blocks.length;
        const rest = before.blocks.flatMap((block, i) => (block.kind === "cell" && i !== index ? [block.source] : []));
        let after: Notebook;
        try {
          after = deleteBlock(before, index);
        } catch (error) {
          return error instanceof EditError;
        }
        expect(
          cellsOf(after)
            .map((cell) => cell.source)
            .filter((code) => rest.includes(code)).length,
        ).toBeGreaterThanOrEqual(rest.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("moving, splitting, turning", () => {
  test("a cell moves up and down with its fence as it was written", () => {
    const wide = parseNotebook(text.replace("```ts {#b}\nx\n```", "~~~~ts {#b .wide}\nx\n~~~~"));
    expect(moveCell(wide, "b", 1).text).toBe(
      "---\nswitchyard: 1\n---\nOne.\n\n~~~~ts {#b .wide}\nx\n~~~~\n\n```ts {#a}\nconst x = 1;\n```\n\nTwo.\n\n",
    );
    // the paragraphs that were above and below it are one block of prose now
    expect(outline(moveCell(notebook, "a", 4))).toEqual(["One.\n\nTwo.", "#b:x", "#a:const x = 1;"]);
    expect(moveCell(notebook, "a", 1)).toBe(notebook);
    expect(moveCell(notebook, "a", 2)).toBe(notebook);
  });

  test("splitting keeps the id above and mints one below", () => {
    const two = replaceCell(notebook, "a", "const x = 1;\nconst y = 2;");
    expect(outline(splitCell(two, "a", 13))).toEqual(["One.", "#a:const x = 1;", "#a-2:const y = 2;", "Two.", "#b:x"]);
  });

  test("a cell becomes text and text a cell", () => {
    const asText = cellToProse(notebook, "b");
    expect(cellsOf(asText).map((cell) => cell.id)).toEqual(["a"]);
    expect(asText.text).toContain("Two.\n\nx\n");
    expect(outline(proseToCell(notebook, 0, "c"))).toEqual(["#c:One.", "#a:const x = 1;", "Two.", "#b:x"]);
  });
});

describe("prose", () => {
  test("is replaced between its blank lines", () => {
    expect(replaceProse(notebook, 2, "Deux.\n\nTrois.").text).toBe(text.replace("Two.", "Deux.\n\nTrois."));
    expect(insertProse(notebook, 1, "New.").text).toContain("One.\n\nNew.\n\n```ts {#a}");
    expect(replaceProse(notebook, 2, " ").text).toBe(text.replace("Two.\n\n", ""));
  });

  test("may bring cells of its own", () => {
    expect(outline(replaceProse(notebook, 0, "Hi\n\n```ts {#c}\n1\n```"))).toEqual(["Hi", "#c:1", "#a:const x = 1;", "Two.", "#b:x"]);
  });

  test.each(["```", "~~~ts", "<!-- a", "<pre>", "```ts {#c}\n1"])("that would swallow the cells below is refused: %s", (open) => {
    expect(() => replaceProse(notebook, 0, open)).toThrow(/#a.*(fence|HTML)/);
  });
});

describe("edits as data", () => {
  test("the edit between two texts makes one of the other, and its reverse undoes it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const edit = editBetween(before, after);
        if (edit === null) return before === after;
        return applyEdit(before, edit) === after && applyEdit(after, reverseEdit(edit)) === before;
      }),
    );
  });

  test("an edit does not apply to a text that changed there", () => {
    expect(() => applyEdit("abc", { start: 0, removed: "x", inserted: "" })).toThrow(EditError);
  });
});
