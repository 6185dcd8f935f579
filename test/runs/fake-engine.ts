/** A trainer that does no mathematics but keeps every promise of the protocol: for tests of everything around it. */
import { encodeSafetensors, decodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { BackendInfo } from "../../engine/backends/backend.ts";
import { type Control, nothingAsked } from "../../engine/train/control.ts";
import type { EvalMetrics, FinalMetrics, GroupListener, MetricEvent, RunEnd, TrainJob } from "../../engine/train/protocol.ts";
import { WorkerLostError, type Executor, type OpenExecutor } from "../../experiments/runs/training/executors.ts";

export const fakeInfo: BackendInfo = { name: "cpu", adapter: "fake", software: false, kernels: "fake-kernels", fma: false };

/** What a job does beside training: looked up by the job, so that a test can make some runs misbehave. */
export interface Script {
  /** the worker dies after this step, the first time */
  dieAfter?: number;
  /** and every time */
  alwaysDie?: boolean;
  divergeAt?: number;
  throwAt?: number;
  /** the engine refuses checkpoints */
  refuseCheckpoint?: boolean;
}

export interface FakeEngine {
  open: OpenExecutor;
  /** every job that was started, with the step it started from */
  jobs: { job: TrainJob; from: number }[];
  /** the jobs of every call */
  groups: TrainJob[][];
  /** workers opened so far */
  opened: number;
  /** runs training at this moment, and the most there ever were */
  active: number;
  peak: number;
  /** resolves when some run has finished step `n` */
  reached(n: number): Promise<void>;
}

export interface FakeOptions {
  script?(job: TrainJob): Script;
  /** a checkpoint after every so many steps */
  checkpointEvery?: number;
  /** milliseconds per step; 0 lets other work in without waiting */
  stepMs?: number;
}

/** The loss that this "model" has after a step: any function of seed, arm and step will do. */
export const fakeLoss = (job: TrainJob, step: number): number =>
  5 / Math.sqrt(step) + job.seed.init / 1000 + (job.config.train.optimizer.lr as number);

export function fakeEngine({ script = () => ({}), checkpointEvery = 2, stepMs = 0 }: FakeOptions = {}): FakeEngine {
  const deaths = new Set<string>();
  const waiters: { step: number; resolve: () => void }[] = [];
  const engine: FakeEngine = {
    jobs: [],
    groups: [],
    opened: 0,
    active: 0,
    peak: 0,
    reached: (step) => new Promise((resolve) => waiters.push({ step, resolve })),
    open: async () => {
      engine.opened++;
      let asked: Control[] = [];
      let training = false;
      let dead: Error | null = null;
      // what one run of a group throws ends the call for all of them
      let broken: Error | null = null;
      const train = async (job: TrainJob, run: number, control: Control, listener: GroupListener): Promise<RunEnd> => {
        const rules = script(job);
        const from = job.checkpoint ? Number(decodeSafetensors(job.checkpoint).metadata.step) : 0;
        engine.jobs.push({ job, from });
        if (job.checkpoint && rules.refuseCheckpoint) return { status: "failed", error: "checkpoint of another model" };
        const { steps, batchSize, seqLen, evalEvery } = job.config.train;
        const tokensAt = (step: number) => step * batchSize * seqLen;
        for (let step = from + 1; step <= steps; step++) {
          await (stepMs === 0 ? new Promise(setImmediate) : new Promise((resolve) => setTimeout(resolve, stepMs)));
          while (control.paused && !control.stop && !dead) await new Promise((resolve) => setTimeout(resolve, 1));
          if (dead ?? broken) throw dead ?? broken;
          if (rules.throwAt === step) throw (broken = new Error(`kernel failed at step ${step}`));
          const events: MetricEvent[] = [
            {
              kind: "step",
              step,
              tokens: tokensAt(step),
              seconds: step / 100,
              trainLoss: fakeLoss(job, step),
              mtpLoss: [],
              balanceLoss: 0,
              gradNorm: 1,
              clipped: false,
              skipped: false,
              lr: 1e-3,
              maxVioBatch: 1,
            },
          ];
          if (step % evalEvery === 0 || step === steps) events.push(evaluation(job, step));
          listener.onMetrics(run, events);
          for (const waiter of waiters.splice(0)) waiter.step <= step ? waiter.resolve() : waiters.push(waiter);
          if (rules.divergeAt === step) return { status: "diverged", divergedAt: step, reason: "the loss is not finite", info: fakeInfo };
          if (step % checkpointEvery === 0 && step < steps) await listener.onCheckpoint(run, step, checkpoint(step));
          const id = JSON.stringify([job.seed, job.config]);
          if (rules.dieAfter === step && (rules.alwaysDie || !deaths.has(id))) {
            deaths.add(id);
            throw (dead = new WorkerLostError("engine worker ended with code 134"));
          }
          if (control.stop && step < steps) return { status: "stopped", step, checkpoint: checkpoint(step), info: fakeInfo };
        }
        return {
          status: "done",
          metrics: final(job),
          weights: job.config.train.keep === "weights" ? checkpoint(steps) : null,
          info: fakeInfo,
        };
      };
      const ask = (change: Partial<Control>, run?: number) =>
        asked.forEach((control, n) => void ((run ?? n) === n && Object.assign(control, change)));
      const executor: Executor = {
        devices: async () => ({ available: [fakeInfo], unavailable: [] }),
        train: async (jobs, listener) => {
          if (dead) throw new WorkerLostError("this worker is dead");
          if (training) throw new Error("this engine worker is already training");
          training = true;
          engine.groups.push(jobs);
          engine.peak = Math.max(engine.peak, (engine.active += jobs.length));
          asked = jobs.map(nothingAsked);
          broken = null;
          for (const done of [1, 2]) listener.onProgress(`compiling kernels ${done} of 2`);
          const ends = jobs.map((job, run) =>
            train(job, run, asked[run], listener)
              .then((end) => listener.onEnd(run, end))
              .finally(() => engine.active--),
          );
          await Promise.all(ends).finally(async () => {
            await Promise.allSettled(ends);
            // a worker clears up after its last run has ended
            await new Promise(setImmediate);
            training = false;
          });
        },
        pause: async (run) => ask({ paused: true }, run),
        resume: async (run) => ask({ paused: false }, run),
        stop: async (run) => ask({ stop: true }, run),
        terminate: async () => void (dead = new WorkerLostError("this worker was ended")),
      };
      return executor;
    },
  };
  return engine;
}

const checkpoint = (step: number): Uint8Array =>
  encodeSafetensors(new Map([["w", { shape: [1], data: Float32Array.of(step) }]]), {
    format: "switchyard.checkpoint/1",
    step: String(step),
    progress: JSON.stringify({ step }),
  });

function evaluation(job: TrainJob, step: number): EvalMetrics {
  const { batchSize, seqLen } = job.config.train;
  const loss = fakeLoss(job, step);
  return {
    kind: "eval",
    step,
    tokens: step * batchSize * seqLen,
    seconds: step / 100,
    valLoss: loss,
    valLossError: 0.01,
    valBpb: { all: loss / Math.LN2, ...Object.fromEntries(job.domains.map(({ name }) => [name, loss / Math.LN2])) },
    mtpLoss: [],
    agreement: [],
    acceptance: [],
    maxVioGlobal: 1,
    maxVioFloor: 0.1,
    routingEntropy: 1,
    specialisation: 0.1,
    expertCounts: [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
  };
}

function final(job: TrainJob): FinalMetrics {
  const { kind: _kind, ...rest } = evaluation(job, job.config.train.steps);
  return {
    ...rest,
    trainLoss: rest.valLoss,
    balanceLoss: 0,
    gradNorm: 1,
    skippedSteps: 0,
    clippedSteps: 0,
    tokensPerSecond: 1000,
    maxVioBatch: 1,
    domains: job.domains.map(({ name }) => name),
  };
}
