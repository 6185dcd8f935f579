/** Edits of a notebook as data, and their undoing. */
import {
  applyEdit,
  cellToProse,
  deleteBlock,
  deleteCell,
  editBetween,
  insertCell,
  insertProse,
  moveBlock,
  moveCell,
  type Place,
  proseToCell,
  replaceCell,
  replaceProse,
  reverseEdit,
  splitCell,
  type TextEdit,
} from "../file/edits.ts";
import { parseNotebook, type Notebook } from "../file/markdown.ts";

export type NotebookEdit =
  | { kind: "setSource"; cell: string; source: string }
  | { kind: "insertCell"; place: Place; source: string; id?: string }
  | { kind: "deleteCell"; cell: string }
  | { kind: "moveCell"; cell: string; place: Place }
  /** `offset` in the cell's source */
  | { kind: "splitCell"; cell: string; offset: number }
  | { kind: "setProse"; block: number; text: string }
  | { kind: "insertProse"; place: Place; text: string }
  | { kind: "deleteBlock"; block: number }
  | { kind: "moveBlock"; block: number; place: Place }
  | { kind: "toText"; cell: string }
  | { kind: "toCode"; block: number; id?: string };

export interface HistoryEntry {
  edit: TextEdit;
  /** a following edit with the same key joins this one; null: none does */
  joins: string | null;
}

/** @throws EditError */
export function performEdit(notebook: Notebook, edit: NotebookEdit): Notebook {
  switch (edit.kind) {
    case "setSource":
      return replaceCell(notebook, edit.cell, edit.source);
    case "insertCell":
      return insertCell(notebook, edit.place, edit.source, edit.id);
    case "deleteCell":
      return deleteCell(notebook, edit.cell);
    case "moveCell":
      return moveCell(notebook, edit.cell, edit.place);
    case "splitCell":
      return splitCell(notebook, edit.cell, edit.offset);
    case "setProse":
      return replaceProse(notebook, edit.block, edit.text);
    case "insertProse":
      return insertProse(notebook, edit.place, edit.text);
    case "deleteBlock":
      return deleteBlock(notebook, edit.block);
    case "moveBlock":
      return moveBlock(notebook, edit.block, edit.place);
    case "toText":
      return cellToProse(notebook, edit.cell);
    case "toCode":
      return proseToCell(notebook, edit.block, edit.id);
  }
}

/** Keystrokes in one cell are one step to undo. */
export function joinKey(edit: NotebookEdit): string | null {
  if (edit.kind === "setSource") return `cell ${edit.cell}`;
  return edit.kind === "setProse" ? `block ${edit.block}` : null;
}

/** The history after an edit took `before` to `after`. */
export function remember(undo: readonly HistoryEntry[], before: string, after: string, joins: string | null): readonly HistoryEntry[] {
  const last = undo.at(-1);
  const joined = last && joins !== null && last.joins === joins;
  const start = joined ? applyEdit(before, reverseEdit(last.edit)) : before;
  const edit = editBetween(start, after);
  const rest = joined ? undo.slice(0, -1) : undo;
  return edit ? [...rest, { edit, joins }] : rest;
}

export function stepBack(notebook: Notebook, edit: TextEdit): Notebook {
  return parseNotebook(applyEdit(notebook.text, reverseEdit(edit)));
}

export function stepForward(notebook: Notebook, edit: TextEdit): Notebook {
  return parseNotebook(applyEdit(notebook.text, edit));
}
