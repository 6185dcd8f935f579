/**
 * Edits of a notebook: each replaces a span of the text and gives the notebook read anew. What an edit does not touch
 * keeps every byte.
 */
import { cellIdPattern, endingOf, fenceBody, fenceLength, normaliseEndings } from "./fence.ts";
import { freeId, parseNotebook } from "./markdown.ts";
import { type Block, type CellBlock, cellsOf, type Notebook, type Span } from "./notebook.ts";

/** The edit would change cells that it is not about; the message says which and why. */
export class EditError extends Error {
  override name = "EditError";
}

/** Replaces `removed` at `start` by `inserted`. */
export interface TextEdit {
  start: number;
  removed: string;
  inserted: string;
}

export function applyEdit(text: string, { start, removed, inserted }: TextEdit): string {
  if (!text.startsWith(removed, start)) throw new EditError("the text has changed since this edit was made");
  return text.slice(0, start) + inserted + text.slice(start + removed.length);
}

export const reverseEdit = ({ start, removed, inserted }: TextEdit): TextEdit => ({ start, removed: inserted, inserted: removed });

/** The one span in which two texts differ; null where they are equal. */
export function editBetween(before: string, after: string): TextEdit | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { start, removed: before.slice(start, before.length - end), inserted: after.slice(start, after.length - end) };
}

function cellOf(notebook: Notebook, id: string): CellBlock {
  const cell = cellsOf(notebook).find((candidate) => candidate.id === id);
  if (!cell) throw new EditError(`there is no cell #${id}`);
  return cell;
}

/** Ids are minted once: an id that was deleted is free again, one in use never is. */
export function mintId(notebook: Notebook, name = "cell"): string {
  const word = name.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^[^\p{L}_]+/u, "");
  return freeId(cellIdPattern.test(word) ? word : "cell", new Set(cellsOf(notebook).map((cell) => cell.id)));
}

/** Gives a cell new code. The fence grows where the code holds a run of its markers; lines that stay keep their bytes. */
export function replaceCell(notebook: Notebook, id: string, code: string): Notebook {
  const cell = cellOf(notebook, id);
  const source = normaliseEndings(code);
  if (source === cell.source) return notebook;
  const { fence, body, span } = cell;
  const { text } = notebook;
  const length = fenceLength(source, fence.marker, fence.length);
  const opening = text.slice(span.start, body.start);
  const ending = endingOf(opening) === "\n" && !opening.endsWith("\n") ? endingOf(text) : endingOf(opening);
  const lines = replaceLines(opening, text.slice(body.start, body.end), fenceBody(source, fence.indent, ending));
  if (length === fence.length) {
    const gap = source !== "" && !/[\r\n]$/.test(opening) ? ending : "";
    const after = splice(text, body.start, body.end, gap + lines);
    return isPlain(notebook, source) ? withSource(notebook, cell, source, after) : reparse(notebook, after);
  }
  const markers = fence.marker.repeat(length);
  const info = opening.slice(fence.indent + fence.length).replace(/[\r\n]+$/, "");
  const closing = fence.closed ? text.slice(body.end, span.end).replace(/[`~]+/, markers) : "";
  return reparse(notebook, splice(text, span.start, span.end, " ".repeat(fence.indent) + markers + info + ending + lines + closing));
}

/** Nothing to warn about before or after: the new code can change no other block, so the text need not be read again. */
function isPlain(notebook: Notebook, source: string): boolean {
  return notebook.warnings.length === 0 && !/^[<>|]{7}/m.test(source);
}

/** The notebook with one cell's code exchanged and everything behind it shifted: a keystroke in a long notebook is cheap. */
function withSource(notebook: Notebook, cell: CellBlock, source: string, text: string): Notebook {
  const shift = text.length - notebook.text.length;
  const lines =
    countLines(text.slice(cell.body.start, cell.body.end + shift)) - countLines(notebook.text.slice(cell.body.start, cell.body.end));
  const moved = (span: Span): Span => ({ start: span.start + shift, end: span.end + shift });
  const blocks = notebook.blocks.map((block): Block => {
    if (block === cell)
      return {
        ...cell,
        source,
        body: { start: cell.body.start, end: cell.body.end + shift },
        span: { start: cell.span.start, end: cell.span.end + shift },
      };
    if (block.span.start < cell.span.start) return block;
    const there = { span: moved(block.span), line: block.line + lines };
    return block.kind === "cell" ? { ...block, ...there, body: moved(block.body) } : { ...block, ...there };
  });
  return { ...notebook, text, blocks };
}

const countLines = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0;

/** Where a new block goes: before the block at this index; the number of blocks puts it at the end. */
export type Place = number;

/** @param id is minted where it is left out */
export function insertCell(notebook: Notebook, place: Place, source: string, id = mintId(notebook)): Notebook {
  if (!cellIdPattern.test(id)) throw new EditError(`"${id}" is no cell id: use letters, digits, "_" and "-", starting with a letter`);
  if (cellsOf(notebook).some((cell) => cell.id === id)) throw new EditError(`there is a cell #${id} already`);
  const ending = endingOf(notebook.text);
  const code = normaliseEndings(source);
  const markers = "`".repeat(fenceLength(code, "`", 3));
  const fence = `${markers}ts {#${id}}${ending}${fenceBody(code, 0, ending)}${markers}`;
  return insertBlock(notebook, place, fence, [id]);
}

export function insertProse(notebook: Notebook, place: Place, text: string): Notebook {
  return insertBlock(notebook, place, text, newIds(notebook, text));
}

/** Markdown between cells; fences with an id in it become cells. @throws EditError when it would swallow a cell below it */
export function replaceProse(notebook: Notebook, index: number, markdown: string): Notebook {
  const block = blockAt(notebook, index);
  if (block.kind !== "prose") throw new EditError(`block ${index} is the cell #${block.id}, not prose`);
  if (markdown === block.text) return notebook;
  if (markdown.trim() === "") return deleteBlock(notebook, index);
  const after = parseNotebook(splice(notebook.text, block.span.start, block.span.end, markdown));
  return guard(notebook, after, newIds(notebook, markdown));
}

export function deleteCell(notebook: Notebook, id: string): Notebook {
  return deleteBlock(notebook, notebook.blocks.indexOf(cellOf(notebook, id)));
}

/** Takes a block out together with the blank lines it leaves over. */
export function deleteBlock(notebook: Notebook, index: number): Notebook {
  const { start, end } = blockAt(notebook, index).span;
  const { text } = notebook;
  const before = text.slice(0, start);
  const rest = text.slice(end);
  // Neighbours keep one blank line between them: of the two beside the block, the one after it goes.
  const isFirst = /(^|\uFEFF)$/.test(before) || start === notebook.frontMatter.span.end;
  const blankBefore = isFirst || /(\r\n|\n|\r)[ \t]*(\r\n|\n|\r)$/.test(before);
  const surplus = /^(?:[ \t]*(?:\r\n|\n|\r))*/.exec(rest)![0];
  const keep = blankBefore || rest.slice(surplus.length) === "" ? "" : surplus === "" ? endingOf(text) : surplus;
  return reparse(notebook, before + keep + rest.slice(surplus.length), removedIds(notebook, index));
}

/** @param place counted before the block is taken out */
export function moveBlock(notebook: Notebook, from: number, place: Place): Notebook {
  const block = blockAt(notebook, from);
  if (place === from || place === from + 1) return notebook;
  const raw = notebook.text.slice(block.span.start, block.span.end).replace(/(\r\n|\n|\r)$/, "");
  const closed = block.kind === "cell" && !block.fence.closed ? closeFence(raw, block, endingOf(notebook.text)) : raw;
  const without = deleteBlock(notebook, from);
  const ids = block.kind === "cell" ? [block.id] : [];
  return insertBlock(without, Math.min(place > from ? place - 1 : place, without.blocks.length), closed, ids);
}

export function moveCell(notebook: Notebook, id: string, place: Place): Notebook {
  return moveBlock(notebook, notebook.blocks.indexOf(cellOf(notebook, id)), place);
}

/** The first part keeps the id, the second gets a new one. @param offset in the cell's source */
export function splitCell(notebook: Notebook, id: string, offset: number): Notebook {
  const { source } = cellOf(notebook, id);
  const first = source.slice(0, offset).replace(/\n$/, "");
  const second = source.slice(offset).replace(/^\n/, "");
  const shortened = replaceCell(notebook, id, first);
  return insertCell(
    shortened,
    shortened.blocks.findIndex((block) => block.kind === "cell" && block.id === id) + 1,
    second,
    mintId(shortened, id),
  );
}

/** Turns code into text. */
export function cellToProse(notebook: Notebook, id: string): Notebook {
  const index = notebook.blocks.indexOf(cellOf(notebook, id));
  const { source } = cellOf(notebook, id);
  const without = deleteBlock(notebook, index);
  return source.trim() === "" ? without : insertProse(without, index > without.blocks.length ? without.blocks.length : index, source);
}

/** Turns text into code. */
export function proseToCell(notebook: Notebook, index: number, id = mintId(notebook)): Notebook {
  const block = blockAt(notebook, index);
  if (block.kind !== "prose") throw new EditError(`block ${index} is a cell already`);
  const without = deleteBlock(notebook, index);
  return insertCell(without, Math.min(index, without.blocks.length), block.text, id);
}

function blockAt(notebook: Notebook, index: number): Block {
  const block = notebook.blocks[index];
  if (!block) throw new EditError(`there is no block ${index}: the notebook has ${notebook.blocks.length}`);
  return block;
}

/** Puts markdown between two blocks with a blank line on each side. */
function insertBlock(notebook: Notebook, place: Place, markdown: string, ids: readonly string[]): Notebook {
  const { text, blocks } = notebook;
  if (place < 0 || place > blocks.length) throw new EditError(`there is no place ${place}: the notebook has ${blocks.length} blocks`);
  const ending = endingOf(text);
  const previous = blocks[place - 1];
  // At the end of the previous block, closing it first where its fence is open.
  let at = previous ? previous.span.end : notebook.frontMatter.span.end;
  let before = text.slice(0, at);
  if (previous?.kind === "cell" && !previous.fence.closed) {
    before = before.slice(0, previous.span.start) + closeFence(before.slice(previous.span.start), previous, ending);
  }
  const lineEnd = /^[ \t]*(\r\n|\n|\r)/.exec(text.slice(at));
  if (lineEnd && !/[\r\n]$/.test(before) && previous) {
    before += lineEnd[0];
    at += lineEnd[0].length;
  }
  const after = text.slice(at);
  const isStart = before === "" || before === "\uFEFF" || (!previous && at === notebook.frontMatter.span.end);
  const lead =
    isStart && (before === "" || before === "\uFEFF" || /[\r\n]$/.test(before)) ? "" : /[\r\n]$/.test(before) ? ending : ending + ending;
  const trail = after === "" ? ending : /^[ \t]*(\r\n|\n|\r)/.test(after) ? ending : ending + ending;
  return guard(notebook, parseNotebook(before + lead + markdown + trail + after), ids);
}

function closeFence(raw: string, { fence }: CellBlock, ending: string): string {
  return `${raw}${/[\r\n]$/.test(raw) ? "" : ending}${" ".repeat(fence.indent)}${fence.marker.repeat(fence.length)}`;
}

const splice = (text: string, start: number, end: number, inserted: string): string => text.slice(0, start) + inserted + text.slice(end);

/**
 * Keeps the bytes of the lines at both ends that are the same but for their line ending: unless, in a text of several
 * endings, a line feed would come to stand behind a carriage return and make one ending of two.
 * @param above what stands before them
 */
function replaceLines(above: string, before: string, after: string): string {
  const old = before.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
  const now = after.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
  const bare = (line: string) => line.replace(/[\r\n]+$/, "");
  // A last line without an ending can stay only as it is: another may follow it now.
  const same = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && bare(a) !== a && bare(a) === bare(b);
  let head = 0;
  while (same(old[head], now[head])) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && same(old[old.length - 1 - tail], now[now.length - 1 - tail])) tail++;
  const lines = [above, ...old.slice(0, head), ...now.slice(head, now.length - tail), ...old.slice(old.length - tail)];
  const merged = lines.some((line, i) => line.endsWith("\r") && (lines[i + 1] ?? "").startsWith("\n"));
  return merged ? after : lines.slice(1).join("");
}

function newIds(notebook: Notebook, markdown: string): string[] {
  const taken = new Set(cellsOf(notebook).map((cell) => cell.id));
  return cellsOf(parseNotebook(markdown))
    .map((cell) => cell.id)
    .filter((id) => !taken.has(id));
}

const removedIds = (notebook: Notebook, index: number): string[] => {
  const block = notebook.blocks[index];
  return block.kind === "cell" ? [block.id] : [];
};

function reparse(before: Notebook, text: string, gone: readonly string[] = []): Notebook {
  const after = parseNotebook(text);
  const ids = cellsOf(before)
    .map((cell) => cell.id)
    .filter((id) => !gone.includes(id));
  return check(ids, after);
}

function guard(before: Notebook, after: Notebook, added: readonly string[]): Notebook {
  return check([...cellsOf(before).map((cell) => cell.id), ...added], after);
}

/** An open fence, an HTML comment or the like can turn cells below it into text: such an edit is refused. */
function check(expected: readonly string[], after: Notebook): Notebook {
  const cells = cellsOf(after);
  const now = new Set(cells.map((cell) => cell.id));
  const lost = expected.filter((id) => !now.has(id));
  // Where a file repeats an id, taking one away renames the other: then only the number of cells tells.
  if (lost.length > 0 && cells.length < expected.length)
    throw new EditError(`this would turn ${lost.map((id) => `#${id}`).join(", ")} into text: close the fence or HTML that is open above`);
  return after;
}
