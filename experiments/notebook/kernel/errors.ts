import type { CellError, CompiledCell } from "./protocol.ts";

/** An error as the sandbox reports it. Its texts were written by the cell's author or by us: they are data, not markup. */
export interface Failure {
  name: string;
  message: string;
  stack: string;
}

/** Where a failure happened in the cell's own source: the innermost of its lines that the stack names. */
export function cellError(cell: CompiledCell, failure: Failure, memoryBytes: number): CellError {
  const { name, message } = inWords(failure, memoryBytes, cell.reads);
  const place = placeIn(cell, failure.stack);
  return { cell: cell.id, line: place?.line ?? null, column: place?.column ?? null, name, message };
}

function inWords({ name, message }: Failure, memoryBytes: number, reads: readonly string[]): { name: string; message: string } {
  if (name === "InternalError" && message === "out of memory")
    return { name: "MemoryLimit", message: `the notebook's values took more than ${Math.round(memoryBytes / 2 ** 20)} MB of memory` };
  if (name === "InternalError" && message === "stack overflow")
    return { name: "StackOverflow", message: "calls nest too deeply: does a function call itself without end?" };
  if (name === "TypeError" && reads.length > 0 && /read-only|not extensible|cannot delete|not configurable|could not delete/.test(message))
    return {
      name: "ReadOnly",
      message: `${message}: what another cell has made cannot be changed here; change a copy of it, such as \`[...list]\` or \`{ ...object }\`, or change it in the cell that makes it`,
    };
  return { name, message };
}

/** Stack lines look like `    at f (cell:load:3:14)`; line 2 of the code is line 1 of the cell. */
function placeIn(cell: CompiledCell, stack: string): { line: number; column: number | null } | null {
  const lines = cell.code.split("\n").length - 2;
  for (const [, file, row, col] of stack.matchAll(/cell:([^\s:()]+):(\d+)(?::(\d+))?/g)) {
    const line = Number(row) - 1;
    if (file !== cell.id || line < 1 || line > lines) continue;
    return { line, column: col === undefined ? null : columnOf(cell, line, Number(col)) };
  }
  return null;
}

/** Undoes the shift by what the compiler inserted before the last expression. */
function columnOf({ inserted }: CompiledCell, line: number, column: number): number {
  if (inserted?.line !== line || column < inserted.column) return column;
  return Math.max(inserted.column, column - inserted.length);
}
