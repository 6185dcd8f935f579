import type { BackendInfo } from "../backends/backend.ts";
import { BatchSource, type Batch, microbatches } from "../data/batches.ts";
import { microBatchOf } from "../model/transformer.ts";
import type { RunConfig } from "../model/config.ts";
import { NumberSlot } from "../program/ops.ts";
import type { Plan } from "../plan/plan-types.ts";
import { loadCheckpoint, saveCheckpoint, saveWeights } from "./checkpoint.ts";
import type { Evaluation } from "./evaluate.ts";
import { meanMaxVio } from "./metrics.ts";
import type { MetricEvent, RunEnd, StepMetrics, TrainJob } from "./protocol.ts";
import type { ReplicaMemory, Values } from "./replica-set.ts";
import { microstepsPerStep, numbersOfStep } from "./schedule.ts";
import { widened } from "./shared-program.ts";
import { Summary } from "./summary.ts";
import { initialiseBiases, initialiseWeights } from "./weights.ts";

/** One run of a group: all of it that lives on the host. */
export class Replica {
  /** index of its job */
  readonly run: number;
  readonly config: RunConfig;
  /** steps finished or queued */
  step = 0;
  /** of training, without pauses and validation */
  seconds = 0;
  /** the step at which it was found to have diverged; what came after is not looked at */
  divergedAt: number | null = null;
  private reason = "";
  lastCheckpoint = performance.now();
  private lastFlush = 0;
  /** after the last step */
  private last: Evaluation | null = null;
  private events: MetricEvent[] = [];
  private readonly job: TrainJob;
  /** the group's plan as this run alone would have it: without biases if it has none */
  private readonly plan: Plan;
  /** its config as the group's program sees it */
  private readonly wide: RunConfig;
  private readonly shared: Plan;
  readonly source: BatchSource;
  readonly summary: Summary;
  /** what computes it */
  readonly info: BackendInfo;

  /** `covering`, `shared`: config and plan of the group. Throws when a text is missing or too short. */
  constructor(run: number, job: TrainJob, covering: RunConfig, shared: Plan, info: BackendInfo) {
    const { config } = job;
    const { batchSize, seqLen, steps } = config.train;
    this.run = run;
    this.info = info;
    this.job = job;
    this.config = config;
    this.wide = widened(config, covering);
    this.shared = shared;
    this.plan = config.balance.bias ? shared : { ...shared, biases: [] };
    this.source = new BatchSource(
      job.domains,
      config.data.mixture,
      job.seed.data,
      { batchSize, seqLen, vocabSize: config.model.vocabSize },
      config.data.order,
    );
    this.summary = new Summary(steps, config.model.vocabSize);
  }

  get tokens(): number {
    return this.step * this.config.train.batchSize * this.config.train.seqLen;
  }

  get isLast(): boolean {
    return this.step >= this.config.train.steps;
  }

  get evaluationIsDue(): boolean {
    return this.isLast || this.step % this.config.train.evalEvery === 0;
  }

  /** First weights, or those of a checkpoint. Throws when the checkpoint does not fit; `memory` is then as it was. */
  enter(memory: ReplicaMemory, checkpoint: Uint8Array | null): void {
    if (!checkpoint) return initialiseWeights(memory, this.shared, this.job.seed.init, this.config.model.initializerRange);
    Object.assign(this, loadCheckpoint(memory, this.plan, checkpoint, this));
    if (this.plan !== this.shared) initialiseBiases(memory, this.shared);
  }

  checkpoint(memory: ReplicaMemory): Promise<Uint8Array> {
    return saveCheckpoint(
      memory,
      this.plan,
      { step: this.step, seconds: this.seconds, data: this.source.getState(), summary: this.summary.getState() },
      this.info,
    );
  }

  /** The `numbers` table of the next step. */
  numbers(): Float64Array {
    return numbersOfStep(this.wide, this.step + 1);
  }

  /** The next step's batch, cut into microsteps. */
  batches(): Batch[] {
    return microbatches(this.source.next(), microBatchOf(this.config));
  }

  /** What `metricSlices` held after step `step`. */
  metrics(step: number, seconds: number, values: Values[], numbers: Float64Array): StepMetrics {
    const { mtpLoss, routerLoss, load } = this.plan.metrics;
    const microsteps = microstepsPerStep(this.config.train);
    const [[trainLoss], [gradNorm], [scale]] = values;
    const losses = values.slice(3 + mtpLoss.length, 3 + mtpLoss.length + routerLoss.length);
    const sumOf = (wanted: (term: (typeof routerLoss)[number]) => boolean) =>
      losses.reduce((sum, [loss], n) => (wanted(routerLoss[n]) ? sum + loss : sum), 0) / microsteps;
    const loads = values.slice(values.length - load.length).map((groups) => this.sumGroups(groups));
    return {
      kind: "step",
      step,
      tokens: step * this.config.train.batchSize * this.config.train.seqLen,
      seconds,
      trainLoss: trainLoss / microsteps,
      mtpLoss: mtpLoss.map((_, n) => values[3 + n][0] / microsteps),
      balanceLoss: sumOf(({ kind, main }) => main && kind === "balance"),
      zLoss: sumOf(({ kind, main }) => main && kind === "z"),
      mtpRouterLoss: sumOf(({ main }) => !main),
      gradNorm,
      clipped: scale > 0 && scale < Math.fround(numbers[NumberSlot.gradScale]),
      skipped: scale === 0,
      lr: numbers[NumberSlot.lr],
      maxVioBatch: meanMaxVio(loads),
    };
  }

  record(metrics: StepMetrics): void {
    if (this.divergedAt !== null) return;
    this.summary.add(metrics);
    this.events.push(metrics);
    const reason = this.summary.diverged;
    if (reason !== null) [this.divergedAt, this.reason] = [metrics.step, reason];
  }

  /** A point of the curve. */
  evaluated(evaluation: Evaluation): void {
    this.events.push({ kind: "eval", step: this.step, tokens: this.tokens, seconds: this.seconds, ...evaluation });
  }

  /** What its summary tells of. */
  summarised(evaluation: Evaluation): void {
    this.last = evaluation;
    const reason = this.summary.lost(evaluation.valLoss);
    if (reason !== null) [this.divergedAt, this.reason] = [this.step, reason];
  }

  /** Events since the last flush, but not more often than every so many milliseconds. */
  flush(apart: number): MetricEvent[] {
    const time = performance.now();
    if (time - this.lastFlush < apart) return [];
    if (this.events.length > 0) this.lastFlush = time;
    return this.events.splice(0);
  }

  /** How it ended: diverged, or done with its last validation. */
  async ending(memory: ReplicaMemory, info: BackendInfo): Promise<RunEnd> {
    if (this.divergedAt !== null) return { status: "diverged", divergedAt: this.divergedAt, reason: this.reason, info };
    if (!this.last) throw new Error(`run ended at step ${this.step} without a validation`);
    const metrics = this.summary.finish(this.last, Object.keys(this.config.data.mixture), this.step, this.tokens, this.seconds);
    return { status: "done", metrics, weights: this.config.train.keep === "weights" ? await saveWeights(memory, this.plan) : null, info };
  }

  /** f32[groups,E] → counts of each expert over the whole batch. */
  private sumGroups(groups: ArrayLike<number>): number[] {
    const { nRoutedExperts: experts } = this.config.model;
    const counts = new Array<number>(experts).fill(0);
    for (let at = 0; at < groups.length; at++) counts[at % experts] += groups[at];
    return counts;
  }
}

/** What the host reads after every step. */
export const metricSlices = ({ metrics }: Plan) => [
  metrics.trainLoss,
  metrics.gradNorm,
  metrics.clipScale,
  ...metrics.mtpLoss,
  ...metrics.routerLoss.map(({ slice }) => slice),
  ...metrics.load,
];
