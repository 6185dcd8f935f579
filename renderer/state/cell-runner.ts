/** Runs cells: in the kernel, in the order of who reads whom; experiments only when a person asks, views by themselves. */
import { openKernelInBrowserWorker } from "../../experiments/notebook/kernel-browser.ts";
import KernelWorker from "../../experiments/notebook/kernel.worker.ts?worker";
import type { CompiledCell, DisplayItem, ExperimentRequest, Kernel, KernelHost } from "../../experiments/notebook/kernel-protocol.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { NotebookState } from "./notebook.svelte.ts";
import type { Studies } from "./studies.svelte.ts";

/** What a kernel reads as "keep the request, train nothing". */
class PlanOnly extends Error {
  override readonly name = "PlanOnly";
}

/** Milliseconds after the last key before views follow an edit and plans are made anew. */
const settle = 600;

export class CellRunner {
  private readonly notebook: NotebookState;
  private readonly studies: Studies;
  private readonly announce: (text: string) => void;
  private kernel: Promise<Kernel> | null = null;
  /** cells evaluated to see their plan only */
  private readonly planning = new Set<string>();
  private readonly running = new Map<string, Promise<void>>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** outputs of the evaluation under way; they replace the old ones when the first arrives, or at its end */
  private readonly shown = new Map<string, DisplayItem[]>();
  private generation = 1;

  constructor(notebook: NotebookState, studies: Studies, announce: (text: string) => void) {
    this.notebook = notebook;
    this.studies = studies;
    this.announce = announce;
  }

  /** Runs a cell because a person asked, after the views it reads. Experiments above it are not trained for it. */
  async run(id: string): Promise<void> {
    for (const view of this.ancestors(id).filter((it) => this.notebook.kindOf(it) === "view" && !this.hasValue(it))) await this.evaluate(view);
    await this.evaluate(id);
    await this.runViews(id);
  }

  async runWithAncestors(id: string): Promise<void> {
    for (const above of this.ancestors(id).filter((it) => !this.hasValue(it))) await this.evaluate(above);
    await this.run(id);
  }

  /** Runs stale and new views whose inputs have values: all of them, or those below a cell. */
  async runViews(below: string | null = null): Promise<void> {
    if (!this.notebook.trusted) return;
    const { order, downstream } = this.notebook.compiled.graph;
    const wanted = below === null ? null : reach(below, downstream);
    for (const id of order) {
      if (wanted && !wanted.has(id)) continue;
      const experiment = this.notebook.kindOf(id) === "experiment";
      const inputs = this.notebook.compiled.graph.upstream.get(id) ?? [];
      const { kind } = this.notebook.validity(id);
      const due = kind === "never" || kind === "stale";
      if (!due || this.running.has(id) || !inputs.every((input) => this.hasValue(input))) continue;
      // A stale experiment keeps its evidence on screen; only one without any shows its plan.
      if (experiment && kind === "never") await this.evaluate(id, { planOnly: true });
      else if (!experiment) await this.evaluate(id);
    }
  }

  /** The text changed: views follow once the typing pauses. */
  edited(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.runViews(), settle);
  }

  forget(id: string): void {
    void this.kernel?.then((kernel) => kernel.forget(id));
  }

  /** Stops a cell, or everything: computing is interrupted, training keeps checkpoints. */
  stop(id: string | null): void {
    for (const study of this.studies.byExperiment.values()) {
      if (id === null || study.plan.experiment.cell === id) study.commands.stop();
    }
    const cells = id === null ? [...this.running.keys()] : [id];
    if (cells.some((cell) => this.notebook.kindOf(cell) === "view")) void this.kernel?.then((kernel) => kernel.interrupt());
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    void this.kernel?.then((kernel) => kernel.dispose());
    this.kernel = null;
  }

  private async evaluate(id: string, { planOnly = false } = {}): Promise<void> {
    const before = this.running.get(id);
    if (before) return before;
    const work = this.evaluateNow(id, planOnly);
    this.running.set(id, work);
    try {
      await work;
    } finally {
      this.running.delete(id);
    }
  }

  private async evaluateNow(id: string, planOnly: boolean): Promise<void> {
    const compiled = this.notebook.compiled.cells.find((cell) => cell.id === id);
    if (!compiled) return;
    const cell = this.notebook.cell(id);
    const ran = this.notebook.fingerprint(id);
    if (compiled.error) {
      Object.assign(cell, { error: compiled.error, outcome: "failed", ran });
      return;
    }
    this.shown.set(id, []);
    Object.assign(cell, { status: "running", logs: [], error: null });
    if (planOnly) this.planning.add(id);
    try {
      await this.perform(compiled, ran);
    } finally {
      this.planning.delete(id);
      cell.outputs = this.shown.get(id) ?? [];
      cell.status = "idle";
    }
  }

  private async perform(compiled: CompiledCell, ran: ReturnType<NotebookState["fingerprint"]>): Promise<void> {
    const cell = this.notebook.cell(compiled.id);
    const kernel = await this.open();
    const outcome = await kernel.evaluate(compiled);
    const generation = await kernel.generation();
    if (generation !== this.generation) this.loseValues(generation);
    Object.assign(cell, { outcome: outcome.status, ran, error: outcome.status === "failed" ? outcome.error : null });
    if (this.notebook.kindOf(compiled.id) !== "experiment" || this.planning.has(compiled.id)) return;
    const ending = outcome.status === "done" ? "finished" : outcome.status === "failed" ? "failed" : "stopped";
    this.announce(`${compiled.id} ${ending}`);
  }

  private open(): Promise<Kernel> {
    this.kernel ??= openKernelInBrowserWorker(this.host(), () => new KernelWorker({ name: "kernel" }));
    return this.kernel;
  }

  private host(): KernelHost {
    return {
      experiment: (request) => this.experiment(request),
      display: (id, item) => {
        const items = [...(this.shown.get(id) ?? []), item];
        this.shown.set(id, items);
        this.notebook.cell(id).outputs = items;
      },
      log: (id, level, text) => {
        const cell = this.notebook.cell(id);
        cell.logs = [...cell.logs, level === "log" ? text : `${level}: ${text}`];
      },
    };
  }

  private async experiment(request: ExperimentRequest): Promise<ExperimentResult> {
    if (!this.planning.has(request.cell)) return this.studies.run(request);
    const study = await this.studies.plan(request);
    // Evidence that is complete already, this session's or the store's, costs nothing: take it.
    if (study.state === "finished" && study.result) return study.result;
    if (study.cached.size === study.plan.runs.length) return this.studies.run(request);
    throw new PlanOnly("planned");
  }

  private ancestors(id: string): string[] {
    const { order, upstream } = this.notebook.compiled.graph;
    const above = reach(id, upstream);
    return order.filter((it) => it !== id && above.has(it));
  }

  /** An old experiment still has a value: what reads it can be drawn, dimmed as stale. */
  private hasValue(id: string): boolean {
    const { ran, outcome } = this.notebook.cell(id);
    if (ran === null || outcome !== "done") return false;
    return this.notebook.kindOf(id) === "experiment" || this.notebook.validity(id).kind === "fresh";
  }

  private loseValues(generation: number): void {
    this.generation = generation;
    for (const { id } of this.notebook.compiled.cells) {
      const cell = this.notebook.cell(id);
      if (this.notebook.kindOf(id) === "view") cell.ran = null;
    }
  }
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const next of edges.get(id) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(from);
  return found;
}
