/*
 * What a notebook cell can use. The editor and `switchyard check` read this file; "V3" is the DeepSeek-V3 technical
 * report (arXiv 2412.19437), whose equations and sections are named where a key comes from.
 *
 * A cell computes the same each time: `Math.random()` starts anew with each evaluation and follows from the cell's name and
 * code, and it is always 1 January 2026, 00:00 UTC. What other cells have made is read-only.
 */

/** Shows a value below the cell: an experiment as its panel, a figure, a table, an SVG, anything else as text. */
declare function display(value: unknown): void;

/** Lines in the cell's log. */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
};

declare module "switchyard" {
  /**
   * Trains miniature DeepSeek-V3 models: every arm with every seed. A cell that uses it runs only when you ask.
   * Other cells read the finished experiment by the name it was given; in the same cell, `await` it first.
   *
   * @param title what is compared, in words
   */
  export function experiment(title: string, spec: ExperimentSpec): Promise<Experiment>;

  /** A number, or pieces of the run: `[{ until: 0.96, value: 5e-3 }, { until: 1, value: 0 }]`, `until` in fractions of the run. */
  export type Scheduled = number | { until: number; value: number }[];

  /** Every key may be left out; the plan shows what it resolves to. */
  export interface RunSpec {
    model?: ModelSpec;
    /** How expert load is balanced. Nothing balances unless it is said here; `v3()` is the published recipe. */
    balance?: BalanceSpec | null;
    train?: TrainSpec;
    precision?: PrecisionSpec;
    /** Training text; default `mixture({ prose: 1, code: 1, math: 1 })`. */
    data?: Mixture;
    /** Added to every seed: `{ seedOffset: 1000 }` in one arm makes an A/A comparison. */
    seedOffset?: number;
  }

  export interface ExperimentSpec extends RunSpec {
    /** name in results and on the command line; default the cell's id. Letters, digits, "_" and "-". */
    id?: string;
    /** what you want to know, one sentence; printed above the result */
    question?: string;
    /**
     * Name → what this arm changes. Deep-merged into the rest, but `balance` and `model.attention` are replaced whole and `null` clears.
     * A list of pairs, `[["64", { … }], ["32", { … }]]`, keeps the order of names that are whole numbers, which objects do not.
     */
    arms?: Record<string, RunSpec> | readonly (readonly [name: string, changes: RunSpec])[];
    /** What every arm is validated on, so that their losses can be compared. */
    validation?: {
      /** sequences per domain at the points of a validation curve; default 128 */
      windowsPerDomain?: number;
      /** sequences per domain of the last validation, which verdicts are of; default 4 × windowsPerDomain; "all": the whole text */
      final?: number | "all";
    };
    /** the arm the others are compared with; default the first, which must be named where names are whole numbers */
    baseline?: string;
    /** How many seeds, or which. Runs with the same seed start from the same weights and read the same text; default 3. */
    seeds?: number | number[];
    /** metrics that get a verdict, Holm-corrected over all of them and all arms; default ["valLoss"] */
    primary?: Metric[];
  }

  /** Names are those of Hugging Face's `config.json`, in camelCase. */
  export interface ModelSpec {
    /** default 256: the model reads bytes */
    vocabSize?: number;
    /** width d of the residual stream; default 64 */
    hiddenSize?: number;
    /** transformer blocks, MTP modules not counted; default 2 */
    numHiddenLayers?: number;
    /** attention heads n_h; default 4 */
    numAttentionHeads?: number;
    /** standard deviation of initial weights; default 0.02 (V3 §4.2 uses 0.006 at width 7168) */
    initializerRange?: number;
    /** epsilon of RMSNorm; default 1e-6 */
    rmsNormEps?: number;
    /** base of the rotary frequencies; default 1e4 */
    ropeTheta?: number;
    /** input embedding and output head share their weights; default false */
    tieWordEmbeddings?: boolean;
    attention?: MlaSpec | GqaSpec;
    /** routed experts N_r (V3 Eq. 12); default 16 */
    nRoutedExperts?: number;
    /** shared experts N_s, used by every token (V3 Eq. 12); default 1 */
    nSharedExperts?: number;
    /** experts per token K_r (V3 Eq. 14); default 2 */
    numExpertsPerTok?: number;
    /** width of one expert's SwiGLU; default 32 */
    moeIntermediateSize?: number;
    /** width of the dense SwiGLU in the first `firstKDenseReplace` layers; default 128 */
    intermediateSize?: number;
    /** layers at the bottom with a dense feed-forward instead of experts; default 0 (V3: 3). Where all are dense, MTP modules are too. */
    firstKDenseReplace?: number;
    /** affinity of token and expert: the sigmoid of V3 Eq. 15 */
    scoringFunc?: "sigmoid";
    /** gates are normalised over the chosen experts (V3 Eq. 13); default true. A single one (`numExpertsPerTok: 1`) never is: it would be 1, and its router learn nothing. */
    normTopkProb?: boolean;
    /** factor on the gates, in the released code (2.5 for V3), not in the report; default 1 */
    routedScalingFactor?: number;
    /** node-limited routing (V3 §2.1.2): experts are in this many groups; default 1 */
    nGroup?: number;
    /** groups a token may use, M; default 1 */
    topkGroup?: number;
    /**
     * How many of a group's best experts, summed, rank it: 2 as in the released code, or K/M (`numExpertsPerTok` over `topkGroup`) as V3 §2.1.2 says;
     * for V3 itself (8 of 4 groups) both are 2. Default 2.
     */
    groupScore?: 2 | "K/M";
    /** multi-token prediction (V3 §2.2, Eq. 21 to 25) */
    mtp?: {
      /** extra tokens predicted, D; default 0 (V3: 1) */
      depth?: number;
      /** Weight of the mean loss over depths, lambda of Eq. 25; default 0.3. A depth's loss is the mean over the positions that have a target. `depth` weighs each like the next token. */
      lambda?: Scheduled;
      /**
       * "sequential": modules in a causal chain, as in V3. "parallel": the heads of arXiv 2404.19737. The last layer is then the next token's head, every further
       * token has a layer of its own beside it on the same un-normed input, and all share the last norm; for equal parameters take `depth` layers
       * off `numHiddenLayers`, for equal weights `lambda: depth`. Default "sequential".
       */
      heads?: "sequential" | "parallel";
      /** The modules learn and the main model is to the bit what it is without them: no gradient, and a clipping norm of their own. Default false. */
      detachTrunk?: boolean;
    };
  }

  /** Multi-head latent attention (V3 §2.1.1, Eq. 1 to 11): keys and values are kept as one small latent per token. */
  export interface MlaSpec {
    kind?: "mla";
    /** rank of the compressed query (Eq. 6); null: one full projection; default null */
    qLoraRank?: number | null;
    /** rank d_c of the compressed key and value (Eq. 1); default 32 */
    kvLoraRank?: number;
    /** columns per head without rotation; default 16 */
    qkNopeHeadDim?: number;
    /** rotated columns, shared by the heads' keys (Eq. 3); even; default 8 */
    qkRopeHeadDim?: number;
    /** value columns per head; default 16 */
    vHeadDim?: number;
  }

  /** Grouped-query attention; as many key-value heads as heads is multi-head attention, one is multi-query attention. */
  export interface GqaSpec {
    kind: "gqa";
    /** default numAttentionHeads */
    numKeyValueHeads?: number;
    /** default hiddenSize / numAttentionHeads */
    headDim?: number;
    /** the last columns of a head, which are rotated; even; default headDim */
    ropeDim?: number;
  }

  /** Over what a balance statistic is taken: each sequence, the whole batch, or this many consecutive sequences. */
  export type BalanceScope = "sequence" | "batch" | number;

  export interface BalanceSpec {
    /** Auxiliary losses alpha · Σ f_i P_i (V3 Eq. 17 to 20), per MoE layer and summed over layers. V3: sequence, 1e-4. */
    losses?: {
      group: BalanceScope;
      alpha: Scheduled;
    }[];
    /** coefficient of the router z-loss (arXiv 2202.08906 Eq. 5); default 0. It pulls every affinity towards 1/(1 + nRoutedExperts). */
    zLoss?: Scheduled;
    /** Auxiliary-loss-free balancing (V3 Eq. 16; arXiv 2408.15664, Algorithm 1): a bias that takes part in choosing experts only. */
    bias?: {
      /** update step; V3: 1e-3 for 96.6 % of training, then 0. Default 1e-3. */
      gamma?: Scheduled;
      /**
       * By the sign of the load error, as in V3, or in proportion to it: gamma · (mean load − load) / mean load. The paper's Table 3 leaves the unit of its error
       * open, so its gammas are not these. Default "sign".
       */
      rule?: "sign" | "magnitude";
      /** added to the score, as in V3, or multiplied with it; default "additive" */
      form?: "additive" | "multiplicative";
      /** The load is counted over the whole batch, or in each run of this many sequences and the updates averaged, once a step; default "batch". No paper's method: Qwen's (arXiv 2501.11873) applies the counts of one micro-batch at once. */
      group?: "batch" | number;
    } | null;
  }

  export interface TrainSpec {
    /** optimizer steps; default 400 */
    steps?: number;
    /** instead of `steps`: training tokens, rounded up to whole steps */
    tokens?: number;
    /** sequences per optimizer step; default 16 */
    batchSize?: number;
    /** tokens per sequence; default 64 */
    seqLen?: number;
    /** sequences per microstep, must divide `batchSize`; null: the whole batch at once; default null */
    microBatch?: number | null;
    /** largest global norm of the gradient; default 1 (V3 §4.2) */
    clipNorm?: number;
    /** AdamW (arXiv 1711.05101) */
    optimizer?: {
      kind?: "adamw";
      /** peak learning rate; default 3e-3 */
      lr?: Scheduled;
      /** default 0.9 */
      beta1?: number;
      /** default 0.95 */
      beta2?: number;
      /** default 1e-8 */
      eps?: number;
      /** default 0.1 */
      weightDecay?: number;
    };
    /** learning rate over the run */
    schedule?: {
      /** default "cosine" */
      kind?: "cosine" | "constant" | "pieces";
      /** fraction of the run that warms up; default 0.05 */
      warmup?: number;
      /** last learning rate over the peak; default 0.1; with pieces, the last one's value */
      final?: number;
      /** Of kind "pieces": up to `until` the rate is `value` times the peak, or gets there from the piece before along a cosine. `v3Schedule()` is the published one. */
      pieces?: { until: number; shape: "constant" | "cosine"; value: number }[];
    };
    /** steps between validations; default an eighth of the run */
    evalEvery?: number;
    /** default 10 */
    checkpointEverySeconds?: number;
    /** what stays in the store after training; default "weights" */
    keep?: "weights" | "none";
  }

  export interface PrecisionSpec {
    /** in this version every matrix product runs in float32 */
    gemm?: null;
    moments?: "f32";
    keep?: string[];
  }

  /** Weights per domain: each batch holds sequences of the domains in these proportions. */
  export interface Mixture {
    mixture: Record<string, number>;
    /**
     * Which places of a batch a domain's sequences take: spread evenly ("stratified": any n neighbours are a miniature of the batch), drawn ("random"), or
     * every sequence's domain drawn ("iid": a batch has the proportions on average only). Default "random" for all arms where one of them counts load
     * over a number of sequences (`group: 4`), which even spreading would defuse; else "stratified".
     */
    order?: "stratified" | "random" | "iid";
  }

  /** Training text from several domains, by weight: `mixture({ prose: 1, code: 1, math: 1 })`. Each sequence comes from one domain. */
  export function mixture(weights: Record<string, number>): Mixture;

  /** Training text from one domain: `data("prose")`. */
  export function data(domain: string): Mixture;

  /** One arm per value of one key: `sweep("train.optimizer.lr", [1e-3, 3e-3])` makes the arms "lr 0.001" and "lr 0.003". */
  export function sweep(path: string, values: readonly unknown[]): Record<string, RunSpec>;

  /** One arm per combination: `grid({ "train.optimizer.lr": [1e-3, 3e-3], "model.hiddenSize": [32, 64] })` makes four. */
  export function grid(axes: Record<string, readonly unknown[]>): Record<string, RunSpec>;

  /**
   * Balancing as DeepSeek-V3 was trained (§4.2): a bias with gamma 0.001 for 96.6 % of the run and 0 after, and a
   * sequence-wise loss with alpha 0.0001. Gamma was tuned for batches of millions of tokens; small runs want more.
   */
  export function v3(): BalanceSpec;

  /** The learning rate over DeepSeek-V3's run (§4.2), for `train.schedule`: constant to 67.6 %, a cosine to 96.6 %, two constants. */
  export function v3Schedule(): NonNullable<TrainSpec["schedule"]>;

  /**
   * Name of a measured value. `valBpb` and `maxVio` are per domain (`valBpb.prose`, `valBpb.all`), `mtpLoss`, `agreement` and
   * `acceptance` per depth (`acceptance.1`).
   */
  export type Metric =
    | "trainLoss"
    | "valLoss"
    | "valLossError"
    | `valBpb.${string}`
    | `mtpLoss.${number}`
    | `agreement.${number}`
    | `acceptance.${number}`
    | "balanceLoss"
    | "zLoss"
    | "mtpRouterLoss"
    | "gradNorm"
    | "skippedSteps"
    | "clippedSteps"
    | "tokensPerSecond"
    | "maxVioGlobal"
    | "maxVioBatch"
    | "maxVioShift"
    | `maxVio.${string}`
    | "maxVioSequence"
    | "starvedExperts"
    | "loadCv"
    | "routingEntropy"
    | "specialisation";

  /** A finished experiment. Its data cannot be changed. */
  export interface Experiment {
    readonly id: string;
    readonly cell: string;
    readonly title: string;
    readonly question: string | null;
    readonly baseline: string;
    readonly primary: readonly string[];
    readonly domains: readonly string[];
    readonly dataHash: string;
    /** per domain, of the training text, nats per byte */
    readonly bigramEntropy: Readonly<Record<string, number>>;
    readonly arms: readonly Arm[];
    /** the runs of all arms */
    readonly runs: readonly Run[];
    /** paired differences to the baseline, per metric and arm */
    readonly comparisons: readonly Comparison[];
    /** the arms and their colours, as Plot takes them: `color: { ...study.colors, legend: true }` */
    readonly colors: { readonly domain: readonly string[]; readonly range: readonly string[] };
    /** the last value of a metric in each finished run, in the metric's unit */
    values(metric: Metric): readonly Value[];
    /** arm − baseline in each seed that both finished: what the paired comparisons are about */
    differences(metric: Metric): readonly Value[];
    /** a metric over the run, a curve per run: at every step for training metrics, at every validation for the others */
    curves(metric: Metric | "lr"): readonly Curve[];
    /** the same as rows, one per point: what Plot takes */
    points(metric: Metric | "lr"): readonly Point[];
  }

  /** One run's value of a metric, in the metric's unit. */
  export interface Value {
    readonly arm: string;
    /** index of the seed: equal indices are paired */
    readonly seed: number;
    readonly value: number;
  }

  export interface Arm {
    readonly name: string;
    /** what the spec says about this arm */
    readonly patch: unknown;
    /** the complete configuration */
    readonly config: any;
    readonly params: number;
    readonly activeParams: number;
    /** forward and backward */
    readonly flopsPerToken: number;
    readonly runs: readonly Run[];
    /** over finished runs, by metric name */
    readonly mean: Readonly<Record<string, number>>;
    readonly sd: Readonly<Record<string, number>>;
    /** finished runs */
    readonly n: number;
    /** the arm's colour in every figure; it follows the theme, as SVG it is `var(--fig-series-0, #4f8eff)` */
    readonly color: string;
    /** the last value of a metric in each of its finished runs */
    values(metric: Metric): readonly Value[];
    /** a metric over its runs, a curve per run */
    curves(metric: Metric | "lr"): readonly Curve[];
    /** the same as rows, one per point */
    points(metric: Metric | "lr"): readonly Point[];
  }

  export interface Run {
    readonly arm: string;
    readonly seed: { readonly init: number; readonly data: number };
    /** runs with the same index are paired */
    readonly seedIndex: number;
    readonly key: string;
    readonly status: "queued" | "running" | "paused" | "done" | "diverged" | "failed" | "stopped";
    readonly error: string | null;
    readonly divergedAt: number | null;
    /** it was in the store already */
    readonly cached: boolean;
    readonly steps: number;
    readonly tokens: number;
    readonly seconds: number;
    /** what it was trained on and when; null until it ends */
    readonly provenance: Provenance | null;
    /** null unless the run finished */
    readonly metrics: RunMetrics | null;
    /** the last value of a metric; null unless the run finished */
    value(metric: Metric): number | null;
    /** a metric over the run */
    curve(metric: Metric | "lr"): Curve["points"];
  }

  export interface Provenance {
    readonly backend: "webgpu" | "cpu" | "reference";
    readonly adapter: string;
    /** version of Switchyard */
    readonly engine: string;
    /** hash of the kernels */
    readonly kernels: string;
    /** whether products used fused multiply-add; null where there is no choice */
    readonly fma: boolean | null;
    /** hash of the table that kernel variants were chosen by; null where there is none */
    readonly table: string | null;
    /** ISO time of the end of training */
    readonly when: string;
    /** of training */
    readonly seconds: number;
  }

  /** After the last step. */
  export interface RunMetrics {
    readonly step: number;
    readonly tokens: number;
    readonly seconds: number;
    /** nats per token, mean over the last 10 % of steps */
    readonly trainLoss: number;
    /** nats per token over the windows of the last validation (`validation.final`) */
    readonly valLoss: number;
    /** its standard error from the choice of windows; NaN in results of versions that did not measure it */
    readonly valLossError: number;
    /** bits per byte: "all" and each domain */
    readonly valBpb: Readonly<Record<string, number>>;
    /** validation loss per MTP depth, nats per token */
    readonly mtpLoss: readonly number[];
    /** per MTP depth: share of validation positions where its likeliest token is the main model's */
    readonly agreement: readonly number[];
    /**
     * per MTP depth: chance that speculative sampling keeps its guess, on the validation text and given that the guesses
     * before it were kept; none in results of versions that did not measure it
     */
    readonly acceptance: readonly number[];
    /** of the main model's MoE layers; zLoss likewise, mtpRouterLoss of prediction modules. What is optional is not there in runs of older versions. */
    readonly balanceLoss: number;
    readonly zLoss?: number;
    readonly mtpRouterLoss?: number;
    readonly gradNorm: number;
    readonly skippedSteps: number;
    readonly clippedSteps: number;
    readonly tokensPerSecond: number;
    /** (max load − mean load) / mean load over all validation tokens, domains weighted as in the training mixture, mean over MoE layers (arXiv 2408.15664 Eq. 4) */
    readonly maxVioGlobal: number;
    /** every domain weighing the same */
    readonly maxVioShift?: number;
    /** of each domain's tokens */
    readonly maxVio?: Readonly<Record<string, number>>;
    /** in single validation windows */
    readonly maxVioSequence?: number;
    /** share of experts below a tenth of the mean load */
    readonly starvedExperts?: number;
    /** standard deviation of loads over their mean */
    readonly loadCv?: number;
    /** maxVioGlobal that perfect balance would show by chance */
    readonly maxVioFloor: number;
    /** the same in training batches, last 10 % of steps */
    readonly maxVioBatch: number;
    readonly routingEntropy: number;
    /** Jensen-Shannon divergence between the domains' expert loads, base 2, mean over layers */
    readonly specialisation: number;
    /** [layer][domain][expert]: tokens sent there */
    readonly expertCounts: readonly (readonly (readonly number[])[])[];
    readonly domains: readonly string[];
  }

  /** arm − baseline, paired by seed */
  export interface Comparison {
    readonly metric: string;
    readonly arm: string;
    readonly n: number;
    readonly difference: number;
    readonly sd: number;
    readonly ci95: readonly [number, number] | null;
    readonly p: number | null;
    readonly pHolm: number | null;
    /** smallest difference that this verdict, corrected for all arms and primary metrics, tells with 80 % power */
    readonly detectable80: number | null;
    /** 95 % BCa bootstrap interval, from 8 pairs on */
    readonly bootstrap95?: readonly [number, number];
    /** seeds that would tell a difference of the size named by the key, with 80 % power */
    readonly seedsFor: Readonly<Record<string, number>>;
    /** how many comparisons Holm corrected over */
    readonly family: number;
    readonly verdict: "lower" | "higher" | "cannot tell" | "identical" | "not tested" | "not the same measurement";
    /** where arm and baseline were not measured alike, e.g. on windows of different length: there is no difference then */
    readonly measuredDifferently?: string;
  }

  export interface Curve {
    readonly arm: string;
    /** index of the seed */
    readonly seed: number;
    /** `step` counts optimizer steps, `tokens` the tokens trained on, `seconds` training time; `value` is in the metric's unit */
    readonly points: readonly { readonly step: number; readonly tokens: number; readonly seconds: number; readonly value: number }[];
  }

  /** One point of a curve. */
  export interface Point extends Value {
    /** optimizer steps */
    readonly step: number;
    /** training tokens */
    readonly tokens: number;
    /** of training */
    readonly seconds: number;
  }

  /** Something to `display()`. */
  export interface Figure {
    readonly figure: string;
  }

  type Experiments = Experiment | readonly Experiment[];

  interface ArmOptions {
    /** which arms, by name; null: all */
    arms?: readonly string[] | null;
  }

  interface CurveOptions extends ArmOptions {
    /** default "steps" */
    x?: "steps" | "tokens" | "seconds";
    logX?: boolean;
    logY?: boolean;
    /** width of the smoothing as a fraction of the run; 0: none; default 0.02 */
    smoothing?: number;
    /** what the band around a mean line shows; default "range" */
    band?: "range" | "sd" | "none";
    /** a thin line per seed; default true */
    seeds?: boolean;
  }

  interface CurvesOptions extends CurveOptions {
    /** a panel each; default ["trainLoss", "valLoss"] */
    metrics?: readonly Metric[];
  }

  interface ForestOptions {
    /** null: the experiment's primary metrics */
    metrics?: readonly Metric[] | null;
  }

  interface TradeOffOptions extends ArmOptions {
    /** default "maxVioGlobal" */
    x?: Metric;
    /** default "valLoss" */
    y?: Metric;
    /** default true */
    logX?: boolean;
    logY?: boolean;
  }

  interface ExpertLoadOptions extends ArmOptions {
    /** a panel per domain, or all domains together; default "domain" */
    by?: "domain" | "all";
    /** index of the seed: experts of different seeds have nothing in common; null: the first that finished */
    seed?: number | null;
    /** the last validation at or before this step; null: the last */
    step?: number | null;
  }

  interface SpecialisationOptions extends ArmOptions {
    /** default "specialisation" */
    metric?: Metric;
  }

  interface SweepOptions extends ArmOptions {
    /** default "valLoss" */
    metric?: Metric;
    /** what varies, e.g. "balance.bias.gamma"; null: the first number in which the arms differ */
    path?: string | null;
    /** null: logarithmic where the values span a factor of 8 or more */
    logX?: boolean | null;
    logY?: boolean;
  }

  interface MtpAcceptanceOptions extends ArmOptions {
    /** what speculative sampling would keep, or how often the likeliest tokens are the same; default "acceptance" */
    metric?: "acceptance" | "agreement";
  }

  interface TableOptions extends ArmOptions {
    /** null: the primary metrics, then balance, specialisation and multi-token prediction */
    metrics?: readonly Metric[] | null;
  }

  /** Metrics over the run: mean line, band over seeds. */
  export function curves(experiments: Experiments, options?: CurvesOptions): Figure;
  /** Paired differences to the baseline with 95 % intervals. */
  export function forest(experiments: Experiments, options?: ForestOptions): Figure;
  /** Validation loss against imbalance, a dot per run. */
  export function tradeOff(experiments: Experiments, options?: TradeOffOptions): Figure;
  /** Relative load of each expert, by layer, arm and domain (as V3 Figure 9); 1 is the fair share. */
  export function expertLoad(experiments: Experiments, options?: ExpertLoadOptions): Figure;
  /** Imbalance of training batches over the run, with the floor that chance sets. */
  export function loadOverTime(experiments: Experiments, options?: CurveOptions): Figure;
  /** How differently the domains use the experts. */
  export function specialisation(experiments: Experiments, options?: SpecialisationOptions): Figure;
  /** How often speculative sampling would keep what the MTP modules guess on the validation text, by depth. */
  export function mtpAcceptance(experiments: Experiments, options?: MtpAcceptanceOptions): Figure;
  /** A metric against the value that the arms vary. */
  export function sweepFigure(experiments: Experiments, options?: SweepOptions): Figure;
  /** The model, drawn from its configuration. */
  export function architecture(experiments: Experiments, options?: ArmOptions): Figure;
  /** Metrics of all arms as a table. */
  export function comparisonTable(experiments: Experiments, options?: TableOptions): Figure;

  /** What somebody says about the arms, so that the runs can answer it. */
  interface Claim {
    /** in words */
    claim: string;
    /** what the paper reports, and where */
    paper?: string | null;
    metric: Metric;
    arm: string;
    /** another arm, paired by seed, or a number; default the baseline */
    than?: string | number | null;
    /** "same" needs `within` */
    expect: "lower" | "higher" | "same";
    /** "lower": at most this many times the other; "higher": at least */
    factor?: number | null;
    /** the largest difference that still counts as the same, in the metric's unit */
    within?: number | null;
  }

  interface ConclusionOptions {
    claims?: readonly Claim[];
  }

  /**
   * What the runs say of each claim, in words that change with them: it holds, it does not, it cannot be told, or it was
   * not measured; with sizes, the intervals that decide (90 % where "same" is tested, else 95 %) and p values that are Holm-corrected
   * over all claims. Without claims: what
   * the primary metrics say.
   */
  export function conclusion(experiments: Experiments, options?: ConclusionOptions): Figure;

  /** Rows as a table; an experiment as its comparison table. */
  export function table(
    rows: Experiment | readonly Readonly<Record<string, string | number | boolean | null | undefined>>[],
  ): Figure | { readonly table: unknown };

  /** SVG markup as an image; scripts in it are removed. */
  export function svg(markup: string): { readonly svg: string };

  /** The same as the global `display`. */
  export function display(value: unknown): void;
}
