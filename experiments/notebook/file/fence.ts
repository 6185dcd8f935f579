/** Fenced code blocks: their lines, their info string, and how to write one that nothing inside can close. */
import type { Fence, NotebookWarning, Span } from "./notebook.ts";

const lineEnding = /\r\n|\n|\r/;
const lineEndings = /\r\n|\n|\r/g;

/**
 * Takes the fence apart whose first marker is at `from`.
 * @param end offset where CommonMark says the block ends, the line ending after it not included
 */
export function readFence(text: string, from: number, end: number): { span: Span; body: Span; source: string; fence: Fence } {
  const lineStart = Math.max(text.lastIndexOf("\n", from - 1), text.lastIndexOf("\r", from - 1)) + 1;
  // A byte order mark or the end of the front matter may stand before the first fence.
  const indent = /[ ]*$/.exec(text.slice(lineStart, from))![0].length;
  const block = text.slice(from, end);
  const marker = block[0] as Fence["marker"];
  const [first] = block.split(lineEnding, 1);
  const length = /^(.)\1*/.exec(first)![0].length;
  const info = first.slice(length);

  const opening = withEnding(text, from + first.length);
  const last = /(?:^|\r\n|\n|\r)([^\r\n]*)$/.exec(block)!;
  const closes = new RegExp(`^ {0,3}${marker}{${length},}[ \\t]*$`);
  const closed = first.length < block.length && closes.test(last[1]);
  const bodyEnd = closed ? end - last[1].length : withEnding(text, end);
  const body = { start: Math.min(opening, bodyEnd), end: bodyEnd };
  return {
    span: { start: from - indent, end: withEnding(text, end) },
    body,
    source: dedent(text.slice(body.start, body.end), indent),
    fence: { marker, length, indent, closed, info },
  };
}

function withEnding(text: string, offset: number): number {
  if (text.startsWith("\r\n", offset)) return offset + 2;
  return text[offset] === "\n" || text[offset] === "\r" ? offset + 1 : offset;
}

function dedent(body: string, indent: number): string {
  const lines = body.split(lineEnding);
  if (lines[lines.length - 1] === "") lines.pop();
  const prefix = new RegExp(`^ {0,${indent}}`);
  return lines.map((line) => line.replace(prefix, "")).join("\n");
}

const languages = new Set(["ts", "typescript"]);

/** Cell ids are names: letters, digits, "_" and "-", not starting with a digit or "-". */
export const cellIdPattern = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** `ts {#id}` → the id; null where the fence is no cell. */
export function readInfo(info: string): { id: string | null; warnings: Omit<NotebookWarning, "line">[] } {
  const warnings: Omit<NotebookWarning, "line">[] = [];
  const match = /^\s*([^\s{]*)\s*\{([^}]*)\}(.*)$/.exec(info);
  if (!match) return { id: null, warnings };
  const [, language, attributes, rest] = match;
  const words = attributes.split(/\s+/).filter((word) => word !== "");
  const ids = words.filter((word) => word.startsWith("#"));
  if (ids.length === 0) return { id: null, warnings };
  const id = ids[0].slice(1);
  if (!languages.has(language.toLowerCase())) {
    warnings.push({
      kind: "unknown language",
      message: `\`${language || "(none)"}\` fences do not run: #${id} is shown as text. Cells are \`ts\`.`,
    });
    return { id: null, warnings };
  }
  if (!cellIdPattern.test(id)) {
    warnings.push({
      kind: "invalid id",
      message: `"#${id}" is no cell id (letters, digits, "_" and "-", starting with a letter): the fence is shown as text.`,
    });
    return { id: null, warnings };
  }
  const unknown = [...words.filter((word) => word !== ids[0]), ...rest.split(/\s+/).filter((word) => word !== "")];
  for (const word of unknown)
    warnings.push({ kind: "unknown attribute", message: `"${word}" on the fence of #${id} has no meaning here and is kept as it is.` });
  return { id, warnings };
}

/** Markers for a fence around `source`: at least `atLeast`, and longer than any run of the marker inside. */
export function fenceLength(source: string, marker: Fence["marker"], atLeast: number): number {
  const runs = source.match(new RegExp(`${marker}+`, "g")) ?? [];
  return Math.max(atLeast, 3, ...runs.map((run) => run.length + 1));
}

/** The lines between fences for `source`, each ended by `ending`. */
export function fenceBody(source: string, indent: number, ending: string): string {
  if (source === "") return "";
  const prefix = " ".repeat(indent);
  return source
    .split("\n")
    .map((line) => (line === "" ? "" : prefix + line) + ending)
    .join("");
}

export const normaliseEndings = (source: string): string => source.replace(lineEndings, "\n");

/** The line ending in use at the start of `text`; "\n" where there is none. */
export const endingOf = (text: string): string => lineEnding.exec(text)?.[0] ?? "\n";
