import { most } from "../model/bounds.ts";
import { type ModelConfig, normalisesGates, semantics } from "../model/config.ts";
import { InterchangeError, shown } from "./interchange-error.ts";

/**
 * A model's `config.json` as `transformers` reads it (`model_type` "deepseek_v3"). Every field is written, also those that
 * equal a default: defaults of 671 billion parameters fit no miniature, and `transformers` 5 draws a tied head at random when
 * `tie_word_embeddings` is absent. The base of RoPE stands twice, where version 4 and where version 5 look for it.
 * @param madeBy semantics that the weights were trained by
 * @throws {InterchangeError} when the model is no DeepSeek-V3
 */
export function toHuggingFaceConfig(model: ModelConfig, maxPositionEmbeddings: number, madeBy = semantics): Record<string, unknown> {
  const { attention } = model;
  const problems: string[] = [];
  if (attention.kind !== "mla")
    problems.push("attention.kind: deepseek_v3 has multi-head latent attention only, this model has grouped-query attention");
  if (model.scoringFunc !== "sigmoid")
    problems.push(`scoringFunc: deepseek_v3 routes by sigmoid, this model by ${String(model.scoringFunc)}`);
  if (model.mtp.depth > 0 && model.mtp.heads !== "sequential")
    problems.push("mtp.heads: the published layout has sequential prediction modules only, this model has parallel ones");
  if (hasExperts(model) && model.groupScore === "K/M" && model.numExpertsPerTok / model.topkGroup !== 2)
    problems.push("groupScore: deepseek_v3 ranks a group by its two best experts, this model by another number");
  if (hasExperts(model) && model.nRoutedExperts / model.nGroup < 2)
    problems.push("nGroup: deepseek_v3 ranks a group by its two best experts, so every group needs two");
  if (problems.length > 0 || attention.kind !== "mla") throw new InterchangeError("this model cannot be written as deepseek_v3", problems);
  return {
    architectures: ["DeepseekV3ForCausalLM"],
    model_type: "deepseek_v3",
    torch_dtype: "float32",
    vocab_size: model.vocabSize,
    hidden_size: model.hiddenSize,
    num_hidden_layers: model.numHiddenLayers,
    num_attention_heads: model.numAttentionHeads,
    num_key_value_heads: model.numAttentionHeads,
    q_lora_rank: attention.qLoraRank,
    kv_lora_rank: attention.kvLoraRank,
    qk_nope_head_dim: attention.qkNopeHeadDim,
    qk_rope_head_dim: attention.qkRopeHeadDim,
    v_head_dim: attention.vHeadDim,
    attention_bias: false,
    attention_dropout: 0,
    rope_theta: model.ropeTheta,
    rope_parameters: { rope_type: "default", rope_theta: model.ropeTheta },
    rope_interleave: true,
    max_position_embeddings: maxPositionEmbeddings,
    n_routed_experts: model.nRoutedExperts,
    n_shared_experts: model.nSharedExperts,
    num_experts_per_tok: model.numExpertsPerTok,
    moe_intermediate_size: model.moeIntermediateSize,
    intermediate_size: model.intermediateSize,
    // prediction modules are layers too, and those of an all-dense model are dense
    first_k_dense_replace: hasExperts(model) ? model.firstKDenseReplace : model.numHiddenLayers + model.mtp.depth,
    moe_layer_freq: 1,
    scoring_func: "sigmoid",
    topk_method: "noaux_tc",
    n_group: model.nGroup,
    topk_group: model.topkGroup,
    // runs of semantics 1 had a single gate of 1, which is what normalising makes of it
    norm_topk_prob: madeBy < 2 ? model.normTopkProb : normalisesGates(model),
    routed_scaling_factor: model.routedScalingFactor,
    num_nextn_predict_layers: model.mtp.depth,
    hidden_act: "silu",
    initializer_range: model.initializerRange,
    rms_norm_eps: model.rmsNormEps,
    tie_word_embeddings: model.tieWordEmbeddings,
    use_cache: true,
    pretraining_tp: 1,
    pad_token_id: null,
    bos_token_id: null,
    eos_token_id: null,
  };
}

const floats = ["routed_scaling_factor", "rope_theta", "rms_norm_eps", "initializer_range", "attention_dropout"];

/** `config.json` as text. Python tells 1 from 1.0, and `transformers` 5 refuses the first where it wants a float. */
export function writeHuggingFaceConfig(config: Record<string, unknown>): string {
  const wholeFloat = new RegExp(`^( *"(?:${floats.join("|")})": -?\\d+)(?=,?$)`, "gm");
  return `${JSON.stringify(config, null, 2).replace(wholeFloat, "$1.0")}\n`;
}

/**
 * The model that a `config.json` describes. Absent fields mean what they mean to `transformers`.
 * @throws {InterchangeError} naming every field that is missing, of the wrong kind, or asks for what the engine does not do
 */
export function fromHuggingFaceConfig(config: unknown): ModelConfig {
  if (!isRecord(config))
    throw new InterchangeError("config.json describes no model that can be run here", [`it is ${shown(config)}, not an object`]);
  const read = new Reader(config);
  if (read.value("model_type") !== "deepseek_v3") read.problem("model_type", `is ${shown(read.value("model_type"))}, not "deepseek_v3"`);
  const heads = read.size("num_attention_heads", most.numAttentionHeads);
  const rope = read.part("rope_parameters");
  const scaling = read.value("rope_scaling") == null ? rope : read.part("rope_scaling");
  const ropeType = scaling.value("rope_type") ?? scaling.value("type") ?? "default";
  if (ropeType !== "default") read.problem("rope_scaling", `is of type ${shown(ropeType)}; positions are not scaled here`);
  read.only("num_key_value_heads", [heads, null], heads);
  read.only("hidden_act", ["silu"], "silu");
  read.only("attention_bias", [false], false);
  read.only("rope_interleave", [true], true);
  read.only("scoring_func", ["sigmoid"], "sigmoid");
  read.only("topk_method", ["noaux_tc"], "noaux_tc");
  read.only("moe_layer_freq", [1], 1);
  read.only("quantization_config", [null], null);
  const depth = read.size("num_nextn_predict_layers", most.mtpDepth, { least: 0, absent: 0 });
  const model: ModelConfig = {
    vocabSize: read.size("vocab_size", most.vocabSize),
    hiddenSize: read.size("hidden_size", most.hiddenSize),
    numHiddenLayers: read.size("num_hidden_layers", most.numHiddenLayers),
    numAttentionHeads: heads,
    initializerRange: read.number("initializer_range", 0.02),
    rmsNormEps: read.number("rms_norm_eps", 1e-6),
    ropeTheta: typeof rope.value("rope_theta") === "number" ? rope.number("rope_theta") : read.number("rope_theta", 1e4),
    tieWordEmbeddings: read.flag("tie_word_embeddings", false),
    attention: {
      kind: "mla",
      qLoraRank: read.value("q_lora_rank") === null ? null : read.size("q_lora_rank", most.qLoraRank),
      kvLoraRank: read.size("kv_lora_rank", most.kvLoraRank),
      qkNopeHeadDim: read.size("qk_nope_head_dim", most.qkNopeHeadDim),
      qkRopeHeadDim: read.size("qk_rope_head_dim", most.qkRopeHeadDim),
      vHeadDim: read.size("v_head_dim", most.vHeadDim),
    },
    nRoutedExperts: read.size("n_routed_experts", most.nRoutedExperts),
    nSharedExperts: read.size("n_shared_experts", most.nSharedExperts, { least: 0 }),
    numExpertsPerTok: read.size("num_experts_per_tok", most.numExpertsPerTok),
    moeIntermediateSize: read.size("moe_intermediate_size", most.moeIntermediateSize),
    intermediateSize: read.size("intermediate_size", most.intermediateSize),
    firstKDenseReplace: read.size("first_k_dense_replace", most.firstKDenseReplace, { least: 0 }),
    scoringFunc: "sigmoid",
    normTopkProb: read.flag("norm_topk_prob", true),
    routedScalingFactor: read.number("routed_scaling_factor"),
    nGroup: read.size("n_group", most.nGroup),
    topkGroup: read.size("topk_group", most.topkGroup),
    mtp: { depth, lambda: 0.3, heads: "sequential", detachTrunk: false },
  };
  if (model.firstKDenseReplace >= model.numHiddenLayers) {
    if (model.firstKDenseReplace < model.numHiddenLayers + depth)
      read.problem(
        "first_k_dense_replace",
        `is ${model.firstKDenseReplace}: all ${model.numHiddenLayers} layers are dense and a prediction module is not; modules have experts here where the model has`,
      );
    model.firstKDenseReplace = model.numHiddenLayers;
  }
  if (hasExperts(model) && model.normTopkProb && model.numExpertsPerTok === 1)
    read.problem(
      "norm_topk_prob",
      "is true with num_experts_per_tok 1: the gate would be 1 whatever the router says; a single gate is never normalised here",
    );
  read.finish();
  return model;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const hasExperts = ({ firstKDenseReplace, numHiddenLayers }: ModelConfig): boolean => firstKDenseReplace < numHiddenLayers;

/** Reads typed fields and gathers what is wrong with them. */
class Reader {
  private readonly problems: string[];
  private readonly config: Record<string, unknown>;

  constructor(config: Record<string, unknown>, problems: string[] = []) {
    this.config = config;
    this.problems = problems;
  }

  /** What the file says itself: every object inherits more. */
  value(key: string): unknown {
    return Object.hasOwn(this.config, key) ? this.config[key] : undefined;
  }

  /** An object within; its problems are told with the others. */
  part(key: string): Reader {
    const value = this.value(key) ?? {};
    if (!isRecord(value)) this.problem(key, `is ${shown(value)}, not an object`);
    return new Reader(isRecord(value) ? value : {}, this.problems);
  }

  problem(key: string, what: string): void {
    this.problems.push(`${key} ${what}`);
  }

  number(key: string, absent?: number): number {
    const value = this.value(key) ?? absent;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.problem(key, value === undefined ? "is missing" : `is ${shown(value)}, not a number`);
    return NaN;
  }

  size(key: string, most: number, { least = 1, absent }: { least?: number; absent?: number } = {}): number {
    const value = this.number(key, absent);
    if (!Number.isNaN(value) && !(Number.isSafeInteger(value) && value >= least && value <= most))
      this.problem(key, `is ${value}, not a whole number from ${least} to ${most}`);
    return value;
  }

  flag(key: string, absent: boolean): boolean {
    const value = this.value(key) ?? absent;
    if (typeof value !== "boolean") this.problem(key, `is ${shown(value)}, not true or false`);
    return value === true;
  }

  only(key: string, allowed: unknown[], absent: unknown): void {
    const value = this.value(key) === undefined ? absent : this.value(key);
    if (!allowed.includes(value)) this.problem(key, `is ${shown(value)}; only ${JSON.stringify(allowed[0])} is supported`);
  }

  finish(): void {
    if (this.problems.length > 0) throw new InterchangeError("config.json describes no model that can be run here", this.problems);
  }
}
