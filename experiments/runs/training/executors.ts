/** Engine workers as the coordinator sees them, whatever thread they run in. */
import { proxy, releaseProxy, wrap, type Endpoint } from "comlink";
import type { EngineWorker, GroupListener, TrainJob } from "../../../engine/train/protocol.ts";

export interface Executor {
  devices: EngineWorker["devices"];
  /** @throws {WorkerLostError} when the worker dies; an error named DeviceLostError when its device goes away */
  train(jobs: TrainJob[], listener: GroupListener): Promise<void>;
  /** one run, by the index of its job, or all */
  pause(run?: number): Promise<void>;
  resume(run?: number): Promise<void>;
  stop(run?: number): Promise<void>;
  /** Ends the worker at once, whatever it is doing. */
  terminate(): Promise<void>;
}

export type OpenExecutor = () => Promise<Executor>;

/** The thread of a worker ended or crashed: what it knew is gone, but for its last checkpoint. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
}

/** The training can go on elsewhere from its last checkpoint. Names, because errors lose their class between threads. */
export const isLost = (error: unknown): boolean => ["WorkerLostError", "DeviceLostError"].includes((error as Error | null)?.name ?? "");

export interface WorkerThread {
  endpoint: Endpoint;
  /** rejects when the thread dies; never resolves */
  death: Promise<never>;
  terminate(): Promise<void>;
}

/** An executor over a thread that exposes an EngineWorker through comlink. */
export function remoteExecutor({ endpoint, death, terminate }: WorkerThread): Executor {
  const remote = wrap<EngineWorker>(endpoint);
  death.catch(() => {}); // a worker may die while nobody waits for it
  const alive = <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, death]);
  return {
    devices: (only) => alive(remote.devices(only)),
    train: (jobs, listener) => alive(remote.train(jobs, proxy(listener))),
    pause: (run) => alive(remote.pause(run)),
    resume: (run) => alive(remote.resume(run)),
    stop: (run) => alive(remote.stop(run)),
    terminate: async () => {
      remote[releaseProxy]();
      await terminate();
    },
  };
}
