/**
 * The notebook as a pure reducer: `(state, event) -> { state, commands }`. What runs by itself, what waits for a person
 * and what is stale is decided here; the shell performs the commands.
 */
import { joinKey, performEdit, remember, stepBack, stepForward } from "./cell-edits.ts";
import { EditError } from "../file/edits.ts";
import { type Fingerprint, fingerprint } from "./fingerprint.ts";
import type { CellError } from "../kernel/protocol.ts";
import { parseNotebook, type Notebook } from "../file/markdown.ts";
import { nameMap } from "../../own-keys.ts";
import { reachable } from "./order.ts";
import {
  type Activity,
  type CellRecord,
  compiledCell,
  isCurrent,
  type SessionCommand,
  type SessionEvent,
  type SessionState,
  isStaleFromAbove,
  statusOf,
  validityKind,
  withNotebook,
  withSettings,
} from "./session.ts";

export type { NotebookEdit } from "./cell-edits.ts";
export { openSession, statusOf, validityOf } from "./session.ts";
export type { CellStatus, SessionCommand, SessionEvent, SessionState, Validity } from "./session.ts";

export interface Step {
  state: SessionState;
  commands: SessionCommand[];
}

export function reduce(state: SessionState, event: SessionEvent): Step {
  const draft = new Draft(state);
  draft.handle(event);
  draft.restoreLost();
  draft.runChangedViews();
  draft.startQueued();
  draft.lookUpExperiments();
  return { state: draft.state, commands: draft.commands };
}

/** One step of the reducer: its own copy of a state, changed until the step is complete. */
class Draft {
  state: SessionState;
  readonly commands: SessionCommand[] = [];
  /** the maps of `state`, which this step may change */
  private readonly records: Map<string, CellRecord>;
  private readonly activity: Map<string, Activity>;
  private readonly lookedUp: Map<string, string>;

  constructor(state: SessionState) {
    this.records = new Map(state.records);
    this.activity = new Map(state.activity);
    this.lookedUp = new Map(state.lookedUp);
    this.state = { ...state, records: this.records, activity: this.activity, lookedUp: this.lookedUp };
  }

  handle(event: SessionEvent): void {
    switch (event.type) {
      case "edit":
        return this.edit(event.edit);
      case "undo":
      case "redo":
        return this.travel(event.type);
      case "replace":
        return this.replaceText(event.text);
      case "settle":
        this.state.typing = false;
        // What is typed after a pause is a step of its own.
        this.state.undo = this.state.undo.map((entry, i, all) => (i === all.length - 1 ? { ...entry, joins: null } : entry));
        return;
      case "trust":
        this.state.trusted = true;
        return this.runReadyViews();
      case "settings":
        this.state = withSettings(this.state, event.settings);
        return;
      case "run":
        return this.run(event.cell, event.ancestors ?? false);
      case "runAll":
        for (const { id } of this.state.compiled.cells) this.enqueue(id, { asked: true });
        return;
      case "stop":
        return this.stop(event.cell);
      case "paused":
      case "resumed":
        return this.setPaused(event.cell, event.type === "paused");
      case "ended":
        return this.ended(event);
      case "found":
        if (event.all && this.state.now.get(event.cell)?.hash === event.hash && statusOf(this.state, event.cell) === "idle")
          this.enqueue(event.cell, { cachedOnly: true });
        return;
      case "kernelRestarted":
        return this.loseValues();
    }
  }

  // — text —

  private edit(edit: Parameters<typeof performEdit>[1]): void {
    const before = this.state.notebook;
    let after: Notebook;
    try {
      after = performEdit(before, edit);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      this.commands.push({ type: "refuse", message: error.message });
      return;
    }
    const undo = remember(this.state.undo, before.text, after.text, joinKey(edit));
    this.setNotebook(after);
    this.state = { ...this.state, undo, redo: [], typing: joinKey(edit) !== null };
  }

  private travel(direction: "undo" | "redo"): void {
    const entry = this.state[direction].at(-1);
    if (!entry) return;
    const from = this.state[direction].slice(0, -1);
    const to = [...this.state[direction === "undo" ? "redo" : "undo"], { ...entry, joins: null }];
    this.setNotebook(direction === "undo" ? stepBack(this.state.notebook, entry.edit) : stepForward(this.state.notebook, entry.edit));
    this.state = { ...this.state, typing: false, undo: direction === "undo" ? from : to, redo: direction === "undo" ? to : from };
  }

  private replaceText(text: string): void {
    const undo = remember(this.state.undo, this.state.notebook.text, text, null);
    this.setNotebook(parseNotebook(text));
    this.state = { ...this.state, undo, redo: [], typing: false };
  }

  private setNotebook(notebook: Notebook): void {
    const before = this.state.compiled.cells.map((cell) => cell.id);
    this.state = withNotebook(this.state, notebook);
    const after = new Set(this.state.compiled.cells.map((cell) => cell.id));
    for (const id of before) {
      if (after.has(id)) continue;
      this.cancel(id);
      this.commands.push({ type: "forget", cell: id });
      this.loseValue(id);
      this.lookedUp.delete(id);
    }
  }

  // — running —

  private run(id: string, ancestors: boolean): void {
    for (const source of reachable(id, this.state.compiled.graph.upstream)) {
      if (isCurrent(this.state, source) || source === id) continue;
      const isView = compiledCell(this.state, source)?.kind === "view";
      if (isView || ancestors) this.enqueue(source, { asked: true });
      // An experiment whose result is valid but whose value was lost comes back from the store.
      else if (this.lostButValid(source)) this.enqueue(source, { cachedOnly: true });
    }
    const made = this.activity.get(id)?.made;
    if (made && made.hash !== this.state.now.get(id)?.hash) this.cancel(id);
    this.enqueue(id, { asked: true });
  }

  private enqueue(id: string, { asked = false, cachedOnly = false }): void {
    const cell = compiledCell(this.state, id);
    const activity = this.activity.get(id);
    if (!cell || cell.error || (activity && activity.status !== "queued")) return;
    this.activity.set(id, {
      status: "queued",
      ticket: 0,
      made: null,
      names: [],
      cachedOnly: cachedOnly && (activity?.cachedOnly ?? true),
      asked: asked || (activity?.asked ?? false),
    });
  }

  /** Starts what is queued and waits for nothing that is queued or running. */
  startQueued(): void {
    let started = true;
    while (started) {
      started = false;
      for (const [id, activity] of this.activity) {
        if (activity.status !== "queued" || this.isWaiting(id)) continue;
        started = true;
        this.start(id, activity);
      }
    }
  }

  private isWaiting(id: string): boolean {
    return this.upstream(id).some((source) => this.activity.has(source));
  }

  private start(id: string, activity: Activity): void {
    this.activity.delete(id);
    const cell = compiledCell(this.state, id);
    if (!cell || cell.error) return;
    const now = this.state.now.get(id)!;
    const inputs: Fingerprint["inputs"] = nameMap();
    for (const [name, { cell: source }] of Object.entries(now.inputs)) {
      const record = this.records.get(source);
      if (record?.hasValue && record.names.includes(name)) inputs[name] = { cell: source, hash: record.made.hash };
      else if (!activity.asked) return;
      else
        return this.finish(id, {
          made: now,
          outcome: "failed",
          error: inputMissing(id, name, source, compiledCell(this.state, source)?.error),
          names: [],
          hasValue: false,
        });
    }
    // From here the kernel no longer holds what the cell computed before.
    this.loseValue(id);
    const ticket = ++this.state.lastTicket;
    this.activity.set(id, {
      ...activity,
      status: "running",
      ticket,
      made: fingerprint(now.source, now.settings, inputs),
      names: cell.defines,
    });
    this.commands.push({ type: "evaluate", cell, ticket, cachedOnly: activity.cachedOnly });
  }

  private ended({ cell: id, ticket, outcome, cached }: SessionEvent & { type: "ended" }): void {
    const activity = this.activity.get(id);
    if (!activity?.made || activity.ticket !== ticket) return;
    this.activity.delete(id);
    const { made, names } = activity;
    if (outcome.status === "planned") return; // not everything was in the store after all
    if (outcome.status === "interrupted") this.finish(id, { made, outcome: "aborted", error: null, names, hasValue: false });
    else if (outcome.status === "failed") this.finish(id, { made, outcome: "failed", error: outcome.error, names, hasValue: false });
    else this.finish(id, { made, outcome: cached ? "cached" : "done", error: null, names, hasValue: true });
  }

  private finish(id: string, record: CellRecord): void {
    this.records.set(id, record);
    // The kernel holds one value per name: where the name had moved here from another cell, that cell's is gone.
    if (!record.hasValue) return;
    for (const [other, { names }] of this.records)
      if (other !== id && names.some((name) => record.names.includes(name))) this.loseValue(other);
    this.runReaders(id);
  }

  private stop(id: string | undefined): void {
    for (const active of id === undefined ? [...this.activity.keys()] : [id]) {
      const activity = this.activity.get(active);
      this.cancel(active);
      if (activity?.made)
        this.records.set(active, { made: activity.made, outcome: "aborted", error: null, names: activity.names, hasValue: false });
    }
  }

  private cancel(id: string): void {
    const activity = this.activity.get(id);
    if (activity?.made) this.commands.push({ type: "cancel", cell: id, ticket: activity.ticket });
    this.activity.delete(id);
  }

  private setPaused(id: string, paused: boolean): void {
    const activity = this.activity.get(id);
    if (activity?.made) this.activity.set(id, { ...activity, status: paused ? "paused" : "running" });
  }

  // — by itself —

  /** Views that read a cell which has a new value run again, where everything they read is up to date. */
  private runReaders(id: string): void {
    for (const reader of this.state.compiled.graph.downstream.get(id) ?? []) {
      if (!this.mayRunByItself(reader)) continue;
      this.cancel(reader);
      this.enqueue(reader, {});
    }
  }

  /** Also where no cell ran: an edit or an undo can change which values a view reads. */
  runChangedViews(): void {
    for (const id of this.state.compiled.graph.order) {
      if (this.activity.has(id) || !this.mayRunByItself(id)) continue;
      if (isStaleFromAbove(this.state, id)) this.enqueue(id, {});
    }
  }

  private mayRunByItself(id: string): boolean {
    const cell = compiledCell(this.state, id);
    if (!this.state.trusted || !cell || cell.error || cell.kind !== "view") return false;
    return this.upstream(id).every((source) => isCurrent(this.state, source));
  }

  private runReadyViews(): void {
    for (const id of this.state.compiled.graph.order) if (!isCurrent(this.state, id) && this.mayRunByItself(id)) this.enqueue(id, {});
  }

  private upstream(id: string): readonly string[] {
    return this.state.compiled.graph.upstream.get(id) ?? [];
  }

  private lostButValid(id: string): boolean {
    const kind = validityKind(this.state, id);
    return (kind === "fresh" || kind === "cached") && !this.state.records.get(id)!.hasValue;
  }

  private loseValue(id: string): void {
    const record = this.records.get(id);
    if (record) this.records.set(id, { ...record, hasValue: false });
  }

  private loseValues(): void {
    for (const id of this.records.keys()) this.loseValue(id);
    this.lookedUp.clear();
  }

  /**
   * What was computed is still true, but the kernel has forgotten it (it was restarted, or a deletion was undone): views
   * compute it again, experiments take it from the store.
   */
  restoreLost(): void {
    if (!this.state.trusted) return;
    for (const id of this.state.compiled.graph.order) {
      if (!this.lostButValid(id) || this.activity.has(id)) continue;
      if (!this.upstream(id).every((source) => isCurrent(this.state, source) || this.activity.has(source))) continue;
      const isExperiment = compiledCell(this.state, id)!.kind === "experiment";
      const { hash } = this.state.now.get(id)!;
      if (isExperiment && this.lookedUp.get(id) === hash) continue; // the store did not have it
      if (isExperiment) this.lookedUp.set(id, hash);
      this.enqueue(id, { cachedOnly: isExperiment });
    }
  }

  /** An experiment that is not up to date may be in the store as it stands now. */
  lookUpExperiments(): void {
    if (!this.state.trusted || this.state.typing) return;
    for (const cell of this.state.compiled.cells) {
      const { id } = cell;
      const { hash } = this.state.now.get(id)!;
      if (cell.kind !== "experiment" || cell.error || this.activity.has(id) || this.lookedUp.get(id) === hash) continue;
      const kind = validityKind(this.state, id);
      // a person who takes an edit back wants to see again what was there before, not the plan of the edit
      const lookedAway = (kind === "fresh" || kind === "cached") && this.lookedUp.has(id);
      if (kind !== "never" && kind !== "stale" && !lookedAway) continue;
      if (!this.upstream(id).every((source) => isCurrent(this.state, source))) continue;
      this.lookedUp.set(id, hash);
      this.commands.push({ type: "lookUp", cell, hash });
    }
  }
}

function inputMissing(cell: string, name: string, source: string, error: CellError | null | undefined): CellError {
  const why = error ? `#${source}, which defines it, has an error` : `run #${source} first`;
  return { cell, line: null, column: null, name: "InputMissing", message: `\`${name}\` has no value yet: ${why}` };
}
