/** Performs what the notebook's reducer decides: evaluations in the kernel's worker, experiments in the coordinator's. */
import type { SessionCommand } from "../../experiments/notebook/cells/cells.ts";
import { openKernelInBrowserWorker } from "../../experiments/notebook/kernel/kernel-browser.ts";
import KernelWorker from "../../experiments/notebook/kernel/worker.ts?worker";
import type { ExperimentRequest } from "../../experiments/request.ts";
import type { CellOutcome, CompiledCell, Kernel, KernelHost } from "../../experiments/notebook/kernel/protocol.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { experimentId } from "../../experiments/runs/spec/spec.ts";
import type { CellOutput, NotebookState } from "./notebook.svelte.ts";
import type { Studies } from "./studies.svelte.ts";

/** What the kernel reads as "keep the request, train nothing". */
class PlanOnly extends Error {
  override readonly name = "PlanOnly";
}

/**
 * How experiments of an evaluation are answered: trained, taken from the store and otherwise refused, or only planned.
 * `cached` turns false with the first run that had to be trained.
 */
interface Mode {
  kind: "train" | "stored" | "plan";
  cached: boolean;
  allStored: boolean;
}

export interface RunnerEvents {
  announce(text: string): void;
  refuse(message: string): void;
  /** a person's run of an experiment has ended */
  trained(result: ExperimentResult): void;
}

export class CellRunner {
  private readonly notebook: NotebookState;
  private readonly studies: Studies;
  private readonly events: RunnerEvents;
  private kernel: Promise<Kernel> | null = null;
  private generation = 1;
  private readonly modes = new Map<string, Mode>();
  /** cell → id of the experiment of it that its next run trains again instead of taking it from the store */
  private readonly fresh = new Map<string, string>();
  /** what the evaluation under way has shown so far; old output stays until it shows something or ends */
  private readonly showing = new Map<string, CellOutput>();
  /** evaluations of one cell follow each other */
  private readonly chains = new Map<string, Promise<void>>();

  constructor(notebook: NotebookState, studies: Studies, events: RunnerEvents) {
    this.notebook = notebook;
    this.studies = studies;
    this.events = events;
  }

  perform(command: SessionCommand): void {
    switch (command.type) {
      case "evaluate":
        return this.chain(command.cell.id, () => this.evaluate(command.cell, command.ticket, command.cachedOnly));
      case "lookUp":
        return this.chain(command.cell.id, () => this.lookUp(command.cell, command.hash));
      case "cancel":
        return this.cancel(command.cell);
      case "forget":
        return void this.kernel?.then((kernel) => kernel.forget(command.cell));
      case "refuse":
        return this.events.refuse(command.message);
    }
  }

  /** Runs the experiment's cell with every run of it trained anew: what reads the cell gets the new value and runs again. */
  trainAgain(cell: string, experiment: string): void {
    this.fresh.set(cell, experiment);
    this.notebook.runCell(cell);
    if (this.notebook.status(cell) === "idle") this.fresh.delete(cell); // it may not run
  }

  dispose(): void {
    void this.kernel?.then((kernel) => kernel.dispose());
    this.kernel = null;
  }

  private chain(cell: string, work: () => Promise<void>): void {
    const next = (this.chains.get(cell) ?? Promise.resolve()).then(work);
    this.chains.set(
      cell,
      next.catch((error: unknown) => this.events.refuse(error instanceof Error ? error.message : String(error))),
    );
  }

  private async evaluate(cell: CompiledCell, ticket: number, cachedOnly: boolean): Promise<void> {
    this.showing.set(cell.id, { items: [], logs: [] });
    const { outcome, mode } = await this.inKernel(cell, cachedOnly ? "stored" : "train");
    if (!cachedOnly) this.fresh.delete(cell.id);
    if (outcome.status !== "planned") this.notebook.setOutput(cell.id, this.showing.get(cell.id) ?? { items: [], logs: [] });
    this.showing.delete(cell.id);
    this.notebook.dispatch({ type: "ended", cell: cell.id, ticket, outcome, cached: cell.kind === "experiment" && mode.cached });
    if (cell.kind === "experiment" && outcome.status !== "planned") this.announce(cell.id, outcome);
  }

  /** Evaluates an experiment's cell for its plan: shown at once, and the store's answer goes to the reducer. */
  private async lookUp(cell: CompiledCell, hash: string): Promise<void> {
    const { outcome, mode } = await this.inKernel(cell, "plan");
    this.notebook.setRefusal(cell.id, outcome.status === "failed" && outcome.error.name !== "ValueLost" ? outcome.error : null);
    this.notebook.dispatch({ type: "found", cell: cell.id, hash, all: mode.allStored });
  }

  private async inKernel(cell: CompiledCell, kind: Mode["kind"]): Promise<{ outcome: CellOutcome; mode: Mode }> {
    const mode: Mode = { kind, cached: true, allStored: false };
    this.modes.set(cell.id, mode);
    try {
      const kernel = await this.open();
      const outcome = await (kind === "plan" ? kernel.plan(cell) : kernel.evaluate(cell));
      const generation = await kernel.generation();
      if (generation !== this.generation) {
        this.generation = generation;
        this.notebook.dispatch({ type: "kernelRestarted" });
      }
      return { outcome, mode };
    } finally {
      this.modes.delete(cell.id);
    }
  }

  private cancel(id: string): void {
    for (const study of this.studies.studiesOf(id)) study.commands.stop();
    void this.kernel?.then((kernel) => kernel.interrupt(id));
  }

  private announce(id: string, outcome: CellOutcome): void {
    const [study] = this.studies.studiesOf(id);
    const sentence = outcome.status === "done" ? (study?.headline ?? "") : "";
    this.events.announce(`${id} ${outcome.status === "done" ? "finished" : outcome.status}${sentence && `: ${sentence}`}`);
  }

  private open(): Promise<Kernel> {
    this.kernel ??= openKernelInBrowserWorker(this.host(), () => new KernelWorker({ name: "kernel" }));
    return this.kernel;
  }

  private host(): KernelHost {
    const show = (id: string, change: (output: CellOutput) => CellOutput): void => {
      const showing = this.showing.get(id);
      if (!showing) return; // a plan shows nothing
      const next = change(showing);
      this.showing.set(id, next);
      this.notebook.setOutput(id, next);
    };
    return {
      experiment: (request) => this.experiment(request),
      display: (id, item) => show(id, ({ items, logs }) => ({ items: [...items, item], logs })),
      log: (id, level, text) => show(id, ({ items, logs }) => ({ items, logs: [...logs, level === "log" ? text : `${level}: ${text}`] })),
    };
  }

  private async experiment(request: ExperimentRequest): Promise<ExperimentResult> {
    const { overrides: sets, experimentIds: ids } = this.notebook;
    const mode = this.modes.get(request.cell);
    if (!mode) throw new Error("this cell is not being evaluated");
    if (mode.kind !== "train") {
      const study = await this.studies.plan(request, { sets, ids });
      const stored = study.cached.size === study.plan.runs.length;
      mode.allStored = stored && (request.index === 0 || mode.allStored);
      if (mode.kind === "plan" || !stored) throw new PlanOnly("planned");
    }
    const { result, cached } = await this.studies.run(
      request,
      { sets, ids },
      { fresh: this.fresh.get(request.cell) === experimentId(request) },
    );
    mode.cached &&= cached;
    if (mode.kind === "train") this.events.trained(result); // what opens with its results changes no file
    return result;
  }
}
