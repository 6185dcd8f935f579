import type { GroupListener, RunEnd, TrainJob, TrainListener, TrainOutcome } from "./protocol.ts";

/** Trains one run by itself with whatever trains groups; its own failure is thrown like any other. */
export async function trainAlone(
  train: (jobs: TrainJob[], listener: GroupListener) => Promise<void>,
  job: TrainJob,
  listener: TrainListener,
): Promise<TrainOutcome> {
  const ends: RunEnd[] = [];
  await train([job], {
    onMetrics: (_run, events) => listener.onMetrics(events),
    onCheckpoint: (_run, step, bytes) => listener.onCheckpoint(step, bytes),
    onEnd: (_run, end) => void ends.push(end),
    onProgress: (message) => listener.onProgress(message),
  });
  const [end] = ends;
  if (!end) throw new Error("the run was not trained to an end");
  if (end.status === "failed") throw new Error(end.error);
  return end;
}
