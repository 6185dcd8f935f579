/** The state of an open notebook: its text, what its cells last computed, and what is under way. */
import { compileNotebook, type CompiledNotebook } from "./compile.ts";
import type { HistoryEntry, NotebookEdit } from "./cell-edits.ts";
import { type Fingerprint, fingerprints, reasonText, type StaleReason, whyStale } from "./fingerprint.ts";
import type { CellError, CellOutcome, CompiledCell } from "../kernel/protocol.ts";
import { cellsOf, parseNotebook, type Notebook } from "../file/markdown.ts";

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
  const empty = {
    trusted,
    settings,
    typing: false,
    records: new Map(),
    activity: new Map(),
    lookedUp: new Map(),
    undo: [],
    redo: [],
    lastTicket: 0,
  };
  return withNotebook(
    { ...empty, notebook: parseNotebook(""), compiled: compileNotebook(parseNotebook("")), now: new Map() },
    parseNotebook(text),
  );
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
  return state.compiled.byId.get(id);
}

export function statusOf(state: SessionState, id: string): CellStatus {
  return state.activity.get(id)?.status ?? "idle";
}

/** A pure function of the text, the settings and how the cell last ended. */
export function validityOf(state: SessionState, id: string): Validity {
  const kind = validityKind(state, id);
  if (kind === "stale") {
    const reasons = rootReasons(state, id);
    return { kind, reasons, why: reasonText(reasons) };
  }
  if (kind === "failed") return { kind, error: compiledCell(state, id)?.error ?? state.records.get(id)!.error! };
  return { kind };
}

/** The same without the reasons, which are looked for through all cells above. */
export function validityKind(state: SessionState, id: string): Validity["kind"] {
  if (compiledCell(state, id)?.error) return "failed";
  const record = state.records.get(id);
  const now = state.now.get(id);
  if (!record || !now) return "never";
  if (record.made.hash !== now.hash) return "stale";
  return record.outcome === "done" ? "fresh" : record.outcome;
}

/** Stale, and not by its own text or settings. */
export function isStaleFromAbove(state: SessionState, id: string): boolean {
  if (validityKind(state, id) !== "stale") return false;
  return whyStale(state.records.get(id)!.made, state.now.get(id)!).every((reason) => reason.kind === "upstream");
}

/** A cell that is stale only because of what it reads names the cells where the change began. */
function rootReasons(state: SessionState, id: string): StaleReason[] {
  const roots: StaleReason[] = [];
  const seen = new Set<string>();
  const look = [id];
  for (let cell = look.pop(); cell !== undefined; cell = look.pop()) {
    const reasons = whyStale(state.records.get(cell)!.made, state.now.get(cell)!);
    for (const reason of reasons) {
      if (reason.kind !== "upstream") roots.push(reason);
      else if (seen.has(reason.cell)) continue;
      else {
        seen.add(reason.cell);
        if (changedItself(state, reason.cell)) roots.push(reason);
        else look.push(reason.cell);
      }
    }
  }
  return roots.length > 0 ? roots : whyStale(state.records.get(id)!.made, state.now.get(id)!);
}

function changedItself(state: SessionState, id: string): boolean {
  const record = state.records.get(id);
  const now = state.now.get(id);
  return !record || !now || record.made.hash === now.hash || record.made.source !== now.source || record.made.settings !== now.settings;
}

/** The kernel holds a value of the cell, and it is what the text says now. */
export function isCurrent(state: SessionState, id: string): boolean {
  const kind = validityKind(state, id);
  return (kind === "fresh" || kind === "cached") && state.records.get(id)!.hasValue;
}
