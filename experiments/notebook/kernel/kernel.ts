/** A notebook's kernel: evaluates compiled cells in a sandbox and tells how each ended. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { armStyles } from "../../figures/arm-styles.ts";
import { themeOf } from "../../figures/theme.ts";
import type { ExperimentResult } from "../../results.ts";
import { curvesOf } from "./curves.ts";
import { cellError, type Failure } from "./errors.ts";
import type { CellOutcome, CompiledCell, Kernel, KernelHost, KernelOptions } from "./protocol.ts";
import { type Owner, Sandbox } from "./sandbox.ts";
import { readDisplayItem } from "./display-item.ts";
import { fromWire, toWire } from "./wire.ts";

export type { Kernel, KernelHost, KernelOptions } from "./protocol.ts";

/** What another thread can see of the kernel and say to it while its thread is busy. */
export interface KernelSignals {
  /** asked often while a cell computes; true ends its evaluation */
  interrupted(cell: string): boolean;
  interruptSeen(): void;
  /** the cell that starts computing; null when it has ended or pauses */
  running(cell: string | null): void;
}

const noSignals: KernelSignals = { interrupted: () => false, interruptSeen: () => {}, running: () => {} };

export const defaultCpuSeconds = 10;
const defaultMemoryBytes = 256 * 1024 * 1024;
/** Lines and items beyond these are counted, not shown: a loop around display() should not bury the page. */
const maxDisplays = 1000;
const maxLogLines = 1000;
/** Characters that one evaluation may show, and log; the page keeps all of them. */
const maxShown = 16_000_000;
const maxLogged = 2_000_000;

export async function createKernel(host: KernelHost, options: KernelOptions = {}, signals: KernelSignals = noSignals): Promise<Kernel> {
  const kernel = new SandboxKernel(host, options, signals);
  await kernel.open();
  return kernel;
}

interface Evaluation {
  cell: CompiledCell;
  owner: Owner;
  /** the host answered an experiment with "PlanOnly" */
  planned: boolean;
  /** the host refused an experiment for another reason */
  refused: boolean;
  requests: number;
  /** how the cell's code ended; it counts once nothing the cell started is still running */
  settled: null | (() => CellOutcome);
  displays: number;
  shown: number;
  logLines: number;
  logged: number;
  end(outcome: CellOutcome): void;
}

class SandboxKernel implements Kernel {
  private readonly host: KernelHost;
  private readonly signals: KernelSignals;
  private readonly limit: number;
  private readonly memoryBytes: number;
  private readonly live = new Map<number, Evaluation>();
  private readonly results = new Map<string, ExperimentResult>();
  /** shared name → the cell that defined it, and whether plan mode kept it from having a value */
  private readonly names = new Map<string, { cell: string; planned: boolean }>();
  private sandbox: Promise<Sandbox> | null = null;
  private lastToken = 0;
  private sandboxes = 1;

  constructor(host: KernelHost, options: KernelOptions, signals: KernelSignals) {
    this.host = host;
    this.signals = signals;
    this.limit = (options.cpuSeconds ?? defaultCpuSeconds) * 1000;
    this.memoryBytes = options.memoryBytes ?? defaultMemoryBytes;
  }

  open(): Promise<Sandbox> {
    if (this.sandbox) return this.sandbox;
    const sandbox: Promise<Sandbox> = Sandbox.open(this.memoryBytes, {
      experiment: (owner, title, spec) => this.experiment(owner, title, spec),
      display: (owner, item) => this.display(owner, item),
      log: (owner, level, text) => this.log(owner, level, text),
      curves: (id, metric) => toWire(curvesOf(this.result(id), metric)),
      settle: (token, failure) => this.settle(token, failure),
      turned: (owner, lost) => (lost ? this.afterLoss(owner, sandbox) : this.afterTurn(owner)),
      interrupted: (owner) => this.signals.interrupted(owner.cell),
      running: (owner) => this.signals.running(owner && owner.cell),
    });
    this.sandbox = sandbox;
    return sandbox;
  }

  generation(): number {
    return this.sandboxes;
  }

  async evaluate(cell: CompiledCell): Promise<CellOutcome> {
    for (const other of [...this.live.values()]) if (other.cell.id === cell.id && !other.owner.dry) other.end({ status: "interrupted" });
    await this.forget(cell.id);
    return this.start(cell, false);
  }

  plan(cell: CompiledCell): Promise<CellOutcome> {
    return this.start(cell, true);
  }

  private async start(cell: CompiledCell, dry: boolean): Promise<CellOutcome> {
    if (cell.error) return { status: "failed", error: cell.error };
    for (const name of cell.reads) {
      const known = this.names.get(name);
      if (known?.planned) {
        if (!dry) this.share(cell, true);
        return { status: "planned" };
      }
      if (!known)
        return this.failed(cell, {
          name: "ValueLost",
          message: `\`${name}\` has no value yet: run the cell that defines it first`,
          stack: "",
        });
    }
    const libraries = cell.libraries.length > 0 ? await librariesScript() : null;
    const sandbox = await this.open();
    return new Promise((resolve) => {
      const token = ++this.lastToken;
      const evaluation: Evaluation = {
        cell,
        owner: { token, cell: cell.id, dry, used: 0, limit: this.limit, stopped: null, asked: 0, waiting: 0 },
        planned: false,
        refused: false,
        requests: 0,
        settled: null,
        displays: 0,
        shown: 0,
        logLines: 0,
        logged: 0,
        end: (outcome) => {
          if (!this.live.delete(token)) return;
          evaluation.owner.stopped ??= "interrupt";
          resolve(outcome);
        },
      };
      this.live.set(token, evaluation);
      sandbox.run(evaluation.owner, `cell:${cell.id}`, cell.code, cell.reads, seedOf(cell), libraries);
    });
  }

  async forget(cell: string): Promise<void> {
    const names = [...this.names].filter(([, owner]) => owner.cell === cell).map(([name]) => name);
    for (const name of names) this.names.delete(name);
    if (names.length > 0 && this.sandbox) (await this.sandbox).forget(names);
  }

  interrupt(cell?: string): void {
    this.signals.interruptSeen();
    for (const evaluation of [...this.live.values()])
      if (cell === undefined || evaluation.cell.id === cell) evaluation.end({ status: "interrupted" });
  }

  dispose(): void {
    this.interrupt();
    // The machine lives in its own WebAssembly memory: dropping the last reference frees all of it.
    this.drop();
  }

  private drop(): void {
    this.sandboxes++;
    this.sandbox = null;
    this.names.clear();
  }

  private result(id: string): ExperimentResult {
    const result = this.results.get(id);
    if (!result) throw new Error(`there is no experiment "${id}"`);
    return result;
  }

  private share(cell: CompiledCell, planned: boolean): void {
    for (const name of cell.defines) this.names.set(name, { cell: cell.id, planned });
  }

  private failed(cell: CompiledCell, failure: Failure): CellOutcome {
    return { status: "failed", error: cellError(cell, failure, this.memoryBytes) };
  }

  /** The cell's code has come to its end, or to an error. */
  private settle(token: number, json: string): void {
    const evaluation = this.live.get(token);
    if (!evaluation) return;
    const { cell } = evaluation;
    evaluation.settled = () => {
      const planned = evaluation.planned && !evaluation.refused;
      if (json !== "" && !planned) return this.failed(cell, fromWire(json) as Failure);
      if (!evaluation.owner.dry) this.share(cell, planned);
      return { status: planned ? "planned" : "done" };
    };
  }

  /** If nothing is outstanding when no code can run, the cell will never end by itself. */
  private afterTurn(owner: Owner): void {
    const evaluation = this.live.get(owner.token);
    if (!evaluation) return;
    const { cell } = evaluation;
    if (owner.stopped === "interrupt") {
      this.signals.interruptSeen();
      return evaluation.end({ status: "interrupted" });
    }
    if (owner.stopped === "time")
      return evaluation.end(this.failed(cell, { name: "TimeLimit", message: `${this.tooLong()} and was stopped`, stack: "" }));
    if (evaluation.settled) return evaluation.end(evaluation.settled());
    if (owner.waiting > 0) return;
    const message = "the cell waits for a promise that nothing will settle: there are no timers, network or events in a cell";
    evaluation.end(this.failed(cell, { name: "NeverEnds", message, stack: "" }));
  }

  private tooLong(): string {
    return `the cell computed for more than ${this.limit / 1000} s`;
  }

  /** The sandbox is gone, and with it what other cells had going in it. The next evaluation opens a fresh one. */
  private afterLoss(owner: Owner, sandbox: Promise<Sandbox>): void {
    if (this.sandbox === sandbox) this.drop();
    const culprit = this.live.get(owner.token);
    if (!culprit) return;
    const { id } = culprit.cell;
    if (owner.stopped === "interrupt") culprit.end({ status: "interrupted" });
    else {
      const why =
        owner.stopped === "time" ? `${this.tooLong()} and would not stop` : "the cell broke the sandbox, most likely by nesting too deeply";
      const name = owner.stopped === "time" ? "TimeLimit" : "SandboxLost";
      culprit.end(this.failed(culprit.cell, { name, message: `${why}; the values of all cells are gone`, stack: "" }));
    }
    for (const other of [...this.live.values()]) {
      const message = `the sandbox was lost when #${id} ran: run this cell again`;
      other.end(this.failed(other.cell, { name: "ValueLost", message, stack: "" }));
    }
  }

  private async experiment(owner: Owner, title: string, spec: string): Promise<string> {
    const evaluation = this.live.get(owner.token);
    if (!evaluation) return toWire({ ok: false, name: "Stopped", message: "the cell was stopped" });
    const { cell } = evaluation;
    if (cell.kind === "view") {
      const message = `#${cell.id} would train by itself whenever what it reads changes: use \`experiment\` in the cell that calls it, so that it only runs when asked`;
      return toWire({ ok: false, name: "NotAnExperimentCell", message });
    }
    try {
      const result = await this.host.experiment({ cell: cell.id, index: evaluation.requests++, title, spec: fromWire(spec) });
      this.results.set(result.id, result);
      // Curves stay here until a cell asks for one metric of them.
      const styles = armStyles(result.arms);
      const arms = result.arms.map((arm) => ({
        ...arm,
        color: themeOf("auto").series[styles.get(arm.name)!.colour],
        runs: arm.runs.map(({ events: _events, ...run }) => run),
      }));
      return toWire({ ok: true, result: toWire({ ...result, arms }) });
    } catch (error) {
      const { name, message } = describe(error);
      if (name === "PlanOnly") evaluation.planned = true;
      else evaluation.refused = true;
      return toWire({ ok: false, name, message });
    }
  }

  private display(owner: Owner, json: string): void {
    const evaluation = this.live.get(owner.token);
    if (!evaluation || owner.stopped || owner.dry) return;
    if (evaluation.displays > maxDisplays || evaluation.shown > maxShown) return;
    evaluation.displays++;
    evaluation.shown += json.length;
    const most = evaluation.displays > maxDisplays ? `${maxDisplays} values` : evaluation.shown > maxShown ? `${maxShown / 1e6} MB` : null;
    this.host.display(
      evaluation.cell.id,
      most === null ? readDisplayItem(fromWire(json)) : { kind: "text", text: `… more than ${most}: the rest is not shown` },
    );
  }

  private log(owner: Owner, level: string, text: string): void {
    const evaluation = this.live.get(owner.token);
    if (!evaluation || owner.stopped || owner.dry) return;
    if (evaluation.logLines > maxLogLines || evaluation.logged > maxLogged) return;
    evaluation.logLines++;
    evaluation.logged += text.length;
    const most =
      evaluation.logLines > maxLogLines ? `${maxLogLines} lines` : evaluation.logged > maxLogged ? `${maxLogged / 1e6} MB` : null;
    const line = most === null ? text : `… more than ${most}: the rest is not shown`;
    this.host.log(evaluation.cell.id, level === "info" || level === "warn" || level === "error" ? level : "log", line);
  }
}

/** A cell of this name and text draws the same numbers whenever and wherever it is evaluated. */
const seedOf = ({ id, code }: CompiledCell): string => bytesToHex(sha256(utf8ToBytes(`${id}\n${code}`)));

/** d3 and Plot, 0.6 MB of text: read when the first cell imports from them. */
const librariesScript = async (): Promise<string> => (await import("../../api/libraries/generated/libraries.js?raw")).default;

/** Name and message of whatever a host rejected with; comlink brings errors over as plain objects. */
function describe(error: unknown): { name: string; message: string } {
  const { name, message } = (typeof error === "object" && error !== null ? error : {}) as { name?: unknown; message?: unknown };
  return { name: typeof name === "string" ? name : "Error", message: typeof message === "string" ? message : String(error) };
}
