import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MlaConfig, ModelConfig } from "../model/config.ts";
import { inferenceRun } from "../model/inference-run.ts";
import { planRun } from "../plan/plan.ts";
import { byteTokenizer } from "./byte-tokenizer.ts";
import { exportHuggingFace, importHuggingFace } from "./huggingface.ts";
import { fromHuggingFaceConfig, toHuggingFaceConfig, writeHuggingFaceConfig } from "./huggingface-config.ts";
import { InterchangeError } from "./interchange-error.ts";
import { decodeSafetensors, type NamedTensor } from "./safetensors.ts";

const size = fc.integer({ min: 1, max: 6 });

const modelConfig: fc.Arbitrary<ModelConfig> = fc.record({
  vocabSize: fc.constantFrom(7, 256),
  hiddenSize: size,
  numHiddenLayers: fc.integer({ min: 1, max: 3 }),
  numAttentionHeads: size,
  initializerRange: fc.constantFrom(0.02, 1),
  rmsNormEps: fc.constantFrom(1e-6, 1e-5, 1),
  ropeTheta: fc.constantFrom(1e4, 12.5),
  tieWordEmbeddings: fc.boolean(),
  attention: fc.record({
    kind: fc.constant("mla" as const),
    qLoraRank: fc.option(size, { nil: null }),
    kvLoraRank: size,
    qkNopeHeadDim: size,
    qkRopeHeadDim: fc.constantFrom(2, 4),
    vHeadDim: size,
  }),
  nRoutedExperts: fc.constantFrom(4, 8),
  nSharedExperts: fc.nat(2),
  numExpertsPerTok: fc.integer({ min: 1, max: 2 }),
  moeIntermediateSize: size,
  intermediateSize: size,
  firstKDenseReplace: fc.nat(1),
  scoringFunc: fc.constant("sigmoid" as const),
  normTopkProb: fc.boolean(),
  routedScalingFactor: fc.constantFrom(1, 2.5),
  nGroup: fc.constantFrom(1, 2),
  topkGroup: fc.constant(1),
  mtp: fc.record({
    depth: fc.nat(2),
    lambda: fc.constant(0.3),
    heads: fc.constant("sequential" as const),
    detachTrunk: fc.constant(false),
  }),
});

const plain: ModelConfig = {
  vocabSize: 256,
  hiddenSize: 4,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  initializerRange: 0.02,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: false,
  attention: { kind: "mla", qLoraRank: null, kvLoraRank: 3, qkNopeHeadDim: 2, qkRopeHeadDim: 2, vHeadDim: 2 },
  nRoutedExperts: 4,
  nSharedExperts: 1,
  numExpertsPerTok: 2,
  moeIntermediateSize: 3,
  intermediateSize: 5,
  firstKDenseReplace: 0,
  scoringFunc: "sigmoid",
  normTopkProb: true,
  routedScalingFactor: 1,
  nGroup: 1,
  topkGroup: 1,
  mtp: { depth: 0, lambda: 0.3, heads: "sequential", detachTrunk: false },
};

const runOf = (model: ModelConfig) => inferenceRun(model, { batch: 1, seqLen: 8 });

/** What a run of this model keeps as its weights, every number different. */
function weightsOf(model: ModelConfig, options: { biases?: boolean } = {}): Map<string, NamedTensor> {
  const plan = planRun(runOf(model));
  let next = 1;
  const numbered = (shape: readonly number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next++),
  });
  const tensors = new Map(plan.parameters.flatMap(({ parts }) => parts.map(({ name, shape }) => [name, numbered(shape)] as const)));
  if (options.biases ?? true) for (const { name, slice } of plan.biases) tensors.set(name, numbered(slice.shape));
  return tensors;
}

function readFiles(files: Map<string, Uint8Array>): { config: Record<string, unknown>; tensors: Map<string, NamedTensor> } {
  return {
    config: JSON.parse(new TextDecoder().decode(files.get("config.json"))) as Record<string, unknown>,
    tensors: decodeSafetensors(files.get("model.safetensors") as Uint8Array).tensors,
  };
}

function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof InterchangeError) return error.problems;
    throw error;
  }
  return [];
}

describe("an exported folder", () => {
  test("comes back as the same model with the same weights, bit for bit", () => {
    fc.assert(
      fc.property(modelConfig, (model) => {
        const weights = weightsOf(model);
        const { config, tensors } = readFiles(exportHuggingFace(runOf(model), weights));
        const back = importHuggingFace(config, tensors);
        expect(back.model).toEqual({ ...model, normTopkProb: model.normTopkProb && model.numExpertsPerTok > 1 });
        expect(new Map(back.tensors)).toEqual(weights);
        expect(back.notes).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("holds router biases of zero where the run had none", () => {
    const { tensors } = readFiles(
      exportHuggingFace({ ...runOf(plain), balance: { losses: [], zLoss: 0, bias: null } }, weightsOf(plain, { biases: false })),
    );
    expect(tensors.get("model.layers.0.mlp.gate.e_score_correction_bias")).toEqual({ shape: [4], data: new Float32Array(4) });
  });

  test("holds the weights of a float64 run as float32", () => {
    const wide = new Map(
      [...weightsOf(plain)].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data, (x) => x + 1e-12) }]),
    );
    const { tensors } = readFiles(exportHuggingFace(runOf(plain), wide));
    expect(tensors.get("model.norm.weight")?.data).toEqual(weightsOf(plain).get("model.norm.weight")?.data);
  });

  test("holds prediction modules at the layers after the last, with their copies of embedding and head", () => {
    const model: ModelConfig = { ...plain, mtp: { ...plain.mtp, depth: 2 } };
    const { config, tensors } = readFiles(exportHuggingFace(runOf(model), weightsOf(model)));
    expect(config.num_nextn_predict_layers).toBe(2);
    for (const layer of [1, 2]) {
      expect(tensors.get(`model.layers.${layer}.embed_tokens.weight`)).toEqual(tensors.get("model.embed_tokens.weight"));
      expect(tensors.get(`model.layers.${layer}.shared_head.head.weight`)).toEqual(tensors.get("lm_head.weight"));
      expect(tensors.get(`model.layers.${layer}.eh_proj.weight`)?.shape).toEqual([4, 8]);
      for (const part of ["enorm.weight", "hnorm.weight", "shared_head.norm.weight", "mlp.gate.e_score_correction_bias"])
        expect(tensors.has(`model.layers.${layer}.${part}`)).toBe(true);
    }
  });

  test("has no second head when the head is tied", () => {
    const model = { ...plain, tieWordEmbeddings: true };
    const { config, tensors } = readFiles(exportHuggingFace(runOf(model), weightsOf(model)));
    expect(config.tie_word_embeddings).toBe(true);
    expect(tensors.has("lm_head.weight")).toBe(false);
  });

  test("writes floats as Python knows them, whole ones too", () => {
    const text = writeHuggingFaceConfig(toHuggingFaceConfig({ ...plain, rmsNormEps: 1 }, 64));
    expect(text).toContain('"routed_scaling_factor": 1.0,');
    expect(text).toMatch(/"rope_theta": 10000\.0\n/);
    expect(text).toContain('"rms_norm_eps": 1.0,');
    expect(text).toContain('"vocab_size": 256,');
  });

  test("is not made of a model that deepseek_v3 cannot say, and every reason is told", () => {
    const gqa: ModelConfig = {
      ...plain,
      attention: { kind: "gqa", numKeyValueHeads: 1, headDim: 2, ropeDim: 2 },
      mtp: { ...plain.mtp, depth: 1, heads: "parallel" },
    };
    expect(problemsOf(() => toHuggingFaceConfig(gqa, 8)).join("\n")).toMatch(/^attention\.kind: .*\nmtp\.heads: /);
    expect(problemsOf(() => toHuggingFaceConfig({ ...plain, scoringFunc: "softmax" as "sigmoid" }, 8))).toEqual([
      expect.stringMatching(/^scoringFunc: .*softmax/),
    ]);
    expect(problemsOf(() => toHuggingFaceConfig({ ...plain, nGroup: 4 }, 8))).toEqual([expect.stringMatching(/^nGroup: /)]);
    const { balance, ...rest } = runOf(plain);
    const multiplied = {
      ...rest,
      balance: { ...balance, bias: { gamma: 0, rule: "sign", form: "multiplicative", group: "batch" } as const },
    };
    expect(problemsOf(() => exportHuggingFace(multiplied, weightsOf(plain)))).toEqual([expect.stringMatching(/^balance\.bias\.form: /)]);
  });
});

describe("importing a folder", () => {
  const { config, tensors } = readFiles(exportHuggingFace(runOf(plain), weightsOf(plain)));

  test("names every missing and unknown tensor and every wrong shape at once", () => {
    const wrong = new Map(tensors);
    wrong.delete("lm_head.weight");
    wrong.set("model.norm.weight", { shape: [5], data: new Float32Array(5) });
    wrong.set("model.layers.0.self_attn.q_a_proj.weight", { shape: [1], data: new Float32Array(1) });
    expect(problemsOf(() => importHuggingFace(config, wrong)).toSorted()).toEqual([
      "lm_head.weight [256,4] is missing",
      "model.layers.0.self_attn.q_a_proj.weight [1] is unknown",
      "model.norm.weight is [5], not [4]",
    ]);
  });

  test("refuses a copy of the embedding that is none", () => {
    const model: ModelConfig = { ...plain, mtp: { ...plain.mtp, depth: 1 } };
    const folder = readFiles(exportHuggingFace(runOf(model), weightsOf(model)));
    folder.tensors.set("model.layers.1.embed_tokens.weight", { shape: [256, 4], data: new Float32Array(1024) });
    expect(problemsOf(() => importHuggingFace(folder.config, folder.tensors)).join()).toMatch(
      /^model\.layers\.1\.embed_tokens\.weight differs from model\.embed_tokens\.weight/,
    );
  });

  test("says that a single gate is not normalised, and refuses a folder that wants it to be", () => {
    const single: ModelConfig = { ...plain, numExpertsPerTok: 1 };
    const folder = readFiles(exportHuggingFace(runOf(single), weightsOf(single)));
    expect(folder.config.norm_topk_prob).toBe(false);
    expect(importHuggingFace(folder.config, folder.tensors).model.normTopkProb).toBe(false);
    // a run of the first semantics was trained with a gate of 1
    expect(readFiles(exportHuggingFace(runOf(single), weightsOf(single), 1)).config.norm_topk_prob).toBe(true);
    expect(problemsOf(() => fromHuggingFaceConfig({ ...folder.config, norm_topk_prob: true }))).toEqual([
      expect.stringMatching(/^norm_topk_prob is true with num_experts_per_tok 1/),
    ]);
  });

  test("leaves prediction modules out, and says so, when their tensors are not there at all", () => {
    const { model, notes } = importHuggingFace({ ...config, num_nextn_predict_layers: 1 }, tensors);
    expect(model.mtp.depth).toBe(0);
    expect(notes).toEqual([expect.stringMatching(/prediction modules are left out/)]);
  });

  test("takes fields in the places of transformers 4 and 5, and its defaults where they are absent", () => {
    const { rope_parameters: _, ...four } = config;
    expect(fromHuggingFaceConfig({ ...four, rope_theta: 500 }).ropeTheta).toBe(500);
    const { rope_theta: __, ...five } = config;
    expect(fromHuggingFaceConfig({ ...five, rope_parameters: { rope_type: "default", rope_theta: 700 } }).ropeTheta).toBe(700);
    const { scoring_func, topk_method, moe_layer_freq, num_nextn_predict_layers, tie_word_embeddings, ...short } = config;
    expect(fromHuggingFaceConfig(short)).toEqual(plain);
  });

  test.each([
    ["model_type", "llama"],
    ["rope_scaling", { type: "yarn", factor: 40 }],
    ["quantization_config", { quant_method: "fp8" }],
    ["hidden_act", "gelu"],
    ["attention_bias", true],
    ["rope_interleave", false],
    ["scoring_func", "softmax"],
    ["topk_method", "greedy"],
    ["moe_layer_freq", 2],
    ["num_key_value_heads", 1],
    ["hidden_size", 1.5],
    ["vocab_size", "256"],
    ["n_routed_experts", undefined],
    ["norm_topk_prob", "yes"],
  ])("refuses %s = %j by name", (key, value) => {
    expect(problemsOf(() => fromHuggingFaceConfig({ ...config, [key]: value }))).toEqual([expect.stringMatching(new RegExp(`^${key} `))]);
  });

  test("does not take query rank for absent: null is said, silence is an error", () => {
    const { q_lora_rank: _, ...silent } = config;
    expect(problemsOf(() => fromHuggingFaceConfig(silent))).toEqual(["q_lora_rank is missing"]);
    expect((fromHuggingFaceConfig(config).attention as MlaConfig).qLoraRank).toBeNull();
  });
});

describe("the byte tokenizer", () => {
  test("has one printable character for each byte, ASCII letters their own", () => {
    const { vocab, merges } = byteTokenizer().model as { vocab: Record<string, number>; merges: unknown[] };
    expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
    for (const character of Object.keys(vocab)) expect(character).toMatch(/^[^\s\p{Cc}\p{Cf}]$/u);
    expect([vocab.A, vocab.z, vocab["Ġ"], vocab["Ċ"]]).toEqual([0x41, 0x7a, 0x20, 0x0a]);
    expect(merges).toEqual([]);
  });
});
