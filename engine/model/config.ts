/**
 * The resolved configuration of one training run: every key present, no holes.
 * Names are Hugging Face's `config.json` names in camelCase, so the model part maps one to one.
 * Validation of what a person wrote (unknown keys, "did you mean") lives in `experiments/runs`.
 */

/** A number, or a schedule in fractions of the run: the first entry whose `until` ≥ progress holds. */
export type Scheduled = number | { until: number; value: number }[];

export interface MlaConfig {
  kind: "mla";
  /** null: one full-rank query projection (V2-Lite style). */
  qLoraRank: number | null;
  kvLoraRank: number;
  qkNopeHeadDim: number;
  qkRopeHeadDim: number;
  vHeadDim: number;
}

/** Grouped-query attention; MHA (`numKeyValueHeads = numAttentionHeads`) and MQA (1) are its two ends. */
export interface GqaConfig {
  kind: "gqa";
  numKeyValueHeads: number;
  headDim: number;
  /** The last `ropeDim` of `headDim` columns are rotated. */
  ropeDim: number;
}

interface MtpConfig {
  /** Number of extra prediction depths D (V3 §2.2); 0 is none. */
  depth: number;
  /** Weight of the mean depth loss (Eq. 25). */
  lambda: Scheduled;
  heads: "sequential" | "parallel";
  /** true: the modules learn without moving the main model, whose weights are then those of depth 0 to the bit. */
  detachTrunk: boolean;
}

export interface ModelConfig {
  vocabSize: number;
  hiddenSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  initializerRange: number;
  rmsNormEps: number;
  ropeTheta: number;
  tieWordEmbeddings: boolean;
  attention: MlaConfig | GqaConfig;
  nRoutedExperts: number;
  nSharedExperts: number;
  numExpertsPerTok: number;
  moeIntermediateSize: number;
  /** Width of the dense SwiGLU in the first `firstKDenseReplace` layers. */
  intermediateSize: number;
  firstKDenseReplace: number;
  scoringFunc: "sigmoid";
  /** see `normalisesGates` */
  normTopkProb: boolean;
  routedScalingFactor: number;
  nGroup: number;
  topkGroup: number;
  /** A group is ranked by its two best experts, or by its K/M best (M = topkGroup), as V3 §2.1.2 prints it. Absent: 2. */
  groupScore?: "K/M";
  mtp: MtpConfig;
}

/** Scope of a balance statistic: each sequence, the whole batch, or n consecutive sequences. */
export type BalanceGroup = "sequence" | "batch" | number;

export interface BalanceConfig {
  /** V3 Eq. 17-20 at one or more scopes, computed per MoE layer and summed over layers. */
  losses: { group: BalanceGroup; alpha: Scheduled }[];
  /** ST-MoE router z-loss coefficient; 0 is none. */
  zLoss: Scheduled;
  /** Auxiliary-loss-free balancing (V3 Eq. 16; arXiv 2408.15664 Alg. 1); null is none. */
  bias: {
    gamma: Scheduled;
    rule: "sign" | "magnitude";
    form: "additive" | "multiplicative";
    group: "batch" | number;
  } | null;
}

interface TrainConfig {
  /** Optimizer steps. `tokens` is accepted in a spec and resolved to steps. */
  steps: number;
  /** Sequences per optimizer step. */
  batchSize: number;
  /** Tokens per sequence (positions with a next-token target). */
  seqLen: number;
  /** Sequences per microstep; null: the whole batch at once. Must divide batchSize. */
  microBatch: number | null;
  clipNorm: number;
  optimizer: { kind: "adamw"; lr: Scheduled; beta1: number; beta2: number; eps: number; weightDecay: number };
  schedule: ScheduleConfig;
  /** Steps between validations; the last step is always validated. */
  evalEvery: number;
  checkpointEverySeconds: number;
  keep: "weights" | "none";
}

/** Of the learning rate: a warm-up, then a cosine to `final`, nothing, or `pieces`. */
export interface ScheduleConfig {
  kind: "cosine" | "constant" | "pieces";
  warmup: number;
  final: number;
  /** only of kind "pieces" */
  pieces?: SchedulePiece[];
}

/** Up to `until` (a fraction of the run) the learning rate is `value` times its peak, or gets there from the piece before along half a cosine. */
export interface SchedulePiece {
  until: number;
  shape: "constant" | "cosine";
  value: number;
}

interface PrecisionConfig {
  gemm: null;
  moments: "f32";
  keep: string[];
}

interface ValidationConfig {
  /** Windows of each domain at the points of a validation curve. */
  windowsPerDomain: number;
  /** Windows of each domain for the last validation, which a run's summary is of: at most so many as the shortest text has room for; left out: those of the curve. */
  final?: number | "all" | undefined;
}

interface DataConfig {
  /** Sequences per domain are in proportion to these weights; keys are domain names, in this order. */
  mixture: Record<string, number>;
  /**
   * Which place of a batch each domain's sequences take: drawn anew for every batch, or the domains themselves drawn ("iid").
   * Absent: stratified, so that any n neighbours are a miniature of the batch.
   */
  order?: "random" | "iid";
}

export interface RunConfig {
  model: ModelConfig;
  balance: BalanceConfig;
  train: TrainConfig;
  precision: PrecisionConfig;
  validation: ValidationConfig;
  data: DataConfig;
}

/** Seeds of one run: weights and data order are drawn from separate streams. */
export interface Seed {
  init: number;
  data: number;
}

/**
 * Raised by hand when results are meant to change; part of every run's key.
 * 1: a single gate was normalised to 1, so that its router got no gradient; `Math.cos` and `Math.pow` of the engine that ran it decided last bits.
 */
export const semantics = 2;

/** Gates are normalised over the chosen experts; a single one never is: it would be 1 whatever the router says, which would then not learn. */
export const normalisesGates = ({ normTopkProb, numExpertsPerTok }: ModelConfig): boolean => normTopkProb && numExpertsPerTok > 1;

/** How many of a group's best experts rank it (V3 §2.1.2: K/M; the released code: 2). */
export const groupTop = ({ groupScore, numExpertsPerTok, topkGroup, nGroup }: ModelConfig): number =>
  nGroup === 1 ? 1 : groupScore === "K/M" ? numExpertsPerTok / topkGroup : 2;

/** Value of a schedule at `progress` ∈ [0, 1] (fraction of the run). */
export function scheduledValue(schedule: Scheduled, progress: number): number {
  if (typeof schedule === "number") return schedule;
  for (const piece of schedule) if (progress < piece.until) return piece.value;
  return schedule[schedule.length - 1].value;
}
