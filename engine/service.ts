import type { Backend, BackendInfo, BackendName } from "./backends/backend.ts";
import { createBreath } from "./breath.ts";
import { GroupControl, nothingAsked } from "./train/control.ts";
import type { EngineWorker, GroupListener, TrainJob } from "./train/protocol.ts";
import { trainGroup } from "./train/trainer.ts";

/** How this thread opens each backend; throws with the reason where one is not there. */
export type Openers = Record<BackendName, () => Promise<Backend>>;

/** The engine of one worker: backends opened once and kept, one group of runs at a time. */
export class EngineService implements EngineWorker {
  private readonly openers: Openers;
  private readonly open = new Map<BackendName, Promise<Backend>>();
  private readonly breathe = createBreath();
  private control: GroupControl | null = null;

  constructor(openers: Openers) {
    this.openers = openers;
  }

  async devices(
    only: BackendName[] = ["webgpu", "cpu", "reference"],
  ): Promise<{ available: BackendInfo[]; unavailable: { name: BackendName; reason: string }[] }> {
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

  async train(jobs: TrainJob[], listener: GroupListener): Promise<void> {
    if (this.control) throw new Error("this engine worker is already training");
    const [{ backend }] = jobs;
    this.control = new GroupControl(jobs.map(nothingAsked), this.breathe);
    const told = new Set<Promise<void>>();
    // Behind a port these are promises whatever their type says, and their messages may be overtaken by the end of the call.
    const tell = (message: unknown) => {
      const heard: Promise<void> = Promise.resolve(message)
        .then(
          () => {},
          () => {},
        )
        .finally(() => told.delete(heard));
      told.add(heard);
    };
    try {
      await trainGroup(jobs, await this.backend(backend), this.control, {
        onMetrics: (run, events) => tell(listener.onMetrics(run, events)),
        onEnd: (run, end) => tell(listener.onEnd(run, end)),
        onCheckpoint: (run, step, bytes) => listener.onCheckpoint(run, step, bytes),
        onProgress: (message) => tell(listener.onProgress(message)),
      });
      await Promise.all(told);
    } catch (error) {
      // A broken backend is not kept: the next job opens it afresh. One that was asked for too much is not broken.
      if (!(error instanceof RangeError)) {
        const broken = this.open.get(backend);
        this.open.delete(backend);
        broken?.then(
          (opened) => opened.dispose(),
          () => {},
        );
      }
      throw error;
    } finally {
      this.control = null;
    }
  }

  async pause(run?: number): Promise<void> {
    this.control?.ask({ paused: true }, run);
  }

  async resume(run?: number): Promise<void> {
    this.control?.ask({ paused: false }, run);
  }

  async stop(run?: number): Promise<void> {
    this.control?.ask({ stop: true }, run);
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
