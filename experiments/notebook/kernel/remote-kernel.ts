/**
 * A kernel in a worker. The sandbox stops nearly everything by itself; what it cannot stop (a built-in that loops
 * without looking at the clock) and whatever kills the thread ends with a fresh worker and lost values.
 */
import { type Endpoint, proxy, type Remote, releaseProxy, wrap } from "comlink";
import { defaultCpuSeconds } from "./kernel.ts";
import { cellCode, everyCell, type KernelService, signalWords } from "./service.ts";
import type { CellOutcome, CompiledCell, Kernel, KernelHost, KernelOptions } from "./protocol.ts";

export interface WorkerThread {
  endpoint: Endpoint;
  /** settles (never rejects) with the reason when the worker ends by itself */
  ended: Promise<string>;
  terminate(): void;
}

/** How often the watchdog looks, and how long a worker may take beyond the limit or after an interrupt. */
const watchMilliseconds = 250;
const graceMilliseconds = 2000;

export async function openRemoteKernel(startWorker: () => WorkerThread, host: KernelHost, options: KernelOptions = {}): Promise<Kernel> {
  const kernel = new RemoteKernel(startWorker, host, options);
  await kernel.open();
  return kernel;
}

interface Session {
  thread: WorkerThread;
  service: Remote<KernelService>;
  opened: Promise<void>;
  words: Int32Array | null;
  /** value of the shared `turns` word when it was last seen to change, and when that was */
  seenTurns: number;
  seenAt: number;
}

interface Pending {
  cell: CompiledCell;
  session: Session;
  end(outcome: CellOutcome): void;
}

class RemoteKernel implements Kernel {
  private readonly startWorker: () => WorkerThread;
  private readonly host: KernelHost;
  private readonly options: KernelOptions;
  private readonly pending = new Set<Pending>();
  private session: Session | null = null;
  private watchdog: ReturnType<typeof setInterval> | null = null;
  /** sandboxes of workers that are gone */
  private before = 0;
  private lastGeneration = 1;

  constructor(startWorker: () => WorkerThread, host: KernelHost, options: KernelOptions) {
    this.startWorker = startWorker;
    this.host = host;
    this.options = options;
  }

  async open(): Promise<Session> {
    if (!this.session) {
      const thread = this.startWorker();
      const service = wrap<KernelService>(thread.endpoint);
      const shared = typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4 * signalWords.length) : null;
      const opened = service.open(proxy(this.host), this.options, shared) as Promise<void>;
      const session: Session = {
        thread,
        service,
        opened,
        words: shared && new Int32Array(shared),
        seenTurns: 0,
        seenAt: performance.now(),
      };
      this.session = session;
      void thread.ended.then((reason) => this.lose(session, reason));
    }
    await this.session.opened;
    return this.session;
  }

  evaluate(cell: CompiledCell): Promise<CellOutcome> {
    return this.ask(cell, (service) => service.evaluate(cell));
  }

  plan(cell: CompiledCell): Promise<CellOutcome> {
    return this.ask(cell, (service) => service.plan(cell));
  }

  private async ask(cell: CompiledCell, call: (service: Remote<KernelService>) => Promise<CellOutcome>): Promise<CellOutcome> {
    const session = await this.open();
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        cell,
        session,
        end: (outcome) => {
          this.pending.delete(pending);
          this.watch();
          resolve(outcome);
        },
      };
      this.pending.add(pending);
      this.watch();
      call(session.service).then(pending.end, (error: unknown) => {
        this.pending.delete(pending);
        this.watch();
        reject(error);
      });
    });
  }

  async forget(cell: string): Promise<void> {
    if (this.session) await this.session.service.forget(cell);
  }

  async interrupt(cell?: string): Promise<void> {
    const { session } = this;
    if (!session) return;
    if (session.words) Atomics.store(session.words, signalWords.interrupt, cell === undefined ? everyCell : cellCode(cell));
    const late = new Promise<"late">((resolve) => setTimeout(resolve, graceMilliseconds, "late"));
    if ((await Promise.race([session.service.interrupt(cell), late])) !== "late") return;
    for (const pending of [...this.pending])
      if (pending.session === session && (cell === undefined || pending.cell.id === cell)) pending.end({ status: "interrupted" });
    // Another cell may merely keep the thread busy: that one goes on.
    if (cell === undefined || !session.words || Atomics.load(session.words, signalWords.cell) === cellCode(cell))
      this.lose(session, "it would not stop");
  }

  async generation(): Promise<number> {
    if (this.session) this.lastGeneration = await this.session.service.generation();
    return this.before + this.lastGeneration;
  }

  dispose(): void {
    for (const pending of [...this.pending]) pending.end({ status: "interrupted" });
    const { session } = this;
    this.session = null;
    this.watch();
    if (!session) return;
    session.service[releaseProxy]();
    session.thread.terminate();
  }

  /** Everything the worker held is gone; the next evaluation starts another. */
  private lose(session: Session, reason: string): void {
    if (this.session !== session) return;
    this.session = null;
    this.before += this.lastGeneration;
    this.lastGeneration = 1;
    session.thread.terminate();
    for (const pending of [...this.pending]) {
      if (pending.session !== session) continue;
      const { id } = pending.cell;
      pending.end({
        status: "failed",
        error: {
          cell: id,
          line: null,
          column: null,
          name: "SandboxLost",
          message: `the sandbox was lost: ${reason}; the values of all cells are gone`,
        },
      });
    }
  }

  /** Looks only while something is being evaluated. */
  private watch(): void {
    if (this.pending.size > 0 && !this.watchdog) this.watchdog = setInterval(() => this.look(), watchMilliseconds);
    if (this.pending.size === 0 && this.watchdog) {
      clearInterval(this.watchdog);
      this.watchdog = null;
    }
  }

  private look(): void {
    const { session } = this;
    if (!session?.words) return;
    const turns = Atomics.load(session.words, signalWords.turns);
    const now = performance.now();
    if (turns !== session.seenTurns || turns % 2 === 0) {
      session.seenTurns = turns;
      session.seenAt = now;
    }
    const limit = (this.options.cpuSeconds ?? defaultCpuSeconds) * 1000 + graceMilliseconds;
    if (now - session.seenAt > limit) this.lose(session, "a cell computed for too long and could not be stopped");
  }
}
