/** The kernel as a comlink object, and the two words its thread and the opener's thread share while it computes. */
import { createKernel, type KernelSignals } from "./kernel.ts";
import type { CellOutcome, CompiledCell, Kernel, KernelHost, KernelOptions } from "./kernel-protocol.ts";

/** Layout of the shared Int32Array. */
export const signalWords = {
  /** the opener sets it to 1 to end everything under way */
  interrupt: 0,
  /** grows when the kernel starts to compute and when it ends: odd while it computes without a pause */
  turns: 1,
  length: 2,
} as const;

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

  forget(cell: string): void | Promise<void> {
    return this.opened().forget(cell);
  }

  interrupt(): void | Promise<void> {
    return this.opened().interrupt();
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
    interrupted: () => Atomics.load(words, signalWords.interrupt) !== 0,
    interruptSeen: () => void Atomics.store(words, signalWords.interrupt, 0),
    running: () => void Atomics.add(words, signalWords.turns, 1),
  };
}
