/** The state of an open notebook: its text, what its cells last computed, and what is under way. */
import { compileNotebook, type CompiledNotebook } from "./compile.ts";
import type { NotebookEdit } from "./cell-edits.ts";
import type { TextEdit } from "./edits.ts";
import { type Fingerprint, fingerprints, reasonText, type StaleReason, whyStale } from "./fingerprint.ts";
import type { CellError, CellOutcome, CompiledCell } from "./kernel-protocol.ts";
import { cellsOf, parseNotebook, type Notebook } from "./markdown.ts";

export type CellStatus = "idle" | "queued" | "running" | "paused";

export type Validity =
  | { kind: "never" }
  | { kind: "fresh" }
  /** fresh, and taken from the store */
  | { kind: "cached" }
  | { kind: "stale"; reasons: StaleReason[]; why: string }
  | { kind: "failed"; error: CellError }
  | { kind: "aborted" };

/** How a cell last ended. */
export interface CellRecord {
  made: Fingerprint;
  outcome: "done" | "cached" | "failed" | "aborted";
  error: CellError | null;
  /** what it defined, as its text was then */
  names: readonly string[];
  /** the kernel still holds the values of these names */
  hasValue: boolean;
}

export interface Activity {
  status: Exclude<CellStatus, "idle">;
  /** names this evaluation in events and commands; 0 until it starts */
  ticket: number;
  /** what it computes from, set when it starts */
  made: Fingerprint | null;
  /** names it will define, set when it starts */
  names: readonly string[];
  /** only take stored results, train nothing */
  cachedOnly: boolean;
  /** a person asked for it: if it cannot run, they want to know */
  asked: boolean;
}

/** Everything else follows from these: a state is plain data. */
export interface SessionState {
  notebook: Notebook;
  compiled: CompiledNotebook;
  /** fingerprints as the text stands */
  now: ReadonlyMap<string, Fingerprint>;
  /** nothing of an untrusted file runs by itself */
  trusted: boolean;
  /** budget and overrides, as the host writes them */
  settings: string;
  /** the person is in the middle of typing: no look-ups */
  typing: boolean;
  /** by id; kept for deleted cells, so that undo brings back their validity too */
  records: ReadonlyMap<string, CellRecord>;
  activity: ReadonlyMap<string, Activity>;
  /** id of an experiment cell → hash for which the store was asked */
  lookedUp: ReadonlyMap<string, string>;
  undo: readonly HistoryEntry[];
  redo: readonly HistoryEntry[];
  lastTicket: number;
}

export interface HistoryEntry {
  edit: TextEdit;
  /** a following edit with the same key joins this one; null: none does */
  joins: string | null;
}

export type SessionEvent =
  | { type: "edit"; edit: NotebookEdit }
  | { type: "undo" }
  | { type: "redo" }
  /** the file was changed by another program, or reverted */
  | { type: "replace"; text: string }
  /** typing has paused */
  | { type: "settle" }
  | { type: "trust" }
  | { type: "settings"; settings: string }
  /** `ancestors`: with the stale cells it depends on, experiments among them too */
  | { type: "run"; cell: string; ancestors?: boolean }
  | { type: "runAll" }
  /** one cell, or everything */
  | { type: "stop"; cell?: string }
  | { type: "paused"; cell: string }
  | { type: "resumed"; cell: string }
  /** `cached`: every run came from the store */
  | { type: "ended"; cell: string; ticket: number; outcome: CellOutcome; cached: boolean }
  /** answer to a look-up: whether every run of the cell is in the store */
  | { type: "found"; cell: string; hash: string; all: boolean }
  /** the kernel lost its values (its generation grew) */
  | { type: "kernelRestarted" };

/** Effects, for the shell to perform. */
export type SessionCommand =
  | { type: "evaluate"; cell: CompiledCell; ticket: number; cachedOnly: boolean }
  /** stop this evaluation and its training; an `ended` with "interrupted" is expected but not needed */
  | { type: "cancel"; cell: string; ticket: number }
  | { type: "forget"; cell: string }
  /** ask the store whether every run of this experiment cell is there */
  | { type: "lookUp"; cell: CompiledCell; hash: string }
  /** an edit was refused: say why */
  | { type: "refuse"; message: string };

export function openSession(text: string, { trusted = false, settings = "" } = {}): SessionState {
  const empty = { trusted, settings, typing: false, records: new Map(), activity: new Map(), lookedUp: new Map(), undo: [], redo: [], lastTicket: 0 };
  return withNotebook({ ...empty, notebook: parseNotebook(""), compiled: compileNotebook(parseNotebook("")), now: new Map() }, parseNotebook(text));
}

export function withNotebook(state: SessionState, notebook: Notebook): SessionState {
  const compiled = compileNotebook(notebook);
  return { ...state, notebook, compiled, now: fingerprintsOf(notebook, compiled, state.settings) };
}

export function withSettings(state: SessionState, settings: string): SessionState {
  return { ...state, settings, now: fingerprintsOf(state.notebook, state.compiled, settings) };
}

function fingerprintsOf(notebook: Notebook, compiled: CompiledNotebook, settings: string) {
  return fingerprints(compiled, new Map(cellsOf(notebook).map(({ id, source }) => [id, source])), settings);
}

export function compiledCell(state: SessionState, id: string): CompiledCell | undefined {
  return state.compiled.cells.find((cell) => cell.id === id);
}

export function statusOf(state: SessionState, id: string): CellStatus {
  return state.activity.get(id)?.status ?? "idle";
}

/** A pure function of the text, the settings and how the cell last ended. */
export function validityOf(state: SessionState, id: string): Validity {
  const error = compiledCell(state, id)?.error;
  if (error) return { kind: "failed", error };
  const record = state.records.get(id);
  const now = state.now.get(id);
  if (!record || !now) return { kind: "never" };
  if (record.made.hash !== now.hash) {
    const reasons = rootReasons(state, id, new Set());
    return { kind: "stale", reasons, why: reasonText(reasons) };
  }
  switch (record.outcome) {
    case "done":
      return { kind: "fresh" };
    case "cached":
      return { kind: "cached" };
    case "aborted":
      return { kind: "aborted" };
    case "failed":
      return { kind: "failed", error: record.error! };
  }
}

/** A cell that is stale only because of what it reads names the cells where the change began. */
function rootReasons(state: SessionState, id: string, seen: Set<string>): StaleReason[] {
  const { made } = state.records.get(id)!;
  return whyStale(made, state.now.get(id)!).flatMap((reason): StaleReason[] => {
    if (reason.kind !== "upstream") return [reason];
    if (seen.has(reason.cell)) return [];
    seen.add(reason.cell);
    const upstream = state.records.get(reason.cell);
    const now = state.now.get(reason.cell);
    const changedItself = !upstream || !now || upstream.made.hash === now.hash || upstream.made.source !== now.source || upstream.made.settings !== now.settings;
    if (changedItself) return [reason];
    const deeper = rootReasons(state, reason.cell, seen);
    return deeper.length > 0 ? deeper : [reason];
  });
}

/** The kernel holds a value of the cell, and it is what the text says now. */
export function isCurrent(state: SessionState, id: string): boolean {
  const { kind } = validityOf(state, id);
  return (kind === "fresh" || kind === "cached") && state.records.get(id)!.hasValue;
}
