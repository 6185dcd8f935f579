/** The open notebook: its text with undo, the selection, and its cells as they run. */
import { compileNotebook } from "../../experiments/notebook/compile.ts";
import { parseNotebook } from "../../experiments/notebook/markdown.ts";
import type { Block } from "../../experiments/notebook/notebook.ts";
import type { CellSource } from "../editor/cell-types.ts";
import { blockKeys, convertBlock, insertCell, moveBlock, removeBlock, setText } from "./block-edits.ts";
import { CellState, fingerprints, validityOf, type Validity } from "./cell-state.svelte.ts";
import type { CellRunner } from "./cell-runner.ts";

export interface BlockView {
  key: string;
  kind: "prose" | "cell";
  id: string | null;
  text: string;
}

const undoDepth = 500;

export class NotebookState {
  /** the file as it would be saved */
  text = $state.raw("");
  saved = $state.raw("");
  path = $state<string | null>(null);
  name = $state("");
  /** false: nothing of it has run by itself yet, because it came from elsewhere */
  trusted = $state(false);

  selectedKey = $state<string | null>(null);
  editing = $state(false);
  /** grows when the focus should go back to the selected block */
  focusRequest = $state(0);
  /** of the open code editor */
  editor = $state.raw<{ format: () => Promise<void> } | null>(null);
  runner: CellRunner | null = null;

  private undoStack = $state.raw<readonly string[]>([]);
  private redoStack = $state.raw<readonly string[]>([]);
  /** the block whose typing the newest undo step gathers */
  private typing: string | null = null;
  private readonly states = new Map<string, CellState>();

  readonly parsed = $derived(parseNotebook(this.text));
  readonly compiled = $derived(compileNotebook(this.parsed));
  readonly blocks: readonly BlockView[] = $derived.by(() => {
    const keys = blockKeys(this.parsed.blocks);
    return this.parsed.blocks.map((block, i) =>
      block.kind === "cell" ? { key: keys[i], kind: "cell", id: block.id, text: block.source } : { key: keys[i], kind: "prose", id: null, text: block.text },
    );
  });
  private readonly current = $derived(
    fingerprints(
      this.blocks.flatMap((block) => (block.id === null ? [] : [{ id: block.id, source: block.text }])),
      this.compiled.graph.upstream,
    ),
  );

  constructor(document: { path: string | null; name: string; text: string; trusted: boolean }) {
    this.text = document.text;
    this.saved = document.text;
    this.path = document.path;
    this.name = document.name;
    this.trusted = document.trusted;
    this.selectedKey = this.blocks[0]?.key ?? null;
  }

  get title(): string {
    return this.parsed.frontMatter.title ?? this.name;
  }

  get dirty(): boolean {
    return this.text !== this.saved;
  }

  get pristine(): boolean {
    return this.path === null && !this.dirty;
  }

  get selected(): BlockView | null {
    return this.blocks.find((block) => block.key === this.selectedKey) ?? null;
  }

  /** State of a cell; made when first asked for, kept while the id lives. */
  cell(id: string): CellState {
    let state = this.states.get(id);
    if (!state) this.states.set(id, (state = new CellState(id)));
    return state;
  }

  kindOf(id: string): "view" | "experiment" {
    return this.compiled.cells.find((cell) => cell.id === id)?.kind ?? "view";
  }

  validity(id: string): Validity {
    return validityOf(this.cell(id), this.fingerprint(id));
  }

  fingerprint(id: string) {
    return this.current.get(id) ?? { own: "", upstream: {} };
  }

  otherSources(id: string): CellSource[] {
    return this.blocks.flatMap((block) => {
      if (block.id === null || block.id === id) return [];
      return [{ id: block.id, source: block.text, defines: this.compiled.cells.find((cell) => cell.id === block.id)?.defines ?? [] }];
    });
  }

  // Selection

  select(key: string, { reveal = false } = {}): void {
    if (key !== this.selectedKey) this.editing = false;
    this.selectedKey = key;
    if (reveal) this.focusRequest += 1;
  }

  selectBy(step: number): void {
    const index = this.blocks.findIndex((block) => block.key === this.selectedKey);
    const next = this.blocks[Math.min(this.blocks.length - 1, Math.max(0, index + step))];
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
    this.typing = null;
    this.focusRequest += 1;
  }

  // Edits

  setText(key: string, value: string): void {
    const block = this.block(key);
    if (!block) return;
    this.change(setText(this.parsed, block, value), key);
  }

  insert(where: "above" | "below", source = ""): void {
    const { text, id } = insertCell(this.parsed, this.selectedKey === null ? null : this.block(this.selectedKey), where, source);
    this.change(text);
    this.select(`cell:${id}`, { reveal: true });
  }

  remove(): void {
    const block = this.selectedKey === null ? null : this.block(this.selectedKey);
    if (!block) return;
    const index = this.parsed.blocks.indexOf(block);
    this.change(removeBlock(this.parsed, block));
    const next = this.blocks[Math.min(index, this.blocks.length - 1)];
    this.selectedKey = next?.key ?? null;
    this.focusRequest += 1;
    if (block.kind === "cell") this.forget(block.id);
  }

  move(step: -1 | 1): void {
    const index = this.blocks.findIndex((block) => block.key === this.selectedKey);
    const target = this.blocks[index + step];
    if (index !== -1 && target) this.moveTo(this.blocks[index].key, target.key, step === -1 ? "above" : "below");
  }

  moveTo(key: string, target: string, where: "above" | "below"): void {
    const [block, beside] = [this.block(key), this.block(target)];
    if (!block || !beside || block === beside) return;
    this.change(moveBlock(this.parsed, block, beside, where));
    if (block.kind === "cell") this.select(`cell:${block.id}`, { reveal: true });
  }

  convert(kind: "prose" | "cell"): void {
    const block = this.selectedKey === null ? null : this.block(this.selectedKey);
    if (!block || block.kind === kind) return;
    const index = this.parsed.blocks.indexOf(block);
    this.change(convertBlock(this.parsed, block, kind));
    this.selectedKey = this.blocks[Math.min(index, this.blocks.length - 1)]?.key ?? null;
    this.focusRequest += 1;
  }

  get canUndo(): boolean {
    return this.undoStack.length > 0;
  }

  get canRedo(): boolean {
    return this.redoStack.length > 0;
  }

  undo(): void {
    this.step("undoStack", "redoStack");
  }

  redo(): void {
    this.step("redoStack", "undoStack");
  }

  /** Puts unsaved text of an earlier session back; undo returns to the file's. */
  restore(text: string): void {
    this.change(text);
  }

  // Running; the runner does the work

  run(then: "next" | "stay" | "insert"): void {
    const block = this.selected;
    if (!block) return;
    if (block.kind === "prose") this.leaveEditor();
    else if (block.id !== null) this.runCell(block.id);
    if (then === "insert") this.insert("below");
    else if (then === "next") {
      const last = this.blocks.at(-1)?.key === block.key;
      if (last) this.insert("below");
      else this.selectBy(1);
    }
  }

  runCell(id: string): void {
    void this.runner?.run(id);
  }

  runWithAncestors(): void {
    const id = this.selected?.id;
    if (id) void this.runner?.runWithAncestors(id);
  }

  stop(id: string | null = null): void {
    this.runner?.stop(id);
  }

  trust(): void {
    this.trusted = true;
    void this.runner?.runViews();
  }

  private block(key: string): Block | null {
    return this.parsed.blocks[this.blocks.findIndex((block) => block.key === key)] ?? null;
  }

  /** @param typing key of the block that is being typed in: one undo step for a stretch of typing */
  private change(text: string, typing: string | null = null): void {
    if (text === this.text) return;
    if (typing === null || typing !== this.typing) this.undoStack = [...this.undoStack, this.text].slice(-undoDepth);
    this.typing = typing;
    this.redoStack = [];
    this.text = text;
    this.runner?.edited();
  }

  private step(from: "undoStack" | "redoStack", to: "undoStack" | "redoStack"): void {
    const text = this[from].at(-1);
    if (text === undefined) return;
    this[from] = this[from].slice(0, -1);
    this[to] = [...this[to], this.text];
    this.typing = null;
    this.text = text;
    if (!this.selected) this.selectedKey = this.blocks[0]?.key ?? null;
    this.runner?.edited();
  }

  private forget(id: string): void {
    this.states.delete(id);
    this.runner?.forget(id);
  }
}
