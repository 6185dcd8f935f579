/**
 * The open notebook as the page shows it. What its cells are and what runs is decided by the reducer of
 * `experiments/notebook`; here are the selection, what cells have shown, and the file's name.
 */
import type { NotebookEdit, SessionCommand, SessionEvent, SessionState, Step, Validity } from "../../experiments/notebook/cells/cells.ts";
import { openSession, reduce, statusOf, validityOf } from "../../experiments/notebook/cells/cells.ts";
import { budgetOverrides } from "../../experiments/notebook/file/budget.ts";
import { mintId } from "../../experiments/notebook/file/edits.ts";
import type { CellError, DisplayItem } from "../../experiments/notebook/kernel/protocol.ts";
import type { CellStatus } from "../../experiments/notebook/cells/session.ts";
import type { Override } from "../../experiments/request.ts";
import * as v from "valibot";
import type { CellSource } from "../editor/cell-types.ts";
import { blockKeys } from "./block-keys.ts";
import { afterTyping, whyPlain, type PlainText } from "./plain-text.ts";
import { readSetting, writeSetting } from "./settings.ts";

export interface BlockView {
  key: string;
  kind: "prose" | "cell";
  id: string | null;
  text: string;
}

/** What the last evaluation of a cell has shown. */
export interface CellOutput {
  items: readonly DisplayItem[];
  logs: readonly string[];
}

const noOutput: CellOutput = { items: [], logs: [] };

/** Milliseconds without a key after which what was typed enters the notebook: a key press never waits for 200 cells. */
const commitAfter = 120;

/** Per file on this machine: the file itself holds no choices of the moment. */
const budgetSetting = (path: string): string => `budget.${path}`;

/** Milliseconds without a key after which typing counts as paused. */
const settleAfter = 600;

export class NotebookState {
  /** given by the host: with it the page says of which document it speaks */
  id = $state("");
  path = $state<string | null>(null);
  name = $state("");
  selectedKey = $state<string | null>(null);
  editing = $state(false);
  /** name of the budget that experiments are trained with; null: as the cells are written */
  budget = $state<string | null>(null);
  /** grows when the focus should go back to the selected block */
  focusRequest = $state(0);
  /** grows when an open editor must take the notebook's text: undo, redo, or text put back */
  revision = $state(0);
  /** of the open code editor */
  editor = $state.raw<{ format: () => Promise<void> } | null>(null);

  /** the file as text, where it cannot be read as cells; null: it can */
  plain = $state.raw<PlainText | null>(null);

  private session = $state.raw<SessionState>(openSession(""));
  private savedText = $state.raw("");
  private outputs = $state.raw<ReadonlyMap<string, CellOutput>>(new Map());
  private refusals = $state.raw<ReadonlyMap<string, CellError>>(new Map());
  private perform: (command: SessionCommand) => void = () => {};
  private readonly firstBudget: string | null;
  /** typed, and not yet in the notebook's text */
  private typed: { key: string; value: string } | null = null;
  private typingTimer: ReturnType<typeof setTimeout> | null = null;

  readonly blocks: readonly BlockView[] = $derived.by(() => {
    if (this.plain) return [];
    const { blocks } = this.session.notebook;
    const keys = blockKeys(blocks);
    return blocks.map((block, i) =>
      block.kind === "cell"
        ? { key: keys[i], kind: "cell", id: block.id, text: block.source }
        : { key: keys[i], kind: "prose", id: null, text: block.text },
    );
  });

  /** @param document `unsaved`: shown in place of `text`, which the file says; `budget`: chosen for a notebook that has no file to remember one for */
  constructor(document: {
    id: string;
    path: string | null;
    name: string;
    text: string;
    unsaved?: string | null;
    trusted: boolean;
    budget?: string | null;
  }) {
    const text = document.unsaved ?? document.text;
    this.readCells(text, document.trusted);
    this.savedText = document.text;
    this.id = document.id;
    this.path = document.path;
    this.name = document.name;
    this.firstBudget =
      document.path === null ? (document.budget ?? null) : readSetting(budgetSetting(document.path), v.nullable(v.string()), null);
    this.selectedKey = this.blocks[0]?.key ?? null;
  }

  /** @param perform does what the reducer decides; called once, before anything runs */
  begin(perform: (command: SessionCommand) => void): void {
    this.perform = perform;
    this.chooseBudget(this.firstBudget);
    this.dispatch(this.trusted ? { type: "trust" } : { type: "settle" });
  }

  /** Reads a text as cells, or shows it as what it is: whatever it holds, it is seen and can be saved. */
  private readCells(text: string, trusted: boolean): void {
    try {
      this.session = openSession(text, { trusted });
      this.plain = null;
    } catch (error) {
      this.plain = { text, why: whyPlain(error) };
    }
  }

  setPlainText(text: string): void {
    if (!this.plain) return;
    // A text field knows one kind of line ending; a file of the other kind keeps its own.
    this.plain = { ...this.plain, text: this.plain.text.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text };
  }

  /** The person has mended the text, or wants to see whether they have. */
  tryCells(): void {
    if (!this.plain) return;
    this.readCells(this.plain.text, this.trusted);
    this.revision += 1;
    if (!this.plain) this.begin(this.perform);
  }

  dispatch(event: SessionEvent): void {
    this.commit();
    this.apply(event);
  }

  private apply(event: SessionEvent): void {
    let step: Step;
    try {
      step = reduce(this.session, event);
    } catch (error) {
      this.perform({ type: "refuse", message: `This cannot be done, and the notebook is as it was: ${whyPlain(error)}.` });
      return;
    }
    this.take(step);
  }

  private take({ state, commands }: Step): void {
    this.session = state;
    for (const command of commands) this.perform(command);
  }

  // What the page reads

  /** the file as it would be saved */
  get text(): string {
    return this.plain?.text ?? this.session.notebook.text;
  }

  get title(): string {
    return this.heading ?? this.name;
  }

  /** as the front matter gives it, or null */
  get heading(): string | null {
    return this.plain ? null : this.session.notebook.frontMatter.title;
  }

  get warnings() {
    return this.plain ? [] : this.session.notebook.warnings;
  }

  get dirty(): boolean {
    return this.text !== this.savedText;
  }

  /** nothing would be lost if another notebook took its place */
  get pristine(): boolean {
    return this.path === null && !this.dirty;
  }

  /** false: nothing of it has run by itself yet, because it came from elsewhere */
  get trusted(): boolean {
    return this.session.trusted;
  }

  get selected(): BlockView | null {
    return this.blocks.find((block) => block.key === this.selectedKey) ?? null;
  }

  kindOf(id: string): "view" | "experiment" {
    return this.session.compiled.cells.find((cell) => cell.id === id)?.kind ?? "view";
  }

  status(id: string): CellStatus {
    return statusOf(this.session, id);
  }

  validity(id: string): Validity {
    return validityOf(this.session, id);
  }

  error(id: string): CellError | null {
    const validity = this.validity(id);
    if (validity.kind === "failed") return validity.error;
    return validity.kind === "never" || validity.kind === "stale" ? (this.refusals.get(id) ?? null) : null;
  }

  /** Why an experiment's newest text has no plan, shown before anybody tries to train it; null: it has one. */
  setRefusal(id: string, error: CellError | null): void {
    const refusals = new Map(this.refusals);
    if (error) refusals.set(id, error);
    else refusals.delete(id);
    this.refusals = refusals;
  }

  /** ids of the cells whose names a cell reads and that have no value yet */
  waitsFor(id: string): string[] {
    const { cells } = this.session.compiled;
    const reads = cells.find((cell) => cell.id === id)?.reads ?? [];
    const definers = new Set(reads.flatMap((name) => cells.find((cell) => cell.defines.includes(name))?.id ?? []));
    return [...definers].filter((definer) => this.validity(definer).kind === "never");
  }

  output(id: string): CellOutput {
    return this.outputs.get(id) ?? noOutput;
  }

  otherSources(id: string): CellSource[] {
    return this.blocks.flatMap((block) => {
      if (block.id === null || block.id === id) return [];
      return [
        { id: block.id, source: block.text, defines: this.session.compiled.cells.find((cell) => cell.id === block.id)?.defines ?? [] },
      ];
    });
  }

  setOutput(id: string, output: CellOutput): void {
    this.outputs = new Map(this.outputs).set(id, output);
  }

  markSaved(text: string, file: { path: string; name: string }): void {
    this.savedText = text;
    Object.assign(this, file);
    this.rememberBudget();
  }

  // Budget

  /** names of the front matter's budgets, e.g. "smoke", "quick", "full" */
  get budgets(): string[] {
    return Object.keys(this.session.notebook.frontMatter.budget);
  }

  /** what the chosen budget changes in every experiment */
  get overrides(): Override[] {
    return this.budget === null || !this.budgets.includes(this.budget)
      ? []
      : budgetOverrides(this.session.notebook.frontMatter.budget[this.budget]);
  }

  /** ids that experiments have by default, for overrides that are addressed to one of them */
  get experimentIds(): string[] {
    return this.session.compiled.cells.filter((cell) => cell.kind === "experiment").map((cell) => cell.id);
  }

  /** Experiments trained with another budget become stale. A name that the notebook does not declare is none. */
  chooseBudget(name: string | null): void {
    this.budget = name !== null && this.budgets.includes(name) ? name : null;
    this.dispatch({ type: "settings", settings: this.overrides.length === 0 ? "" : JSON.stringify(this.overrides) });
    this.rememberBudget();
  }

  private rememberBudget(): void {
    if (this.path !== null) writeSetting(budgetSetting(this.path), this.budget);
  }

  // Selection

  select(key: string, { reveal = false } = {}): void {
    if (key !== this.selectedKey) {
      this.editing = false;
      this.commit();
    }
    this.selectedKey = key;
    if (reveal) this.focusRequest += 1;
  }

  selectBy(step: number): void {
    const next = this.blocks[Math.min(this.blocks.length - 1, Math.max(0, this.index + step))];
    if (next) this.select(next.key, { reveal: true });
  }

  edit(key = this.selectedKey): void {
    if (key === null) return;
    this.selectedKey = key;
    this.editing = true;
  }

  leaveEditor(): void {
    this.editing = false;
    this.editor = null;
    this.focusRequest += 1;
    this.dispatch({ type: "settle" });
  }

  // Edits

  setText(key: string, value: string): void {
    if (this.typed && this.typed.key !== key) this.commit();
    this.typed = { key, value };
    this.whenTypingPauses(commitAfter, () => {
      this.commit();
      this.whenTypingPauses(settleAfter - commitAfter, () => this.apply({ type: "settle" }));
    });
  }

  /** Takes what was typed into the text at once; before saving, running and everything else that reads it. */
  commit(): void {
    const { typed } = this;
    this.typed = null;
    if (!typed || this.plain) return;
    const index = this.blocks.findIndex((block) => block.key === typed.key);
    const block = this.blocks[index];
    if (!block || block.text === typed.value) return;
    const edit: NotebookEdit =
      block.id === null
        ? { kind: "setProse", block: index, text: typed.value }
        : { kind: "setSource", cell: block.id, source: typed.value };
    let step: Step;
    try {
      step = reduce(this.session, { type: "edit", edit });
    } catch (error) {
      // What was typed is kept whatever it does to the reading of cells.
      this.apply({ type: "stop" });
      this.plain = { text: afterTyping(this.session.notebook, index, typed.value), why: whyPlain(error) };
      this.editing = false;
      return;
    }
    this.take(step);
  }

  private whenTypingPauses(milliseconds: number, then: () => void): void {
    if (this.typingTimer) clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(then, milliseconds);
  }

  insert(where: "above" | "below", source = ""): void {
    const place = this.index === -1 ? this.blocks.length : this.index + (where === "below" ? 1 : 0);
    const id = mintId(this.session.notebook);
    this.change({ kind: "insertCell", place, source, id });
    this.select(`cell:${id}`, { reveal: true });
  }

  remove(): void {
    const { index } = this;
    if (index === -1) return;
    this.change({ kind: "deleteBlock", block: index });
    this.selectAt(index);
  }

  move(step: -1 | 1): void {
    const target = this.blocks[this.index + step];
    if (this.selected && target) this.moveTo(this.selected.key, target.key, step === -1 ? "above" : "below");
  }

  moveTo(key: string, target: string, where: "above" | "below"): void {
    const block = this.blocks.findIndex((it) => it.key === key);
    const beside = this.blocks.findIndex((it) => it.key === target);
    if (block === -1 || beside === -1 || block === beside) return;
    this.change({ kind: "moveBlock", block, place: where === "below" ? beside + 1 : beside });
    if (this.blocks.some((it) => it.key === key)) this.select(key, { reveal: true });
  }

  convert(kind: "prose" | "cell"): void {
    const { index, selected } = this;
    if (!selected || selected.kind === kind) return;
    this.change(
      selected.id !== null ? { kind: "toText", cell: selected.id } : { kind: "toCode", block: index, id: mintId(this.session.notebook) },
    );
    this.selectAt(index);
  }

  get canUndo(): boolean {
    return !this.plain && this.session.undo.length > 0;
  }

  get canRedo(): boolean {
    return !this.plain && this.session.redo.length > 0;
  }

  undo(): void {
    this.dispatch({ type: "undo" });
    this.revision += 1;
    if (!this.selected) this.selectAt(0);
  }

  redo(): void {
    this.dispatch({ type: "redo" });
    this.revision += 1;
    if (!this.selected) this.selectAt(0);
  }

  /** Puts unsaved text of an earlier session back; undo returns to the file's. */
  restore(text: string): void {
    this.commit();
    try {
      openSession(text);
      this.plain = null;
      this.apply({ type: "replace", text });
    } catch (error) {
      this.plain = { text, why: whyPlain(error) };
    }
    this.revision += 1;
  }

  // Running

  run(then: "next" | "stay" | "insert"): void {
    const block = this.selected;
    if (!block) return;
    if (block.id !== null) this.runCell(block.id);
    if (then === "insert") this.insert("below");
    else if (then === "stay") {
      if (block.kind === "prose") this.leaveEditor();
    } else if (this.blocks.at(-1)?.key === block.key) this.insert("below");
    else this.selectBy(1);
  }

  runCell(id: string): void {
    this.dispatch({ type: "run", cell: id });
  }

  runWithAncestors(): void {
    const id = this.selected?.id;
    if (id) this.dispatch({ type: "run", cell: id, ancestors: true });
  }

  stop(id?: string): void {
    this.dispatch({ type: "stop", cell: id });
  }

  trust(): void {
    this.dispatch({ type: "trust" });
  }

  private get index(): number {
    return this.blocks.findIndex((block) => block.key === this.selectedKey);
  }

  private selectAt(index: number): void {
    this.editing = false;
    this.selectedKey = this.blocks[Math.min(index, this.blocks.length - 1)]?.key ?? null;
    this.focusRequest += 1;
  }

  private change(edit: NotebookEdit): void {
    if (this.plain) return;
    this.dispatch({ type: "edit", edit });
  }
}
