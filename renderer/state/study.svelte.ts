import type { CoordinatorEvent } from "../../experiments/runs/training/coordinator.ts";
import type { ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import type { StudyProgress } from "../../experiments/runs/training/progress.ts";
import { buildExperimentResult } from "../../experiments/runs/training/result.ts";
import { describeExperiment } from "../../experiments/statistics/sentence.ts";
import type { ExperimentResult, MetricEvent, RunResult, RunStatus } from "../../experiments/results.ts";

/** What a panel may ask of a study. */
export interface StudyCommands {
  pause(): void;
  resume(): void;
  stop(): void;
  /** one run, by its id in the plan */
  cancel(run: string): void;
}

export type StudyState = "planned" | "running" | "paused" | "finished";

export interface LogLine {
  time: Date;
  text: string;
}

/** Drawing more often than this helps no eye and costs frames. */
const refreshMilliseconds = 100;

/**
 * One experiment as a panel shows it: its plan before a run, its runs while they train, its result after. Events are
 * gathered as they come and shown at most ten times a second.
 */
export class StudyView {
  readonly plan: ExperimentPlan;
  readonly commands: StudyCommands;
  /** id of the study in the coordinator, once submitted */
  study = $state<string | null>(null);
  /** ids of runs whose result the store has */
  cached = $state.raw<ReadonlySet<string>>(new Set());
  runs = $state.raw<RunResult[]>([]);
  progress = $state.raw<StudyProgress | null>(null);
  /** what the newest runs wait for before their first step: kernels that are compiled */
  preparing = $state<string | null>(null);
  /** the evidence so far: complete once the study has finished */
  result = $state.raw<ExperimentResult | null>(null);
  /** what an earlier version of the experiment has shown: it stays on the page until this one has something to show */
  previous = $state.raw<ExperimentResult | null>(null);
  log = $state.raw<LogLine[]>([]);
  state = $state<StudyState>("planned");
  /** seconds that training would take, where this machine's speed is known */
  expectedSeconds = $state<number | null>(null);

  private readonly byId = new Map<string, RunResult>();
  private waiting: LogLine[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private finalResult: ExperimentResult | null = null;

  constructor(plan: ExperimentPlan, commands: StudyCommands, cached: Iterable<string> = []) {
    this.plan = plan;
    this.commands = commands;
    this.cached = new Set(cached);
  }

  /** The newest there is to show. */
  get evidence(): ExperimentResult | null {
    return this.result ?? this.previous;
  }

  /** The evidence in one sentence, once there is any. */
  get headline(): string | null {
    // What is shown is refreshed a moment after the end; what is announced must be the end.
    const evidence = this.finalResult ?? this.result;
    return evidence === null ? null : (describeExperiment(evidence)[0] ?? null);
  }

  /** A run's state by its id in the plan, or null before it has one. */
  runOf(id: string): RunResult | null {
    const planned = this.plan.runs.find((run) => run.id === id);
    return this.runs.find((run) => run.arm === planned?.arm && run.seedIndex === planned.seedIndex) ?? null;
  }

  apply(event: CoordinatorEvent): void {
    switch (event.type) {
      case "run": {
        const before = this.byId.get(event.run);
        this.byId.set(event.run, { ...event.result, events: event.result.events ?? before?.events ?? [] });
        const told = before?.status === event.result.status ? null : statusLine(event.result);
        if (told) this.say(told);
        this.state = this.paused() ? "paused" : "running";
        break;
      }
      case "metrics":
        this.waitingPreparing = null;
        this.append(event.run, event.events);
        break;
      case "checkpoint":
        this.say(`${this.nameOf(event.run)}: checkpoint at step ${event.step}`);
        break;
      case "progress":
        this.waitingProgress = event.progress;
        break;
      case "preparing":
        this.waitingPreparing = event.text;
        break;
      case "message":
        this.say(event.text);
        break;
      case "finished":
        this.waitingPreparing = null;
        this.finalResult = event.result;
        for (const run of event.result.arms.flatMap((arm) => arm.runs)) {
          const planned = this.plan.runs.find((p) => p.arm === run.arm && p.seedIndex === run.seedIndex);
          if (planned) this.byId.set(planned.id, { ...run, events: run.events ?? this.byId.get(planned.id)?.events ?? [] });
        }
        this.state = "finished";
        break;
    }
    this.timer ??= setTimeout(() => this.refresh(), refreshMilliseconds);
  }

  private waitingProgress: StudyProgress | null = null;
  private waitingPreparing: string | null = null;

  /** Replaces a run's curve from the first of these steps on: a resumed run repeats steps after its checkpoint. */
  private append(id: string, events: MetricEvent[]): void {
    const run = this.byId.get(id);
    if (!run || events.length === 0) return;
    const kept = run.events ?? [];
    let end = kept.length;
    while (end > 0 && kept[end - 1].step >= events[0].step) end--;
    const last = events[events.length - 1];
    this.byId.set(id, { ...run, events: [...kept.slice(0, end), ...events], steps: last.step, tokens: last.tokens, seconds: last.seconds });
  }

  private refresh(): void {
    this.timer = null;
    this.runs = this.plan.runs.flatMap((planned) => this.byId.get(planned.id) ?? []);
    if (this.waitingProgress) this.progress = this.waitingProgress;
    this.preparing = this.waitingPreparing;
    if (this.waiting.length > 0) this.log = [...this.log, ...this.waiting];
    this.waiting = [];
    const evidence = this.finalResult ?? (this.runs.length > 0 ? buildExperimentResult(this.plan, this.runs, []) : null);
    this.result = evidence && {
      ...evidence,
      arms: evidence.arms.map((arm) => ({ ...arm, runs: this.runs.filter((run) => run.arm === arm.name) })),
    };
  }

  private say(text: string): void {
    this.waiting.push({ time: new Date(), text });
  }

  private nameOf(id: string): string {
    const run = this.byId.get(id);
    return run ? `${run.arm}, seed ${run.seed.init}` : id;
  }

  private paused(): boolean {
    const statuses = [...this.byId.values()].map((run) => run.status);
    return statuses.includes("paused") && !statuses.includes("running");
  }
}

const words: Partial<Record<RunStatus, string>> = {
  running: "training",
  done: "done",
  diverged: "diverged",
  failed: "failed",
  stopped: "stopped",
  paused: "paused",
};

function statusLine(run: RunResult): string | null {
  const word = words[run.status];
  if (!word) return null;
  const name = `${run.arm}, seed ${run.seed.init}`;
  if (run.cached && run.status === "done") return `${name}: taken from the store`;
  return `${name}: ${word}${run.divergedAt !== null ? ` at step ${run.divergedAt}` : ""}${run.error ? ` — ${run.error}` : ""}`;
}
