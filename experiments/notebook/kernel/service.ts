/** The kernel as a comlink object, and the two words its thread and the opener's thread share while it computes. */
import { createKernel, type KernelSignals } from "./kernel.ts";
import type { CellOutcome, CompiledCell, Kernel, KernelHost, KernelOptions } from "./protocol.ts";

/** Layout of the shared Int32Array. */
export const signalWords = {
  /** the opener sets it to `everyCell` or a cell's code to end what is under way; 0 otherwise */
  interrupt: 0,
  /** grows when the kernel starts to compute and when it ends: odd while it computes without a pause */
  turns: 1,
  /** code of the cell that computes, 0 for none */
  cell: 2,
  length: 3,
} as const;

export const everyCell = 1;

/** A number that stands for a cell in the shared words (FNV-1a). Two ids with one code would stop together. */
export function cellCode(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash === 0 || hash === everyCell ? 2 : hash;
}

export class KernelService implements Kernel {
  private kernel: Kernel | null = null;
  /** displays and log lines on their way to the host */
  private readonly sent = new Set<Promise<unknown>>();

  /** @param shared of `signalWords.length` Int32 words, or null where memory cannot be shared */
  async open(host: KernelHost, options: KernelOptions, shared: SharedArrayBuffer | null): Promise<void> {
    const local: KernelHost = {
      experiment: (request) => host.experiment(request),
      display: (cell, item) => this.send(host.display(cell, item)),
      log: (cell, level, text) => this.send(host.log(cell, level, text)),
    };
    this.kernel = await createKernel(local, options, shared ? sharedSignals(new Int32Array(shared)) : undefined);
  }

  /** The outcome comes after everything the cell showed: they travel on ports that know no common order. */
  async evaluate(cell: CompiledCell): Promise<CellOutcome> {
    const outcome = await this.opened().evaluate(cell);
    await Promise.all(this.sent);
    return outcome;
  }

  plan(cell: CompiledCell): Promise<CellOutcome> {
    return this.opened().plan(cell);
  }

  forget(cell: string): void | Promise<void> {
    return this.opened().forget(cell);
  }

  interrupt(cell?: string): void | Promise<void> {
    return this.opened().interrupt(cell);
  }

  generation(): number | Promise<number> {
    return this.opened().generation();
  }

  dispose(): void | Promise<void> {
    return this.kernel?.dispose();
  }

  /** Through comlink the host's functions return promises, whatever their types say. */
  private send(call: unknown): void {
    const done: Promise<unknown> = Promise.resolve(call)
      .catch(() => {}) // a window that has closed shows nothing
      .finally(() => this.sent.delete(done));
    this.sent.add(done);
  }

  private opened(): Kernel {
    if (!this.kernel) throw new Error("the kernel has not been opened");
    return this.kernel;
  }
}

function sharedSignals(words: Int32Array): KernelSignals {
  return {
    interrupted: (cell) => {
      const word = Atomics.load(words, signalWords.interrupt);
      return word === everyCell || (word !== 0 && word === cellCode(cell));
    },
    interruptSeen: () => void Atomics.store(words, signalWords.interrupt, 0),
    running: (cell) => {
      Atomics.store(words, signalWords.cell, cell === null ? 0 : cellCode(cell));
      Atomics.add(words, signalWords.turns, 1);
    },
  };
}
