/**
 * How much of a text is read. A notebook may come from anyone, and every parser here can be made to run for hours or to
 * overflow its stack by a text small enough to mail: what is longer or deeper than any person writes is shown as it is.
 */

/** Characters. */
export const limits = {
  notebook: 1_000_000,
  /** of a notebook */
  lines: 50_000,
  frontMatter: 20_000,
  /** of one cell's code */
  cell: 200_000,
  /** of one text between cells */
  prose: 200_000,
  /** of one formula */
  formula: 5_000,
  /** of all formulas of one text */
  formulas: 100_000,
  /** of a text that is shown unread */
  shownUnread: 100_000,
  /** cells of one notebook */
  cells: 2_000,
  /** quotes and lists within each other */
  containers: 32,
  /** in one paragraph: characters that may open or close emphasis, links, code, formulas */
  marks: 1_000,
  /** groups of a formula within each other */
  groups: 64,
  /** definitions and footnotes of one text: their look-ups are made with all of them */
  definitions: 2_000,
  /** of all tables of one text, short rows filled up */
  tableCells: 50_000,
  /** seconds one text may take to be read */
  seconds: 2,
} as const;

/** A text that is not read, and why, as a sentence. */
export class TooMuch extends Error {
  override readonly name = "TooMuch";
}

const thousands = (count: number): string => count.toLocaleString("en");

export function refuseLonger(text: string, most: number, what: string): void {
  if (text.length > most) throw new TooMuch(`${what} has ${thousands(text.length)} characters; ${thousands(most)} are read`);
}

/** What a parser that ran out of stack, or a limit, has to say; other errors go on. */
export function excessOf(error: unknown, what: string): string {
  if (error instanceof TooMuch) return error.message;
  if (error instanceof RangeError || /stack|recursion/i.test((error as Error)?.message ?? "")) return `${what} nests too deeply to be read`;
  throw error;
}
