import type { BackendInfo } from "../backends/backend.ts";
import * as v from "valibot";
import type { BatchSource, BatchSourceState } from "../data/batches.ts";
import { decodeSafetensors, encodeSafetensors } from "../formats/safetensors.ts";
import type { RunConfig } from "../model/config.ts";
import type { Plan } from "../plan/plan-types.ts";
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

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 32 - 1));
const streamState = v.strictTuple([word, word, word, word]);
const loss = v.pipe(v.union([v.number(), v.picklist(["NaN", "Infinity", "-Infinity"])]), v.transform(Number));
const losses = v.array(loss);

const progressSchema: v.GenericSchema<unknown, Progress> = v.pipe(
  v.object({
    step: count,
    seconds: v.pipe(v.number(), v.minValue(0)),
    data: v.object({ step: count, streams: v.record(v.string(), streamState), order: v.exactOptional(streamState) }),
    summary: v.object({
      tail: v.object({
        trainLoss: losses,
        maxVioBatch: losses,
        balanceLoss: losses,
        zLoss: losses,
        mtpRouterLoss: losses,
        gradNorm: losses,
      }),
      skippedSteps: count,
      clippedSteps: count,
      astray: count,
      firstLoss: loss,
      lastLost: v.boolean(),
    }),
  }),
  v.check(({ step, data }) => data.step === step, "step and data.step differ"),
);

/** JSON knows no NaN, which the last losses of a run that goes wrong may be. */
const writeProgress = (progress: Progress): string =>
  JSON.stringify(progress, (_key, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x));

/** Throws with what is wrong in it. */
function readProgress(text: string | undefined): Progress {
  let json: unknown;
  try {
    json = JSON.parse(text ?? "");
  } catch {
    throw new Error("checkpoint whose progress is not JSON");
  }
  const { success, output, issues } = v.safeParse(progressSchema, json);
  if (!success) throw new Error(`checkpoint with ${v.getDotPath(issues[0]) ?? "progress"}: ${issues[0].message}`);
  return output;
}

/** What decides the bits of a step, beside the run itself. */
const deviceOf = ({ name, adapter, kernels, table, fma }: BackendInfo): string =>
  `${name}, ${adapter}${fma === null ? "" : fma ? ", fused multiply-add" : ", no fused multiply-add"}, kernels ${kernels}${table === undefined ? "" : `, table ${table}`}`;

/** Weights, both AdamW moments and expert biases as safetensors, the rest as metadata. */
export async function saveCheckpoint(memory: ReplicaMemory, plan: Plan, progress: Progress, info: BackendInfo): Promise<Uint8Array> {
  const tensors = new Map([
    ...(await readTensors(memory, plan, "parameters")),
    ...(await readTensors(memory, plan, "moment1", "moment1/")),
    ...(await readTensors(memory, plan, "moment2", "moment2/")),
    ...(await readBiases(memory, plan)),
  ]);
  return encodeSafetensors(tensors, { format, device: deviceOf(info), progress: writeProgress(progress) });
}

/**
 * Puts a run back to where `saveCheckpoint` found it. Throws when the file is damaged, of another model, or was computed by another device, kernels or
 * table of kernels (a run has one provenance, and its bits are those of an uninterrupted run); the replica is then as it was.
 */
export function loadCheckpoint(
  memory: ReplicaMemory,
  plan: Plan,
  bytes: Uint8Array,
  run: { config: RunConfig; source: BatchSource; summary: Summary; info: BackendInfo },
): Pick<Progress, "step" | "seconds"> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== format) throw new Error(`checkpoint of format ${metadata.format ?? "unknown"}, not ${format}`);
  const short = (device: string) => device.replaceAll(/[0-9a-f]{64}/g, (hash) => hash.slice(0, 8));
  if (metadata.device !== deviceOf(run.info))
    throw new Error(`computed by ${short(metadata.device ?? "an unknown device")}; it would go on by ${short(deviceOf(run.info))}`);
  const progress = readProgress(metadata.progress);
  if (!(progress.step < run.config.train.steps))
    throw new Error(`checkpoint of step ${progress.step}; the run has ${run.config.train.steps}`);
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
