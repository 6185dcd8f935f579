import type { Backend, Executable } from "../backends/backend.ts";
import { type Batch, textsOf } from "../data/batches.ts";
import { finalWindows, validationBatches, validationWindows } from "../data/validation.ts";
import type { RunConfig } from "../model/config.ts";
import { microBatchOf } from "../model/transformer.ts";
import { planRun } from "../plan/plan.ts";
import type { Plan } from "../plan/plan-types.ts";
import type { Control, GroupControl } from "./control.ts";
import { evaluate } from "./evaluate.ts";
import type { GroupListener, RunEnd, TrainJob } from "./protocol.ts";
import { type ReplicaMemory, ReplicaSet } from "./replica-set.ts";
import { Replica } from "./replica.ts";
import { coveringConfig } from "./shared-program.ts";
import { Steps } from "./steps.ts";
import { copyReplica } from "./weights.ts";

/** Steps whose metrics may still be on the device while the next are queued. */
const stepsInFlight = 2;
/** The worker answers messages (pause, stop) at least this often. */
const breathEveryMilliseconds = 40;
const metricsEveryMilliseconds = 100;
/** Checkpoints of a large model come less often than asked for, so that they take no more than this part of the time; asked for after every step, they come. */
const checkpointShare = 0.02;

/**
 * Trains runs that share a program side by side, each from its first step or a checkpoint to its end, a divergence or a stop; several only on a
 * backend that has replicas. What one run does or is told has no influence on the numbers of the others. Throws what ends all of them.
 */
export async function trainGroup(
  jobs: readonly TrainJob[],
  backend: Backend,
  control: GroupControl,
  listener: GroupListener,
): Promise<void> {
  const covering = coveringConfig(jobs.map(({ config }) => config));
  const plan = planRun(covering);
  const executable = await backend.compile(plan, {
    replicas: jobs.length,
    onProgress: (done, total) => listener.onProgress(`compiling kernels ${done} of ${total}`),
  });
  try {
    await new GroupTraining(jobs, backend, covering, plan, executable, control, listener).run();
  } finally {
    executable.dispose();
  }
}

class GroupTraining {
  /** the run at index i has replica i of the executable */
  private readonly active: Replica[] = [];
  /** runs that were paused while others went on, as checkpoints: they hold no replica */
  private readonly parked = new Map<Replica, Uint8Array>();
  private clock = 0;
  private lastBreath = performance.now();
  private checkpointMilliseconds = 0;
  /** for the points of curves, and for the summaries of runs that end */
  private validation: { curve: Batch[]; final: Batch[] } | null = null;
  private readonly domains: string[];
  private readonly steps: Steps;
  private readonly replicas: ReplicaSet;
  private readonly jobs: readonly TrainJob[];
  private readonly backend: Backend;
  private readonly covering: RunConfig;
  private readonly plan: Plan;
  private readonly control: GroupControl;
  private readonly listener: GroupListener;

  constructor(
    jobs: readonly TrainJob[],
    backend: Backend,
    covering: RunConfig,
    plan: Plan,
    executable: Executable,
    control: GroupControl,
    listener: GroupListener,
  ) {
    this.jobs = jobs;
    this.backend = backend;
    this.covering = covering;
    this.plan = plan;
    this.control = control;
    this.listener = listener;
    this.domains = Object.keys(covering.data.mixture);
    this.replicas = new ReplicaSet(executable);
    this.steps = new Steps(this.replicas, plan);
  }

  async run(): Promise<void> {
    this.jobs.forEach((job, run) => this.begin(run, job));
    this.startClock();
    for (;;) {
      await this.obey();
      if (this.active.length === 0) return;
      this.steps.queue(this.active, (replica) => this.secondsOf(replica));
      await this.steps.settle(stepsInFlight - 1);
      const time = performance.now();
      const validated = this.active.filter((replica) => replica.evaluationIsDue);
      const saved = this.active.filter((replica) => this.checkpointIsDue(replica, time));
      if (validated.length + saved.length > 0) await this.steps.settle(0);
      await this.evaluate(validated);
      await this.endWhatEnded();
      await this.save(saved);
      for (const replica of this.active) this.flush(replica, metricsEveryMilliseconds);
      await this.breathe();
    }
  }

  /** Gives a run the next replica. What is wrong with it alone ends it alone. */
  private begin(run: number, job: TrainJob): void {
    try {
      const replica = new Replica(run, job, this.covering, this.plan, this.backend.info);
      this.validation ??= this.validationOf(job);
      this.enter(replica, job.checkpoint);
    } catch (error) {
      this.listener.onEnd(run, { status: "failed", error: error instanceof Error ? error.message : String(error) });
    }
  }

  private enter(replica: Replica, checkpoint: Uint8Array | null): void {
    replica.enter(this.replicas.memory(this.active.length), checkpoint);
    this.active.push(replica);
    this.replicas.count = this.active.length;
  }

  /** The same for all runs of a group: their domains and shapes are. */
  private validationOf({ domains, config }: TrainJob): { curve: Batch[]; final: Batch[] } {
    const { seqLen } = config.train;
    const texts = textsOf(domains, this.domains);
    const batches = (windowsPerDomain: number) =>
      validationBatches(validationWindows(texts, seqLen, windowsPerDomain), {
        batchSize: microBatchOf(config),
        seqLen,
        vocabSize: config.model.vocabSize,
      });
    const { windowsPerDomain, final = windowsPerDomain } = config.validation;
    const curve = batches(windowsPerDomain);
    const last = finalWindows(texts, seqLen, final);
    return { curve, final: last === windowsPerDomain ? curve : batches(last) };
  }

  /** Does what was asked of single runs since the last step; returns when some run may go on or none is left. */
  private async obey(): Promise<void> {
    for (;;) {
      const { mark } = this.control;
      if (this.active.some((replica) => this.asked(replica).stop || this.asked(replica).paused)) {
        await this.steps.settle(0);
        await this.endWhatEnded();
      }
      await this.stop(this.active.filter((replica) => this.asked(replica).stop));
      for (const [replica, checkpoint] of this.parked) await this.unpark(replica, checkpoint);
      const paused = this.active.filter((replica) => this.asked(replica).paused);
      if (paused.length < this.active.length) {
        for (const replica of paused) await this.park(replica);
        return;
      }
      if (this.active.length + this.parked.size === 0) return;
      for (const replica of this.active) this.flush(replica, 0);
      await this.aside(() => this.control.changed(mark));
    }
  }

  private async stop(runs: Replica[]): Promise<void> {
    if (runs.length === 0) return;
    const ends: [Replica, RunEnd][] = [];
    await this.aside(async () => {
      for (const replica of runs)
        ends.push([
          replica,
          { status: "stopped", step: replica.step, checkpoint: await this.checkpointOf(replica), info: this.backend.info },
        ]);
    });
    await this.end(ends);
  }

  private async park(replica: Replica): Promise<void> {
    this.parked.set(replica, await this.aside(() => this.checkpointOf(replica)));
    this.flush(replica, 0);
    await this.remove([replica]);
  }

  private async unpark(replica: Replica, checkpoint: Uint8Array): Promise<void> {
    const { stop, paused } = this.asked(replica);
    if (paused && !stop) return;
    this.parked.delete(replica);
    if (stop) return this.listener.onEnd(replica.run, { status: "stopped", step: replica.step, checkpoint, info: this.backend.info });
    await this.aside(async () => this.enter(replica, checkpoint));
  }

  private async evaluate(runs: Replica[]): Promise<void> {
    const due = runs.filter((replica) => replica.divergedAt === null);
    if (due.length === 0) return;
    const { curve, final } = this.validation!;
    const over = (batches: Batch[], some: Replica[]) =>
      evaluate(
        this.replicas,
        this.plan,
        this.covering,
        batches,
        this.domains,
        some.map((replica) => this.active.indexOf(replica)),
        () => this.breathe(),
      );
    await this.aside(async () => {
      const points = await over(curve, due);
      due.forEach((replica, n) => replica.evaluated(points[n]));
      // the curve keeps its windows to its end, so that it has no jump there; the summary is of more
      const last = due.filter((replica) => replica.isLast);
      const summaries =
        final === curve ? due.flatMap((replica, n) => (replica.isLast ? [points[n]] : [])) : last.length > 0 ? await over(final, last) : [];
      last.forEach((replica, n) => replica.summarised(summaries[n]));
    });
  }

  private async endWhatEnded(): Promise<void> {
    const over = this.active.filter((replica) => replica.divergedAt !== null || replica.isLast);
    if (over.length === 0) return;
    const ends: [Replica, RunEnd][] = [];
    await this.aside(async () => {
      for (const replica of over) ends.push([replica, await replica.ending(this.memoryOf(replica), this.backend.info)]);
    });
    await this.end(ends);
  }

  private async end(ends: [Replica, RunEnd][]): Promise<void> {
    for (const [replica, end] of ends) {
      this.flush(replica, 0);
      this.listener.onEnd(replica.run, end);
    }
    await this.remove(ends.map(([replica]) => replica));
  }

  /** Takes runs off the device; those behind them move up, so that the device never computes for a run that is gone. */
  private async remove(gone: Replica[]): Promise<void> {
    const count = this.active.length - gone.length;
    const free = gone.map((replica) => this.active.indexOf(replica)).filter((place) => place < count);
    await this.aside(async () => {
      for (const [place, replica] of this.active.entries()) {
        if (place < count || gone.includes(replica)) continue;
        const to = free.shift()!;
        await copyReplica(this.replicas.memory(place), this.replicas.memory(to), this.plan);
        this.active[to] = replica;
      }
      this.active.length = this.replicas.count = count;
    });
  }

  private checkpointIsDue({ config, lastCheckpoint }: Replica, time: number): boolean {
    const every = config.train.checkpointEverySeconds;
    return time - lastCheckpoint > (every === 0 ? 0 : Math.max(every * 1000, this.checkpointMilliseconds / checkpointShare));
  }

  private async save(due: Replica[]): Promise<void> {
    const runs = due.filter((replica) => this.active.includes(replica));
    if (runs.length === 0) return;
    await this.aside(async () => {
      const begun = performance.now();
      for (const replica of runs) {
        this.flush(replica, 0);
        await this.listener.onCheckpoint(replica.run, replica.step, await this.checkpointOf(replica));
        replica.lastCheckpoint = performance.now();
      }
      this.checkpointMilliseconds = performance.now() - begun;
    });
  }

  private checkpointOf(replica: Replica): Promise<Uint8Array> {
    return replica.checkpoint(this.memoryOf(replica));
  }

  private memoryOf(replica: Replica): ReplicaMemory {
    return this.replicas.memory(this.active.indexOf(replica));
  }

  private asked(replica: Replica): Control {
    return this.control.runs[replica.run];
  }

  private flush(replica: Replica, apart: number): void {
    const events = replica.flush(apart);
    if (events.length > 0) this.listener.onMetrics(replica.run, events);
  }

  /** Work that is no training, on a device that has nothing left to do: the clock stands still. */
  private async aside<T>(work: () => Promise<T>): Promise<T> {
    await this.steps.settle(0);
    this.stopClock();
    try {
      return await work();
    } finally {
      this.startClock();
    }
  }

  private secondsOf(replica: Replica): number {
    return replica.seconds + (performance.now() - this.clock) / 1000;
  }

  private stopClock(): void {
    for (const replica of this.active) replica.seconds = this.secondsOf(replica);
  }

  private startClock(): void {
    this.clock = performance.now();
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.lastBreath < breathEveryMilliseconds) return;
    await this.control.breathe();
    this.lastBreath = performance.now();
  }
}
