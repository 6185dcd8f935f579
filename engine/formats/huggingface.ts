import { inferenceRun } from "../model/inference-run.ts";
import type { ModelConfig, RunConfig } from "../model/config.ts";
import { planRun } from "../plan/plan.ts";
import { byteTokenizer, byteTokenizerConfig } from "./byte-tokenizer.ts";
import { fromHuggingFaceConfig, toHuggingFaceConfig, writeHuggingFaceConfig } from "./huggingface-config.ts";
import { InterchangeError } from "./interchange-error.ts";
import { encodeSafetensors, type NamedTensor } from "./safetensors.ts";

/** A model and its tensors under their published names: every trained one, and an expert bias per MoE layer. */
export interface NamedModel {
  model: ModelConfig;
  tensors: Map<string, NamedTensor>;
}

/**
 * The files of a model folder that `transformers` loads, by file name. `tensors` is what a run keeps as its weights.
 * `madeBy`: the semantics that the run was trained by, today's when left out. Data is float32; biases of a run that had none are zeros; each prediction module carries its copies of embedding and head.
 * @throws {InterchangeError} when the model is no DeepSeek-V3, or a tensor is missing, unknown or of the wrong shape
 */
export function exportHuggingFace(
  config: Pick<RunConfig, "model" | "balance" | "train">,
  tensors: Map<string, NamedTensor>,
  madeBy?: number,
): Map<string, Uint8Array> {
  const { model, balance, train } = config;
  if (balance.bias?.form === "multiplicative")
    throw new InterchangeError("this model cannot be written as deepseek_v3", [
      "balance.bias.form: deepseek_v3 adds its router biases, this model multiplies by them",
    ]);
  const description = toHuggingFaceConfig(model, train.seqLen, madeBy);
  const weights = checkTensors(model, withBiases(model, tensors), "these are not the weights of this model");
  const files = new Map<string, Uint8Array>([
    ["config.json", utf8(writeHuggingFaceConfig(description))],
    ["model.safetensors", encodeSafetensors(publishedTensors(model, weights), { format: "pt" })],
  ]);
  // Other vocabularies than the bytes have no tokenizer of ours.
  if (model.vocabSize === 256) {
    files.set("tokenizer.json", json(byteTokenizer()));
    files.set("tokenizer_config.json", json(byteTokenizerConfig(train.seqLen)));
  }
  return files;
}

/**
 * The model in a `transformers` folder: its parsed `config.json` and the tensors of all its files. `notes` tells what was
 * left out. Shared copies of embedding and head must equal the originals bit for bit, for there is one of each here.
 * @throws {InterchangeError} naming every field and tensor that does not fit
 */
export function importHuggingFace(config: unknown, tensors: Map<string, NamedTensor>): NamedModel & { notes: string[] } {
  const model = fromHuggingFaceConfig(config);
  // Before the model is laid out: a config of a few words can ask for millions of matrices.
  const moeLayers = Math.max(0, model.numHiddenLayers - model.firstKDenseReplace);
  const least = Math.max(model.numHiddenLayers, moeLayers * model.nRoutedExperts * 3);
  if (least > tensors.size)
    throw new InterchangeError("the folder's tensors are not those of its config.json", [
      `the model has at least ${least} tensors, the folder ${tensors.size}`,
    ]);
  const notes: string[] = [];
  const { numHiddenLayers: layers, mtp } = model;
  if (mtp.depth > 0 && ![...tensors.keys()].some((name) => name.startsWith(`model.layers.${layers}.`))) {
    notes.push(
      `num_nextn_predict_layers is ${mtp.depth}, but the folder has no tensors of model.layers.${layers}: the prediction modules are left out`,
    );
    model.mtp = { ...mtp, depth: 0 };
  }
  return { model, tensors: checkTensors(model, tensors, "the folder's tensors are not those of its config.json"), notes };
}

/** Every tensor of a model by published name, as the planner lays them out: trained ones, then expert biases. */
function expectedShapes(model: ModelConfig): { trained: Map<string, readonly number[]>; biases: Map<string, readonly number[]> } {
  const plan = planRun(inferenceRun(model, { batch: 1, seqLen: model.mtp.depth + 1 }));
  return {
    trained: new Map(plan.parameters.flatMap(({ parts }) => parts.map(({ name, shape }) => [name, shape] as const))),
    biases: new Map(plan.biases.map(({ name, slice }) => [name, slice.shape])),
  };
}

function withBiases(model: ModelConfig, tensors: Map<string, NamedTensor>): Map<string, NamedTensor> {
  const complete = new Map(tensors);
  for (const [name, shape] of expectedShapes(model).biases)
    if (!complete.has(name)) complete.set(name, { shape, data: new Float32Array(shape[0]) });
  return complete;
}

/** Exactly the expected tensors, in their order, or an error that names all that is wrong. Shared copies are checked and dropped. */
function checkTensors(model: ModelConfig, tensors: Map<string, NamedTensor>, what: string): Map<string, NamedTensor> {
  const { trained, biases } = expectedShapes(model);
  const expected = new Map([...trained, ...biases]);
  const problems: string[] = [];
  const checked = new Map<string, NamedTensor>();
  for (const [name, shape] of expected) {
    const tensor = tensors.get(name);
    if (!tensor) problems.push(`${name} [${shape}] is missing`);
    else if (tensor.shape.join() !== shape.join()) problems.push(`${name} is [${tensor.shape}], not [${shape}]`);
    else checked.set(name, tensor);
  }
  const copies = sharedCopies(model);
  // Some writers repeat a tied head.
  if (model.tieWordEmbeddings) copies.set("lm_head.weight", "model.embed_tokens.weight");
  const empty = emptySharedExperts(model);
  for (const [name, tensor] of tensors) {
    if (expected.has(name)) continue;
    const original = copies.get(name);
    if (original !== undefined) {
      if (!sameBits(tensor, tensors.get(original))) problems.push(`${name} differs from ${original}, of which it must be a copy`);
    } else if (empty.get(name)?.join() !== tensor.shape.join()) problems.push(`${name} [${tensor.shape}] is unknown`);
  }
  if (problems.length > 0) throw new InterchangeError(what, problems);
  return checked;
}

/** What the published files hold beyond a model's own tensors: copies in each prediction module, matrices of no shared expert. */
function publishedTensors(model: ModelConfig, weights: Map<string, NamedTensor>): Map<string, NamedTensor> {
  const published = new Map<string, NamedTensor>();
  for (const [name, { shape, data }] of weights) published.set(name, { shape, data: Float32Array.from(data) });
  for (const [name, original] of sharedCopies(model)) published.set(name, published.get(original) as NamedTensor);
  for (const [name, shape] of emptySharedExperts(model)) published.set(name, { shape, data: new Float32Array(0) });
  return published;
}

/** Name of a shared copy → name of its original. */
function sharedCopies({ numHiddenLayers, mtp, tieWordEmbeddings }: ModelConfig): Map<string, string> {
  const embedding = "model.embed_tokens.weight";
  const head = tieWordEmbeddings ? embedding : "lm_head.weight";
  const copies = new Map<string, string>();
  for (let layer = numHiddenLayers; layer < numHiddenLayers + mtp.depth; layer++) {
    copies.set(`model.layers.${layer}.embed_tokens.weight`, embedding);
    copies.set(`model.layers.${layer}.shared_head.head.weight`, head);
  }
  return copies;
}

/** `transformers` builds shared experts of width 0 where there are none, and looks for their matrices. */
function emptySharedExperts({
  numHiddenLayers,
  firstKDenseReplace,
  mtp,
  nSharedExperts,
  hiddenSize,
}: ModelConfig): Map<string, readonly number[]> {
  const empty = new Map<string, readonly number[]>();
  if (nSharedExperts > 0 || firstKDenseReplace === numHiddenLayers) return empty;
  for (let layer = firstKDenseReplace; layer < numHiddenLayers + mtp.depth; layer++) {
    const name = `model.layers.${layer}.mlp.shared_experts`;
    empty.set(`${name}.gate_proj.weight`, [0, hiddenSize]);
    empty.set(`${name}.up_proj.weight`, [0, hiddenSize]);
    empty.set(`${name}.down_proj.weight`, [hiddenSize, 0]);
  }
  return empty;
}

function sameBits(a: NamedTensor, b: NamedTensor | undefined): boolean {
  return b !== undefined && a.shape.join() === b.shape.join() && a.data.every((value, at) => Object.is(value, b.data[at]));
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value, null, 2)}\n`);
