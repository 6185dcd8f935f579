import type { Backend, BackendInfo, BackendName } from "./backends/backend.ts";
import { createBreath } from "./breath.ts";
import type { EngineWorker, TrainJob, TrainListener, TrainOutcome } from "./train/protocol.ts";
import { type Control, train } from "./train/trainer.ts";

/** How this thread opens each backend; throws with the reason where one is not there. */
export type Openers = Record<BackendName, () => Promise<Backend>>;

/** The engine of one worker: backends opened once and kept, one training at a time. */
export class EngineService implements EngineWorker {
  private readonly openers: Openers;
  private readonly open = new Map<BackendName, Promise<Backend>>();
  private readonly breathe = createBreath();
  private control: (Control & { release: () => void }) | null = null;

  constructor(openers: Openers) {
    this.openers = openers;
  }

  async devices(only: BackendName[] = ["webgpu", "cpu", "reference"]): Promise<{ available: BackendInfo[]; unavailable: { name: BackendName; reason: string }[] }> {
    const available: BackendInfo[] = [];
    const unavailable: { name: BackendName; reason: string }[] = [];
    for (const name of only) {
      try {
        available.push((await this.backend(name)).info);
      } catch (error) {
        unavailable.push({ name, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    return { available, unavailable };
  }

  async train(job: TrainJob, listener: TrainListener): Promise<TrainOutcome> {
    if (this.control) throw new Error("this engine worker is already training");
    const control = { stop: false, unpaused: Promise.resolve(), breathe: this.breathe, release: () => {} };
    this.control = control;
    const told = new Set<Promise<void>>();
    try {
      const outcome = await train(job, await this.backend(job.backend), control, {
        onMetrics: (events) => {
          // Behind a port this is a promise whatever its type says, and its message may be overtaken by the outcome's.
          const heard: Promise<void> = Promise.resolve(listener.onMetrics(events)).catch(() => {}).finally(() => told.delete(heard));
          told.add(heard);
        },
        onCheckpoint: (step, bytes) => listener.onCheckpoint(step, bytes),
        onProgress: (message) => listener.onProgress?.(message),
      });
      await Promise.all(told);
      return outcome;
    } catch (error) {
      // A broken backend is not kept: the next job opens it afresh.
      this.open.delete(job.backend);
      throw error;
    } finally {
      this.control = null;
    }
  }

  async pause(): Promise<void> {
    const { control } = this;
    if (!control) return;
    control.release();
    control.unpaused = new Promise((resolve) => {
      control.release = resolve;
    });
  }

  async resume(): Promise<void> {
    this.control?.release();
  }

  async stop(): Promise<void> {
    if (!this.control) return;
    this.control.stop = true;
    this.control.release();
  }

  private backend(name: BackendName): Promise<Backend> {
    let backend = this.open.get(name);
    if (!backend) {
      backend = this.openers[name]();
      this.open.set(name, backend);
      backend.catch(() => this.open.delete(name));
    }
    return backend;
  }
}
