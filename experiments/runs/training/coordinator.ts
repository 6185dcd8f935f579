/** Owns the queue, the workers and what is known of every run; performs what the schedule decides and tells what happens. */
import type { BackendName } from "../../../engine/backends/backend.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import type { DomainText } from "../../../engine/data/domain-text.ts";
import type { MetricEvent } from "../../../engine/train/protocol.ts";
import type { ExperimentResult, RunResult } from "../../results.ts";
import type { OpenExecutor } from "./executors.ts";
import { groupRules } from "./groups.ts";
import { LiveRun } from "./live-run.ts";
import type { ExperimentPlan } from "../plan/plan.ts";
import { progressOf, type StudyProgress } from "./progress.ts";
import { buildExperimentResult } from "./result.ts";
import { RunControl } from "./run-control.ts";
import { advance, emptySchedule, isEnded, type Schedule, type ScheduleCommand, type ScheduleEvent } from "./schedule.ts";
import type { RunStore } from "../store/store.ts";
import { trainGroup } from "./train-group.ts";
import { TrainingRun } from "./train-run.ts";
import { WorkerPool } from "./worker-pool.ts";

export type CoordinatorEvent =
  | { type: "run"; study: string; run: string; result: RunResult }
  /** appended to the run's curve, replacing what was there from the first of these steps on */
  | { type: "metrics"; study: string; run: string; events: MetricEvent[] }
  | { type: "checkpoint"; study: string; run: string; step: number }
  | { type: "progress"; study: string; progress: StudyProgress }
  | { type: "message"; study: string; text: string }
  /** what runs that have not made a step yet are waiting for, e.g. "compiling kernels 12 of 40"; takes the place of what they waited for before */
  | { type: "preparing"; study: string; runs: string[]; text: string }
  | { type: "finished"; study: string; result: ExperimentResult };

export interface CoordinatorOptions {
  store: RunStore;
  openExecutor: OpenExecutor;
  /** groups of runs that train at once */
  workers: number;
  /** how many runs of a program one worker trains side by side; left out: one */
  replicas?(program: RunConfig): number;
  backend: BackendName;
  /** the frozen text of these domains, in this order */
  domains(names: readonly string[]): Promise<DomainText[]>;
  now?: () => Date;
  /** milliseconds after which a run that another process holds is tried again */
  retryAfter?: number;
}

export interface SubmitOptions {
  /** train even what the store has */
  fresh?: boolean;
}

/** One experiment being run. */
export interface Study {
  readonly id: string;
  readonly plan: ExperimentPlan;
  /** every run's state so far, in the plan's order */
  runs(): RunResult[];
  progress(): StudyProgress;
  /** resolves when every run has ended, however it did; what was stopped has status "stopped" */
  readonly finished: Promise<ExperimentResult>;
  pause(): void;
  resume(): void;
  /** ends all runs of the study; those that train keep a checkpoint */
  stop(): void;
  /** ends one run, by its id in the plan */
  cancel(run: string): void;
}

interface StudyState {
  id: string;
  plan: ExperimentPlan;
  runs: LiveRun[];
  texts: DomainText[];
  fresh: boolean;
  /** the store has been asked and the texts are there */
  ready: boolean;
  settle(result: ExperimentResult): void;
  fail(error: unknown): void;
}

export class Coordinator {
  private readonly options: CoordinatorOptions;
  private readonly pool: WorkerPool;
  private readonly listeners = new Set<(event: CoordinatorEvent) => void>();
  private readonly studies = new Map<string, StudyState>();
  /** by id in the schedule: study / run */
  private readonly live = new Map<string, LiveRun>();
  private readonly controls = new Map<string, RunControl>();
  private readonly replicas: (program: RunConfig) => number;
  private readonly working = new Set<Promise<void>>();
  private schedule: Schedule;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private submitted = 0;

  constructor(options: CoordinatorOptions) {
    this.options = options;
    this.pool = new WorkerPool(options.openExecutor);
    this.replicas = options.replicas ?? (() => 1);
    this.schedule = emptySchedule(Math.max(1, options.workers));
  }

  subscribe(listener: (event: CoordinatorEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Starts an experiment; runs that the store has are taken from it at once. */
  submit(plan: ExperimentPlan, { fresh = false }: SubmitOptions = {}): Study {
    const id = `${plan.experiment.id}#${++this.submitted}`;
    const runs = plan.runs.map((run) => new LiveRun(run, id));
    for (const run of runs) this.live.set(scheduleId(run), run);
    let state!: StudyState;
    const finished = new Promise<ExperimentResult>((settle, fail) => {
      state = { id, plan, runs, texts: [], fresh, ready: false, settle, fail };
    });
    finished.catch(() => {}); // whoever waits for it hears of it
    this.studies.set(id, state);
    const groups = groupRules(
      plan.runs.map(({ config }) => config),
      this.replicas,
    );
    this.dispatch({
      type: "submit",
      study: id,
      runs: runs.map((run, n) => ({ id: scheduleId(run), key: run.planned.key, group: groups[n] })),
    });
    this.track(this.begin(state));
    return {
      id,
      plan,
      finished,
      runs: () => runs.map((run) => run.result()),
      progress: () => this.progress(state),
      pause: () => this.dispatch({ type: "pause", study: id }),
      resume: () => this.dispatch({ type: "resume", study: id }),
      stop: () => this.dispatch({ type: "stop", study: id }),
      cancel: (run) => this.dispatch({ type: "cancel", run: `${id}/${run}` }),
    };
  }

  /** Changes how many runs train at once; with fewer, those that train go on to their end. */
  setWorkers(workers: number): void {
    this.dispatch({ type: "slots", slots: Math.max(1, workers) });
  }

  /** Stops everything, keeps checkpoints, ends the workers. */
  async close(): Promise<void> {
    for (const study of this.studies.keys()) this.dispatch({ type: "stop", study });
    while (this.working.size > 0) await Promise.all(this.working);
    if (this.retry) clearTimeout(this.retry);
    await this.pool.close();
  }

  private async begin(state: StudyState): Promise<void> {
    try {
      state.texts = await this.options.domains(state.plan.experiment.domains);
      for (const run of state.fresh ? [] : state.runs) {
        const result = await this.options.store.find(run.planned.key);
        if (!result || isEnded(run.status)) continue;
        run.take(result, await this.options.store.events(run.planned.key), true);
        this.dispatch({ type: "ended", run: scheduleId(run), ending: result.status });
      }
      state.ready = true;
      this.dispatch({ type: "ready", study: state.id });
    } catch (error) {
      this.dispatch({ type: "stop", study: state.id });
      this.studies.delete(state.id);
      state.fail(error);
    }
  }

  private dispatch(event: ScheduleEvent): void {
    const before = this.schedule;
    const { schedule, commands } = advance(before, event);
    this.schedule = schedule;
    for (const command of commands) this.perform(command);
    const changed = new Set<string>();
    schedule.runs.forEach((run, i) => {
      if (before.runs[i]?.status === run.status) return;
      const live = this.live.get(run.id)!;
      live.status = run.status;
      changed.add(run.study);
      this.emit({ type: "run", study: run.study, run: live.planned.id, result: live.result() });
    });
    for (const study of event.type === "ready" ? [event.study] : changed) this.report(study);
  }

  private perform(command: ScheduleCommand): void {
    switch (command.type) {
      case "start":
        return this.track(this.train(command.runs, command.slot));
      case "pause":
      case "resume":
      case "stop":
        return this.controls.get(command.run)?.[command.type]();
      case "replace":
        return this.track(this.pool.replace(command.slot));
      case "adopt": {
        const [run, from] = [this.live.get(command.run)!, this.live.get(command.from)!];
        const { metrics, error, divergedAt, step, seconds, provenance, events, cached } = from;
        Object.assign(run, { metrics, error, divergedAt, step, seconds, provenance, cached, events: [...events] });
      }
    }
  }

  private async train(ids: string[], slot: number): Promise<void> {
    const runs = ids.map((id) => this.training(id));
    const { study } = runs[0].run;
    await trainGroup(runs, {
      executor: () => this.pool.get(slot),
      onEnd: (ended) => this.ended(ended),
      onMessage: (text) => this.emit({ type: "message", study, text }),
      onPreparing: (preparing, text) => this.emit({ type: "preparing", study, runs: preparing.map(({ run }) => run.planned.id), text }),
    });
  }

  private training(id: string): TrainingRun {
    const run = this.live.get(id)!;
    const study = this.studies.get(run.study)!;
    const { store, backend, now = () => new Date() } = this.options;
    const control = new RunControl();
    this.controls.set(id, control);
    return new TrainingRun(run, {
      store,
      backend,
      control,
      now,
      dataHash: study.plan.dataHash,
      texts: study.texts,
      fresh: study.fresh && !run.started,
      onMetrics: (events) => {
        this.emit({ type: "metrics", study: run.study, run: run.planned.id, events });
        this.emit({ type: "progress", study: run.study, progress: this.progress(study) });
      },
      onCheckpoint: (step) => this.emit({ type: "checkpoint", study: run.study, run: run.planned.id, step }),
      onMessage: (text) => this.emit({ type: "message", study: run.study, text }),
    });
  }

  private ended(runs: TrainingRun[]): void {
    for (const { run } of runs) this.controls.delete(scheduleId(run));
    for (const { run, end } of runs) {
      if (end?.type === "locked") this.retryLater(run);
      if (end?.type === "ended" || end?.type === "locked") this.dispatch({ ...end, run: scheduleId(run) });
    }
    const lost = runs.filter(({ end }) => end?.type === "lost").map(({ run }) => run);
    if (lost.length === 0) return;
    const [{ study, planned, error }] = lost;
    this.emit({ type: "message", study, text: `${lost.length === 1 ? planned.id : `${lost.length} runs side by side`}: ${error}` });
    this.dispatch({ type: "lost", runs: lost.map(scheduleId) });
  }

  private retryLater({ study, planned }: LiveRun): void {
    this.emit({
      type: "message",
      study,
      text: `${planned.id} is being trained by another process; its result will be taken from the store.`,
    });
    this.retry ??= setTimeout(() => {
      this.retry = null;
      this.dispatch({ type: "retry" });
    }, this.options.retryAfter ?? 2000);
  }

  private progress({ runs }: StudyState): StudyProgress {
    return progressOf(runs, this.schedule.slots * Math.max(...this.schedule.runs.map(({ group }) => group.size)));
  }

  private report(id: string): void {
    const state = this.studies.get(id);
    if (!state?.ready) return;
    this.emit({ type: "progress", study: id, progress: this.progress(state) });
    // a run has its result a moment before its end is told: a study that is finished has told all of them
    if (!this.schedule.runs.every((run) => run.study !== id || isEnded(run.status))) return;
    this.studies.delete(id);
    try {
      const result = buildExperimentResult(
        state.plan,
        state.runs.map((run) => run.result()),
        state.texts,
      );
      this.emit({ type: "finished", study: id, result });
      state.settle(result);
    } catch (error) {
      state.fail(error);
    }
  }

  private emit(event: CoordinatorEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private track(work: Promise<void>): void {
    this.working.add(work);
    void work.finally(() => this.working.delete(work));
  }
}

const scheduleId = (run: LiveRun): string => `${run.study}/${run.planned.id}`;
