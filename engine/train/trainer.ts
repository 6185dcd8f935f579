import type { Backend, Executable } from "../backends/backend.ts";
import { BatchSource, type Batch, microbatches, textsOf } from "../data/batches.ts";
import { validationBatches, validationWindows } from "../data/validation.ts";
import type { RunConfig } from "../model/config.ts";
import { microBatchOf } from "../model/transformer.ts";
import { NumberSlot } from "../program/ops.ts";
import { planRun } from "../program/plan.ts";
import type { Plan } from "../program/plan-types.ts";
import { loadCheckpoint, saveCheckpoint, saveWeights } from "./checkpoint.ts";
import { evaluate } from "./evaluate.ts";
import { meanMaxVio } from "./metrics.ts";
import type { MetricEvent, StepMetrics, TrainJob, TrainListener, TrainOutcome } from "./protocol.ts";
import { microstepsPerStep, numbersOfStep } from "./schedule.ts";
import { Summary } from "./summary.ts";
import { initialiseWeights } from "./weights.ts";

/** Steps whose metrics may still be on the device while the next are queued. */
const stepsInFlight = 2;
/** The worker answers messages (pause, stop) at least this often. */
const breathEveryMilliseconds = 40;
const metricsEveryMilliseconds = 100;
/** Checkpoints of a large model come less often than asked for, so that they take no more than this part of the time; asked for after every step, they come. */
const checkpointShare = 0.02;

/** What the outside may ask of a training loop between steps. */
export interface Control {
  stop: boolean;
  /** resolves when not paused */
  unpaused: Promise<void>;
  /** hands the thread to waiting messages */
  breathe(): Promise<void>;
}

/** Trains one run from its first step or a checkpoint to its end, a divergence or a stop. */
export async function train(job: TrainJob, backend: Backend, control: Control, listener: TrainListener): Promise<TrainOutcome> {
  const plan = planRun(job.config);
  const executable = await backend.compile(plan, {
    onProgress: (done, total) => listener.onProgress(`compiling kernels ${done} of ${total}`),
  });
  try {
    return await new Training(job, backend, plan, executable, control, listener).run();
  } finally {
    executable.dispose();
  }
}

class Training {
  private readonly config: RunConfig;
  private readonly source: BatchSource;
  private readonly validation: Batch[];
  private readonly domains: string[];
  private readonly summary: Summary;
  private readonly events: MetricEvent[] = [];
  private step = 0;
  private seconds = 0;
  private clock = performance.now();
  private lastBreath = performance.now();
  private lastFlush = 0;
  private lastCheckpoint = performance.now();
  private checkpointMilliseconds = 0;
  private readonly job: TrainJob;
  private readonly backend: Backend;
  private readonly plan: Plan;
  private readonly executable: Executable;
  private readonly control: Control;
  private readonly listener: TrainListener;

  constructor(job: TrainJob, backend: Backend, plan: Plan, executable: Executable, control: Control, listener: TrainListener) {
    this.job = job;
    this.backend = backend;
    this.plan = plan;
    this.executable = executable;
    this.control = control;
    this.listener = listener;
    this.config = job.config;
    const { train: training, model, data, validation } = job.config;
    const shape = { batchSize: training.batchSize, seqLen: training.seqLen, vocabSize: model.vocabSize };
    this.domains = Object.keys(data.mixture);
    this.source = new BatchSource(job.domains, data.mixture, job.seed.data, shape);
    this.validation = validationBatches(validationWindows(textsOf(job.domains, this.domains), training.seqLen, validation.windowsPerDomain), {
      ...shape,
      batchSize: microBatchOf(job.config),
    });
    this.summary = new Summary(training.steps, model.vocabSize);
  }

  async run(): Promise<TrainOutcome> {
    const { config, executable, plan, job } = this;
    const { info } = this.backend;
    if (job.checkpoint) {
      const progress = loadCheckpoint(executable, plan, job.checkpoint, this.source, this.summary);
      this.step = progress.step;
      this.seconds = progress.seconds;
    } else {
      initialiseWeights(executable, plan, job.seed.init, config.model.initializerRange);
    }

    const { steps, evalEvery, checkpointEverySeconds, keep } = config.train;
    let evaluation: Awaited<ReturnType<typeof evaluate>> | null = null;
    let inFlight: Promise<StepMetrics>[] = [];
    const settle = async (leave: number) => {
      while (inFlight.length > leave) this.record(await (inFlight.shift() as Promise<StepMetrics>));
    };
    // A lost device makes every read in flight fail; one of them is thrown, the others must not go unhandled.
    const track = (metrics: Promise<StepMetrics>) => {
      metrics.catch(() => {});
      inFlight.push(metrics);
    };

    this.clock = performance.now();
    while (this.step < steps) {
      track(this.trainStep(this.step + 1));
      this.step++;
      await settle(stepsInFlight - 1);
      const last = this.step === steps;
      const due = last || this.step % evalEvery === 0;
      const apart = checkpointEverySeconds === 0 ? 0 : Math.max(checkpointEverySeconds * 1000, this.checkpointMilliseconds / checkpointShare);
      const checkpointDue = performance.now() - this.lastCheckpoint > apart;
      if (due || checkpointDue || this.control.stop) await settle(0);
      if (this.summary.diverged) {
        this.flush(true);
        return { status: "diverged", divergedAt: this.step, reason: this.summary.diverged, info };
      }
      if (due) {
        this.stopClock();
        evaluation = await evaluate(executable, plan, config, this.validation, this.domains, () => this.breathe());
        this.events.push({ kind: "eval", step: this.step, tokens: this.tokens, seconds: this.seconds, ...evaluation });
        this.startClock();
      }
      if (this.control.stop && !last) {
        this.flush(true);
        this.stopClock();
        return { status: "stopped", step: this.step, checkpoint: await this.checkpoint(), info };
      }
      if (checkpointDue && !last) {
        this.flush(true);
        this.stopClock();
        const begun = performance.now();
        await this.listener.onCheckpoint(this.step, await this.checkpoint());
        this.lastCheckpoint = performance.now();
        this.checkpointMilliseconds = this.lastCheckpoint - begun;
        this.startClock();
      }
      this.flush(false);
      await this.breathe();
    }
    inFlight = [];
    this.stopClock();
    this.flush(true);
    evaluation ??= await evaluate(executable, plan, config, this.validation, this.domains, () => this.breathe());
    const metrics = this.summary.finish(evaluation, this.domains, this.step, this.tokens, this.seconds);
    return { status: "done", metrics, weights: keep === "weights" ? await saveWeights(executable, plan) : null, info };
  }

  private get tokens(): number {
    return this.step * this.config.train.batchSize * this.config.train.seqLen;
  }

  private checkpoint(): Promise<Uint8Array> {
    return saveCheckpoint(this.executable, this.plan, {
      step: this.step,
      seconds: this.seconds,
      data: this.source.getState(),
      summary: this.summary.getState(),
    });
  }

  /** Queues optimizer step `t` (1-based) and asks for its metrics. */
  private trainStep(t: number): Promise<StepMetrics> {
    const { config, executable, plan } = this;
    const { inputs, metrics } = plan;
    const numbers = numbersOfStep(config, t);
    executable.write(inputs.numbers, numbers);
    microbatches(this.source.next(), microBatchOf(config)).forEach((batch, n) => {
      executable.write(inputs.tokens, batch.tokens);
      executable.write(inputs.targets, batch.targets);
      executable.write(inputs.order, batch.order);
      executable.write(inputs.starts, batch.starts);
      executable.run("microstep", n === 0);
    });
    executable.run("step");
    const wanted = [metrics.trainLoss, metrics.gradNorm, metrics.clipScale, ...metrics.mtpLoss, ...metrics.balanceLoss, ...metrics.load];
    return executable.read(wanted).then((values) => this.stepMetrics(t, values, numbers));
  }

  private stepMetrics(step: number, values: ArrayLike<number>[], numbers: Float64Array): StepMetrics {
    const { mtpLoss, balanceLoss, load } = this.plan.metrics;
    const microsteps = microstepsPerStep(this.config.train);
    const scale = values[2][0];
    const gradScale = numbers[NumberSlot.gradScale];
    const losses = values.slice(3 + mtpLoss.length, 3 + mtpLoss.length + balanceLoss.length);
    const loads = values.slice(values.length - load.length).map((groups) => this.sumGroups(groups));
    return {
      kind: "step",
      step,
      tokens: step * this.config.train.batchSize * this.config.train.seqLen,
      seconds: this.seconds + (performance.now() - this.clock) / 1000,
      trainLoss: values[0][0] / microsteps,
      mtpLoss: mtpLoss.map((_, n) => values[3 + n][0] / microsteps),
      balanceLoss: losses.reduce((sum, loss) => sum + loss[0], 0) / microsteps,
      gradNorm: values[1][0],
      clipped: scale > 0 && scale < Math.fround(gradScale),
      skipped: scale === 0,
      lr: numbers[NumberSlot.lr],
      maxVioBatch: meanMaxVio(loads),
    };
  }

  /** f32[groups,E] → counts of each expert over the whole batch. */
  private sumGroups(groups: ArrayLike<number>): number[] {
    const { nRoutedExperts: experts } = this.config.model;
    const counts = new Array<number>(experts).fill(0);
    for (let at = 0; at < groups.length; at++) counts[at % experts] += groups[at];
    return counts;
  }

  private record(metrics: StepMetrics): void {
    this.summary.add(metrics);
    this.events.push(metrics);
  }

  private flush(now: boolean): void {
    const time = performance.now();
    if (this.events.length === 0 || (!now && time - this.lastFlush < metricsEveryMilliseconds)) return;
    this.lastFlush = time;
    this.listener.onMetrics(this.events.splice(0));
  }

  private stopClock(): void {
    this.seconds += (performance.now() - this.clock) / 1000;
  }

  private startClock(): void {
    this.clock = performance.now();
  }

  /** Lets messages in now and then; the training clock stands still while paused. */
  private async breathe(): Promise<void> {
    if (performance.now() - this.lastBreath < breathEveryMilliseconds) return;
    await this.control.breathe();
    const before = performance.now();
    await this.control.unpaused;
    this.clock += performance.now() - before;
    this.lastBreath = performance.now();
  }
}

