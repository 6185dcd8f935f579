import type { Executable } from "../backends/backend.ts";
import type { BatchSource, BatchSourceState } from "../data/batches.ts";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import type { Plan } from "../program/plan-types.ts";
import type { Summary } from "./summary.ts";
import { readBiases, readTensors, writeBiases, writeTensors } from "./weights.ts";

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
export async function saveCheckpoint(executable: Executable, plan: Plan, progress: Progress): Promise<Uint8Array> {
  const tensors = new Map([
    ...(await readTensors(executable, plan, "parameters")),
    ...(await readTensors(executable, plan, "moment1", "moment1/")),
    ...(await readTensors(executable, plan, "moment2", "moment2/")),
    ...(await readBiases(executable, plan)),
  ]);
  return encodeSafetensors(tensors, { format, progress: JSON.stringify(progress) });
}

/** Puts a run back to where `saveCheckpoint` found it. Throws when the file is of another model or damaged. */
export function loadCheckpoint(executable: Executable, plan: Plan, bytes: Uint8Array, source: BatchSource, summary: Summary): Pick<Progress, "step" | "seconds"> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== format) throw new Error(`checkpoint of format ${metadata.format ?? "unknown"}, not ${format}`);
  const progress = JSON.parse(metadata.progress) as Progress;
  writeTensors(executable, plan, tensors, "parameters");
  writeTensors(executable, plan, tensors, "moment1", "moment1/");
  writeTensors(executable, plan, tensors, "moment2", "moment2/");
  writeBiases(executable, plan, tensors);
  source.setState(progress.data);
  summary.setState(progress.summary);
  return { step: progress.step, seconds: progress.seconds };
}

/** The weights alone, under their published names, with the expert biases. */
export async function saveWeights(executable: Executable, plan: Plan): Promise<Uint8Array> {
  const tensors = new Map([...(await readTensors(executable, plan, "parameters")), ...(await readBiases(executable, plan))]);
  return encodeSafetensors(tensors, { format: "pt" });
}
