/**
 * notebook.md: text to blocks and back. CommonMark decides what a fence is, so that a notebook reads here as it does on
 * GitHub; the text itself is kept and never re-rendered.
 */
import type { Code, RootContent } from "mdast";
import { boundedMarkdown } from "./bounded-markdown.ts";
import { readFence, readInfo } from "./fence.ts";
import { readFrontMatter } from "./front-matter.ts";
import { excessOf, limits, refuseLonger, TooMuch } from "./limits.ts";
import type { Block, CellBlock, FrontMatter, Notebook, NotebookWarning, ProseBlock } from "./notebook.ts";

export type { CellBlock, Notebook } from "./notebook.ts";
export { cellsOf } from "./notebook.ts";

/** Only where blocks begin and end matters here; what is inside paragraphs is left unread, which saves most of the time. */
const blocksOnly = {
  disable: {
    null: [
      "attention",
      "autolink",
      "characterEscape",
      "characterReference",
      "codeText",
      "definition",
      "hardBreakEscape",
      "htmlText",
      "labelEnd",
      "labelStartImage",
      "labelStartLink",
      "setextUnderline",
    ],
  },
};

/** Nobody reads more of them, and each is shown. */
const mostWarnings = 100;

const byteOrderMark = "\uFEFF";

/** Never throws: whatever is odd about the text becomes a warning. A text beyond the limits is one block of prose. */
export function parseNotebook(text: string): Notebook {
  try {
    refuseLonger(text, limits.notebook, "this file");
    const ends = text.match(/[\r\n]/g)?.length ?? 0;
    if (ends > limits.lines)
      throw new TooMuch(`this file has ${ends.toLocaleString("en")} lines; ${limits.lines.toLocaleString("en")} are read`);
    return readNotebook(text);
  } catch (error) {
    const frontMatter: FrontMatter = { version: null, title: null, budget: {}, data: {}, span: { start: 0, end: 0 } };
    const message = `The text is shown as it is, and nothing in it is a cell: ${excessOf(error, "it")}.`;
    return {
      text,
      frontMatter,
      blocks: [{ kind: "prose", text, span: { start: 0, end: text.length }, line: 1 }],
      warnings: [{ kind: "too much", message, line: 1 }],
    };
  }
}

function readNotebook(text: string): Notebook {
  const lines = new Lines(text);
  const { frontMatter, warnings } = readFrontMatter(text, text.startsWith(byteOrderMark) ? 1 : 0);
  const start = frontMatter.span.end;
  const cells = readCells(text, start, lines, warnings);
  if (cells.length > limits.cells)
    throw new TooMuch(`it has ${cells.length.toLocaleString("en")} cells; ${limits.cells.toLocaleString("en")} are read`);

  const blocks: Block[] = [];
  let at = start;
  for (const cell of cells) {
    blocks.push(...proseBetween(text, at, cell.span.start, lines), cell);
    at = cell.span.end;
  }
  blocks.push(...proseBetween(text, at, text.length, lines));
  warnings.push(...conflictMarkers(text, lines));
  warnings.sort((a, b) => a.line - b.line);
  if (warnings.length > mostWarnings)
    warnings.splice(mostWarnings, Infinity, {
      kind: "too much",
      message: `… and ${warnings.length - mostWarnings} more warnings`,
      line: warnings[mostWarnings].line,
    });
  return { text, frontMatter, blocks, warnings };
}

/** The file's text: `serialize(parseNotebook(text)) === text` for every text. */
export function serialize(notebook: Notebook): string {
  return notebook.text;
}

function readCells(text: string, start: number, lines: Lines, warnings: NotebookWarning[]): CellBlock[] {
  const cells: CellBlock[] = [];
  const written = new Set<string>();
  const repeated: CellBlock[] = [];
  // micromark drops a byte order mark without counting it; only a file with two of them can have one here.
  const markdown = text.slice(start).replace(/^\uFEFF/, "\u200B");
  for (const node of boundedMarkdown(markdown, { inline: false, extensions: [blocksOnly] }).children) {
    if (node.type !== "code") {
      warnNested(node, start, lines, warnings);
      continue;
    }
    const cell = cellOf(text, start, node, lines, warnings);
    if (!cell) continue;
    if (written.has(cell.id)) repeated.push(cell);
    written.add(cell.id);
    cells.push(cell);
  }
  // Names for repeated ids are given last, so that they avoid ids further down.
  for (const cell of repeated) {
    const name = freeId(cell.id, written);
    warnings.push({
      kind: "duplicate id",
      message: `Two cells are called #${cell.id}. The one at line ${cell.line - 1} is #${name} until you rename it.`,
      line: cell.line - 1,
    });
    written.add(name);
    cell.id = name;
  }
  return cells;
}

/** `name`, or `name-2`, `name-3`, … : the first that is not taken. */
export function freeId(name: string, taken: ReadonlySet<string>): string {
  let id = name;
  for (let n = 2; taken.has(id); n++) id = `${name}-${n}`;
  return id;
}

function cellOf(text: string, start: number, node: Code, lines: Lines, warnings: NotebookWarning[]): CellBlock | null {
  const from = start + node.position!.start.offset!;
  if (text[from] !== "`" && text[from] !== "~") return null; // indented code
  const opened = readFence(text, from, start + node.position!.end.offset!);
  const line = lines.at(opened.span.start);
  const info = readInfo(opened.fence.info);
  for (const warning of info.warnings) warnings.push({ ...warning, line });
  if (info.id === null) return null;
  if (!opened.fence.closed)
    warnings.push({
      kind: "unclosed fence",
      message: `The fence of cell #${info.id} is never closed: the cell takes the rest of the file.`,
      line,
    });
  return { kind: "cell", id: info.id, line: line + 1, ...opened };
}

function warnNested(node: RootContent, start: number, lines: Lines, warnings: NotebookWarning[]): void {
  if (node.type === "code") {
    const id = readInfo(`${node.lang ?? ""} ${node.meta ?? ""}`).id;
    if (id === null) return;
    const line = lines.at(start + node.position!.start.offset!);
    warnings.push({
      kind: "nested fence",
      message: `#${id} is inside a list or quotation and therefore text: a cell starts at the margin.`,
      line,
    });
  } else if ("children" in node) for (const child of node.children) warnNested(child as RootContent, start, lines, warnings);
}

function proseBetween(text: string, start: number, end: number, lines: Lines): ProseBlock[] {
  const gap = text.slice(start, end);
  const blankLines = /^(?:[ \t]*(?:\r\n|\n|\r))*/.exec(gap)![0].length;
  const trimmed = gap.slice(blankLines).trimEnd();
  if (trimmed.trim() === "") return [];
  const from = start + blankLines;
  return [{ kind: "prose", text: trimmed, span: { start: from, end: from + trimmed.length }, line: lines.at(from) }];
}

/** Warnings about more of them would say nothing new. */
const mostMarkers = 20;

function conflictMarkers(text: string, lines: Lines): NotebookWarning[] {
  return [...text.matchAll(/^(?:<{7}|>{7}|\|{7})(?: .*)?$/gm)].slice(0, mostMarkers).map((match) => ({
    kind: "conflict marker",
    message: `A merge left the conflict marker "${match[0].trimEnd()}": decide which side to keep.`,
    line: lines.at(match.index),
  }));
}

/** 1-based line numbers of offsets; "\r\n", "\n" and "\r" end a line, as in CommonMark. */
class Lines {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (const ending of text.matchAll(/\r\n|\n|\r/g)) this.starts.push(ending.index + ending[0].length);
  }

  at(offset: number): number {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}
