/** Engine workers as the coordinator sees them, whatever thread they run in. */
import { proxy, releaseProxy, wrap, type Endpoint } from "comlink";
import type { EngineWorker, TrainJob, TrainListener, TrainOutcome } from "../../engine/train/protocol.ts";

export interface Executor {
  devices: EngineWorker["devices"];
  /** @throws {WorkerLostError} when the worker dies; an error named DeviceLostError when its device goes away */
  train(job: TrainJob, listener: TrainListener): Promise<TrainOutcome>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
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
    train: (job, listener) => alive(remote.train(job, proxy(listener)) as Promise<TrainOutcome>),
    pause: () => alive(remote.pause()),
    resume: () => alive(remote.resume()),
    stop: () => alive(remote.stop()),
    terminate: async () => {
      remote[releaseProxy]();
      await terminate();
    },
  };
}
