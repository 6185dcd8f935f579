import type { BatchSource, BatchSourceState } from "../data/batches.ts";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import type { RunConfig } from "../model/config.ts";
import type { Plan } from "../program/plan-types.ts";
import type { ReplicaMemory } from "./replica-set.ts";
import type { Summary } from "./summary.ts";
import { placeBiases, placeTensors, readBiases, readTensors, writePlaced } from "./weights.ts";

/** Everything beside tensors that the next step depends on. */
export interface Progress {
  /** steps finished */
  step: number;
  /** seconds of training, without pauses and validation */
  seconds: number;
  data: BatchSourceState;
  summary: ReturnType<Summary["getState"]>;
}

const format = "switchyard.checkpoint/1";

/** Weights, both AdamW moments and expert biases as safetensors, the rest as metadata. */
export async function saveCheckpoint(memory: ReplicaMemory, plan: Plan, progress: Progress): Promise<Uint8Array> {
  const tensors = new Map([
    ...(await readTensors(memory, plan, "parameters")),
    ...(await readTensors(memory, plan, "moment1", "moment1/")),
    ...(await readTensors(memory, plan, "moment2", "moment2/")),
    ...(await readBiases(memory, plan)),
  ]);
  return encodeSafetensors(tensors, { format, progress: JSON.stringify(progress) });
}

/** Puts a run back to where `saveCheckpoint` found it. Throws when the file is of another model or damaged; the replica is then as it was. */
export function loadCheckpoint(memory: ReplicaMemory, plan: Plan, bytes: Uint8Array, run: { config: RunConfig; source: BatchSource; summary: Summary }): Pick<Progress, "step" | "seconds"> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== format) throw new Error(`checkpoint of format ${metadata.format ?? "unknown"}, not ${format}`);
  const progress = JSON.parse(metadata.progress) as Progress;
  if (!(progress.step < run.config.train.steps)) throw new Error(`checkpoint of step ${progress.step}; the run has ${run.config.train.steps}`);
  const placed = [
    ...placeTensors(plan, tensors, "parameters"),
    ...placeTensors(plan, tensors, "moment1", "moment1/"),
    ...placeTensors(plan, tensors, "moment2", "moment2/"),
    ...placeBiases(plan, tensors),
  ];
  run.source.setState(progress.data);
  run.summary.setState(progress.summary);
  writePlaced(memory, placed);
  return { step: progress.step, seconds: progress.seconds };
}

/** The weights alone, under their published names, with the expert biases. */
export async function saveWeights(memory: ReplicaMemory, plan: Plan): Promise<Uint8Array> {
  const tensors = new Map([...(await readTensors(memory, plan, "parameters")), ...(await readBiases(memory, plan))]);
  return encodeSafetensors(tensors, { format: "pt" });
}
