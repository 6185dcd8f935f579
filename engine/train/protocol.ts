/** What crosses between a coordinator and an engine worker: plain data, structured-cloneable. */
import type { BackendInfo, BackendName } from "../backends/backend.ts";
import type { DomainText } from "../data/domain-text.ts";
import type { RunConfig, Seed } from "../model/config.ts";

export interface TrainJob {
  config: RunConfig;
  seed: Seed;
  domains: DomainText[];
  backend: BackendName;
  /** bytes of a checkpoint.safetensors to go on from, or null */
  checkpoint: Uint8Array | null;
}

/** One line of metrics.jsonl: training values of one optimizer step. */
export interface StepMetrics {
  kind: "step";
  /** 1-based: steps finished */
  step: number;
  tokens: number;
  /** seconds of training so far, without pauses and validation */
  seconds: number;
  trainLoss: number;
  mtpLoss: number[];
  /** of the main model's MoE layers, each loss times its alpha */
  balanceLoss: number;
  /** of the main model's MoE layers, times its coefficient; absent in files of older versions, which had it and the next in balanceLoss */
  zLoss?: number;
  /** balance losses and z-losses of prediction modules */
  mtpRouterLoss?: number;
  gradNorm: number;
  /** the clip acted on this step */
  clipped: boolean;
  /** the norm was not finite and the step changed nothing */
  skipped: boolean;
  lr: number;
  /** mean over main MoE layers of max load / mean load − 1 in this batch */
  maxVioBatch: number;
}

/** One line of metrics.jsonl: a validation over the fixed windows of a curve's points. */
export interface EvalMetrics {
  kind: "eval";
  step: number;
  tokens: number;
  seconds: number;
  valLoss: number;
  /** standard error of valLoss from which windows of each domain's text it is of */
  valLossError: number;
  valBpb: Record<string, number>; // "all" and one per domain
  /** depth 1 … D */
  mtpLoss: number[];
  /** share of positions at which the module's likeliest token is the main model's */
  agreement: number[];
  /** mean over positions of Σ_x min(p, q) of the module's and the main model's prediction of one token */
  acceptance: number[];
  /** domains weighted as in the training mixture, as are floor, starved experts, spread and entropy */
  maxVioGlobal: number;
  /** every domain weighing the same; this and what else is optional is absent in files of older versions */
  maxVioShift?: number;
  /** of each domain's tokens */
  maxVio?: Record<string, number>;
  /** mean over single windows */
  maxVioSequence?: number;
  /** share of experts with less than a tenth of the mean load */
  starvedExperts?: number;
  /** standard deviation of loads over their mean */
  loadCv?: number;
  /** MaxVio that perfect balance would show by chance for this many tokens (multinomial) */
  maxVioFloor: number;
  routingEntropy: number;
  specialisation: number;
  /** [layer][domain][expert] counts over all validation tokens */
  expertCounts: number[][][];
}

export type MetricEvent = StepMetrics | EvalMetrics;

/** A run's summary: its last validation, over more windows than the points of its curve, and its training. */
export interface FinalMetrics extends Omit<EvalMetrics, "kind"> {
  /** mean trainLoss of the last 10 % of steps */
  trainLoss: number;
  balanceLoss: number;
  zLoss?: number;
  mtpRouterLoss?: number;
  gradNorm: number;
  skippedSteps: number;
  clippedSteps: number;
  tokensPerSecond: number;
  maxVioBatch: number;
  domains: string[];
}

export type TrainOutcome =
  | { status: "done"; metrics: FinalMetrics; weights: Uint8Array | null; info: BackendInfo }
  | { status: "diverged"; divergedAt: number; reason: string; info: BackendInfo }
  | { status: "stopped"; step: number; checkpoint: Uint8Array; info: BackendInfo };

/** How one run of a group ended: `failed` is its own failure (a text too short, a checkpoint of another model), the others go on. */
export type RunEnd = TrainOutcome | { status: "failed"; error: string };

/** What is told of the runs of a group; `run` is the index of a run's job. */
export interface GroupListener {
  /** batches of metric events, at most 10 calls a second for each run */
  onMetrics(run: number, events: MetricEvent[]): void;
  /** a resumable checkpoint (safetensors bytes), every `checkpointEverySeconds` */
  onCheckpoint(run: number, step: number, bytes: Uint8Array): Promise<void>;
  /** the last that is told of a run; the others go on */
  onEnd(run: number, end: RunEnd): void;
  /** what the worker is doing before the first step */
  onProgress(message: string): void;
}

/** What is told of a run that trains alone. */
export type TrainListener = {
  onMetrics(events: MetricEvent[]): void;
  onCheckpoint(step: number, bytes: Uint8Array): Promise<void>;
  onProgress(message: string): void;
};

/** The engine as a comlink object (`engine/worker.ts`). One group of runs at a time per worker. */
export interface EngineWorker {
  /** opens the backends named (all when left out) and tells which are there */
  devices(only?: BackendName[]): Promise<{ available: BackendInfo[]; unavailable: { name: BackendName; reason: string }[] }>;
  /**
   * Trains runs of one program (`programsOf`) side by side, several only where the backend has replicas; resolves when every one has been told of
   * with `onEnd`. Throws what ends all that are left: no backend, no memory, a lost device.
   */
  train(jobs: TrainJob[], listener: GroupListener): Promise<void>;
  /** these three speak of one run, or of all when left out; they do nothing when nothing trains */
  pause(run?: number): Promise<void>;
  resume(run?: number): Promise<void>;
  /** ends with status "stopped" and a checkpoint */
  stop(run?: number): Promise<void>;
}
