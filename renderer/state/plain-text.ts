/** A notebook whose text cannot be read as cells, shown as the text it is. */
import type { Notebook } from "../../experiments/notebook/file/notebook.ts";

export interface PlainText {
  text: string;
  /** in words for a person */
  why: string;
}

export function whyPlain(error: unknown): string {
  // The engine's words for a full stack or for memory that has ended say nothing to a person.
  if (error instanceof RangeError) return "it is nested too deeply or too long to be read as cells";
  return error instanceof Error ? error.message : String(error);
}

/** The file with what was typed in one block, put there without reading it. */
export function afterTyping({ text, blocks }: Notebook, index: number, typed: string): string {
  const block = blocks[index];
  const { start, end } = block.kind === "cell" ? block.body : block.span;
  // The closing fence begins a line of its own.
  const ending = block.kind === "cell" && typed !== "" && !/[\r\n]$/.test(typed) ? "\n" : "";
  return `${text.slice(0, start)}${typed}${ending}${text.slice(end)}`;
}
