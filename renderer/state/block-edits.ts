/** Edits of a notebook's text: each replaces only what it is about, and every other byte stays. */
import { endingOf, fenceBody, fenceLength } from "../../experiments/notebook/fence.ts";
import { freeId, parseNotebook } from "../../experiments/notebook/markdown.ts";
import { cellsOf, type Block, type Notebook, type Span } from "../../experiments/notebook/notebook.ts";

const splice = (text: string, { start, end }: Span, replacement: string): string => text.slice(0, start) + replacement + text.slice(end);

const withEndings = (text: string, ending: string): string => text.replace(/\r\n|\r|\n/g, ending);

/** A fence around `source` with the id given. */
function fenced(id: string, source: string, ending: string): string {
  const marks = "`".repeat(fenceLength(source, "`", 3));
  return `${marks}ts {#${id}}${ending}${fenceBody(source, 0, ending)}${marks}${ending}`;
}

/** New text of a block, the code of a cell or the Markdown between cells. */
export function setText({ text }: Notebook, block: Block, value: string): string {
  const ending = endingOf(text);
  if (block.kind === "prose") return splice(text, block.span, withEndings(value, ending));
  const { fence } = block;
  // Code that now holds a run of markers as long as the fence needs a longer fence.
  if (!fence.closed || fenceLength(value, fence.marker, fence.length) > fence.length) return splice(text, block.span, fenced(block.id, value, ending));
  return splice(text, block.body, fenceBody(value, fence.indent, ending));
}

/** Puts `markdown` on its own lines at an offset, a blank line around it. */
function insertAt(text: string, offset: number, markdown: string): string {
  const ending = endingOf(text);
  const before = text.slice(0, offset);
  const after = text.slice(offset);
  const gap = (lines: number): string => ending.repeat(Math.max(0, lines));
  const breaksBefore = before === "" ? 2 : (/((?:\r\n|\n|\r)*)$/.exec(before)![1].match(/\r\n|\n|\r/g)?.length ?? 0);
  const lead = gap(2 - breaksBefore);
  const body = markdown.replace(/(?:\r\n|\n|\r)+$/, "");
  const breaksAfter = /^((?:\r\n|\n|\r)*)/.exec(after)![1].match(/\r\n|\n|\r/g)?.length ?? 0;
  const tail = after.trim() === "" ? gap(1 - breaksAfter) : gap(2 - breaksAfter);
  return before + lead + body + tail + after;
}

/** A new cell above or below a block (null: at the end). @returns the text and the cell's id */
export function insertCell(notebook: Notebook, beside: Block | null, where: "above" | "below", source = ""): { text: string; id: string } {
  const id = freeId("cell", new Set(cellsOf(notebook).map((cell) => cell.id)));
  const offset = beside === null ? notebook.text.length : where === "above" ? beside.span.start : beside.span.end;
  return { text: insertAt(notebook.text, offset, fenced(id, source, endingOf(notebook.text))), id };
}

export function removeBlock({ text }: Notebook, block: Block): string {
  const before = text.slice(0, block.span.start).replace(/(?:\r\n|\n|\r)+$/, "");
  const after = text.slice(block.span.end).replace(/^(?:[ \t]*(?:\r\n|\n|\r))+/, "");
  const ending = endingOf(text);
  if (before === "") return after;
  return after === "" ? before + ending : before + ending + ending + after;
}

/** Moves a block above or below another one. */
export function moveBlock(notebook: Notebook, block: Block, target: Block, where: "above" | "below"): string {
  const markdown = notebook.text.slice(block.span.start, block.span.end);
  // Removed first where it comes first, so that offsets before it stay true.
  if (target.span.start < block.span.start) {
    const removed = removeBlock(notebook, block);
    return insertAt(removed, where === "above" ? target.span.start : target.span.end, markdown);
  }
  const inserted = insertAt(notebook.text, where === "above" ? target.span.start : target.span.end, markdown);
  return removeBlock({ ...notebook, text: inserted }, block);
}

/** A cell becomes text, or text a cell. */
export function convertBlock(notebook: Notebook, block: Block, kind: Block["kind"]): string {
  if (block.kind === kind) return notebook.text;
  const ending = endingOf(notebook.text);
  if (block.kind === "cell") return splice(notebook.text, block.span, `${withEndings(block.source.trim() === "" ? "New text." : block.source, ending)}${ending}`);
  const id = freeId("cell", new Set(cellsOf(notebook).map((cell) => cell.id)));
  return splice(notebook.text, block.span, fenced(id, block.text.replace(/\r\n|\r/g, "\n"), ending).replace(/(?:\r\n|\n|\r)$/, ""));
}

/** Name of a block that survives edits elsewhere: cells by id, text by the cell it follows. */
export function blockKeys(blocks: readonly Block[]): string[] {
  let previous = "";
  return blocks.map((block) => {
    if (block.kind === "prose") return `text:${previous}`;
    previous = block.id;
    return `cell:${block.id}`;
  });
}

export { parseNotebook };
