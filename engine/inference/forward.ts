import type { Backend, Executable } from "../backends/backend.ts";
import { bucketByToken } from "../data/batches.ts";
import type { NamedModel } from "../formats/huggingface.ts";
import type { NamedTensor } from "../formats/safetensors.ts";
import { planRun } from "../plan/plan.ts";
import type { Plan } from "../plan/plan-types.ts";
import { numbersOfStep } from "../train/schedule.ts";
import { readTensors, writeBiases, writeTensors } from "../train/weights.ts";
import { inferenceRun } from "../model/inference-run.ts";

export interface ForwardResult {
  /** [B,S,V] of the main head, in the backend's precision */
  logits: NamedTensor;
  /** mean negative log-likelihood in nats of tokens 1 … S−1 of every sequence, summed on the host in float64 */
  loss: number;
  /** d loss / d parameter of the main model, under the published names; null when not asked for */
  gradients: Map<string, NamedTensor> | null;
}

/**
 * Logits, next-token loss and its gradients of B sequences of S tokens each, through the very plan that training replays.
 * Prediction modules take no part: neither logits nor loss depend on them.
 * @throws {RangeError} when sequences differ in length, are shorter than 2 tokens, or hold an id outside the vocabulary
 */
export async function forward(
  backend: Backend,
  { model, tensors }: NamedModel,
  ids: readonly (readonly number[])[],
  options: { gradients?: boolean } = {},
): Promise<ForwardResult> {
  const trunk: NamedModel = { model: { ...model, mtp: { ...model.mtp, depth: 0 } }, tensors };
  const length = checkIds(ids, model.vocabSize);
  const evaluated = await evaluateLogits(backend, trunk, ids, length);
  return { ...evaluated, gradients: options.gradients ? (await differentiate(backend, trunk, ids)).gradients : null };
}

async function evaluateLogits(
  backend: Backend,
  { model, tensors }: NamedModel,
  ids: readonly (readonly number[])[],
  length: number,
): Promise<Pick<ForwardResult, "logits" | "loss">> {
  const plan = planRun(inferenceRun(model, { batch: ids.length, seqLen: length }), { keepLogits: true });
  return withWeights(backend, plan, tensors, async (executable) => {
    executable.write(plan.inputs.tokens, ids.flat());
    // The last token predicts one that is not there: any target will do, its row is not counted.
    executable.write(
      plan.inputs.targets,
      ids.flatMap((sequence) => [...sequence.slice(1), 0]),
    );
    executable.run("evaluate");
    const [{ logits, nll }] = plan.evaluation.depths;
    if (!logits) throw new Error("the plan keeps no logits");
    const [values, losses] = (await executable.read([logits, nll])) as (Float32Array | Float64Array)[];
    const counted = losses.filter((_, row) => row % length !== length - 1);
    const loss = Float64Array.from(counted).reduce((sum, value) => sum + value, 0) / counted.length;
    return { logits: { shape: [ids.length, length, model.vocabSize], data: values }, loss };
  });
}

/**
 * Losses and gradients of one training microstep: the main loss plus lambda / D times the loss of each prediction depth,
 * the balance losses left out. Reads the first S − 1 tokens; attention is causal, so that the last one changes nothing before it.
 */
export async function differentiate(
  backend: Backend,
  { model, tensors }: NamedModel,
  ids: readonly (readonly number[])[],
): Promise<{ loss: number; mtpLoss: number[]; gradients: Map<string, NamedTensor> }> {
  const length = checkIds(ids, model.vocabSize);
  const run = inferenceRun(model, { batch: ids.length, seqLen: length - 1 });
  const plan = planRun(run);
  return withWeights(backend, plan, tensors, async (executable) => {
    const tokens = Int32Array.from(ids.flatMap((sequence) => sequence.slice(0, -1)));
    const { order, starts } = bucketByToken(tokens, model.vocabSize);
    executable.write(plan.inputs.tokens, tokens);
    executable.write(
      plan.inputs.targets,
      ids.flatMap((sequence) => sequence.slice(1)),
    );
    executable.write(plan.inputs.order, order);
    executable.write(plan.inputs.starts, starts);
    executable.write(plan.inputs.numbers, numbersOfStep(run, 1));
    executable.run("microstep", true);
    const [loss, ...mtpLoss] = await executable.read([plan.metrics.trainLoss, ...plan.metrics.mtpLoss]);
    return { loss: loss[0], mtpLoss: mtpLoss.map(([value]) => value), gradients: await readTensors(executable, plan, "gradients") };
  });
}

async function withWeights<Result>(
  backend: Backend,
  plan: Plan,
  tensors: Map<string, NamedTensor>,
  body: (executable: Executable) => Promise<Result>,
): Promise<Result> {
  const executable = await backend.compile(plan);
  try {
    writeTensors(executable, plan, tensors, "parameters");
    writeBiases(executable, plan, tensors);
    return await body(executable);
  } finally {
    executable.dispose();
  }
}

/** Tokens per sequence. */
function checkIds(ids: readonly (readonly number[])[], vocabSize: number): number {
  const length = ids[0]?.length ?? 0;
  if (length < 2) throw new RangeError("there must be sequences of at least 2 tokens: one to read and one to predict");
  ids.forEach((sequence, n) => {
    if (sequence.length !== length)
      throw new RangeError(`sequence ${n} has ${sequence.length} tokens, the first ${length}; all must be of one length`);
    const wrong = sequence.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
    if (wrong !== undefined) throw new RangeError(`sequence ${n} holds token ${wrong}; ids are whole numbers from 0 to ${vocabSize - 1}`);
  });
  return length;
}
