import { terminalLine } from "../text/terminal-text.ts";

export type Side = "left" | "right";

/** Rows of equal length as aligned lines, each ended by a line break. */
export function textTable(texts: readonly (readonly string[])[], sides: readonly Side[]): string {
  const rows = texts.map((row) => row.map(terminalLine));
  const widths = sides.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => (sides[i] === "right" ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
