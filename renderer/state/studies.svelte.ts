/** All experiments of a window, and the coordinator that trains them. */
import { proxy, wrap, type Remote } from "comlink";
import type { BackendName } from "../../engine/backends/backend.ts";
import type { CoordinatorEvent } from "../../experiments/runs/coordinator.ts";
import { expectedSeconds } from "../../experiments/runs/cost.ts";
import type { ExperimentPlan } from "../../experiments/runs/plan.ts";
import type { ExperimentRequest } from "../../experiments/notebook/kernel-protocol.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { RunStore } from "../../experiments/runs/store.ts";
import CoordinatorWorker from "../workers/coordinator.worker.ts?worker";
import type { CoordinatorService, Devices } from "../workers/coordinator-service.ts";
import { shareStore } from "../workers/remote-store.ts";
import { StudyView } from "./study.svelte.ts";

/** The window keeps one core for itself while a person looks at it. */
const workerCount = (): number => Math.max(1, navigator.hardwareConcurrency - 1);

export class Studies {
  readonly workers = workerCount();
  backend = $state<BackendName>("cpu");
  devices = $state.raw<Devices | null>(null);
  /** by experiment id; the newest plan or run of each */
  byExperiment = $state.raw<ReadonlyMap<string, StudyView>>(new Map());

  /** one worker's speed in the newest training, with what a token cost there */
  private measured = $state.raw<{ tokensPerSecond: number; flopsPerToken: number } | null>(null);

  private readonly service: Remote<CoordinatorService>;
  private readonly submitted = new Map<string, StudyView>();
  /** events that came before the study they belong to was known by its id */
  private readonly early = new Map<string, CoordinatorEvent[]>();
  private readonly waiting = new Map<string, (result: ExperimentResult) => void>();
  private opened: Promise<void> | null = null;
  private readonly store: RunStore;

  constructor(store: RunStore) {
    this.store = store;
    this.service = wrap<CoordinatorService>(new CoordinatorWorker({ name: "coordinator" }));
  }

  /** runs that train or wait */
  get activeRuns(): number {
    return this.sum((study) => (isActive(study) ? study.plan.runs.length - (study.progress?.ended ?? 0) : 0));
  }

  get runningRuns(): number {
    return this.sum((study) => (isActive(study) ? (study.progress?.running ?? 0) : 0));
  }

  get tokensPerSecond(): number {
    return this.sum((study) => (isActive(study) ? (study.progress?.tokensPerSecond ?? 0) : 0));
  }

  /** Evidence by experiment id, for figures in cells: finished, or what the runs have shown so far. */
  get evidence(): ReadonlyMap<string, ExperimentResult> {
    return new Map([...this.byExperiment].flatMap(([id, study]) => (study.result ? [[id, study.result] as const] : [])));
  }

  /** Seconds that a plan would take at the speed the last training here had, or null before there was one. */
  expectedSeconds(study: StudyView): number | null {
    const speed = this.measured;
    const missing = study.plan.runs.filter((run) => !study.cached.has(run.id));
    const costs = missing.map((run) => study.plan.arms.find((arm) => arm.name === run.arm)!.cost);
    return speed === null ? null : expectedSeconds(costs, speed, this.workers);
  }

  async findDevices(): Promise<void> {
    this.devices = await this.service.devices();
    const names = this.devices.available.map((device) => device.name);
    if (!names.includes(this.backend)) this.backend = names[0] ?? "reference";
  }

  async chooseBackend(backend: BackendName): Promise<void> {
    this.backend = backend;
    this.opened = null; // the next plan opens the coordinator anew
  }

  private open(): Promise<void> {
    this.opened ??= this.service.open({ workers: this.backend === "webgpu" ? 1 : this.workers, backend: this.backend }, shareStore(this.store) as never, proxy((event: CoordinatorEvent) => this.take(event)));
    return this.opened;
  }

  /** Resolves the spec and shows what it would train. @throws SpecError */
  async plan(request: ExperimentRequest): Promise<StudyView> {
    await this.open();
    const { plan, cached } = await this.service.plan(request);
    const current = this.byExperiment.get(plan.experiment.id);
    const sameRuns = current !== undefined && keysOf(current) === plan.runs.map((run) => run.key).join();
    // A plan of what is training or has been trained already adds nothing to it.
    if (current && (isActive(current) || (sameRuns && current.state !== "planned"))) return current;
    const study = this.view(request, plan, cached);
    this.remember(study);
    return study;
  }

  /** Trains an experiment, or takes it from the store. */
  async run(request: ExperimentRequest, { fresh = false } = {}): Promise<{ result: ExperimentResult; cached: boolean }> {
    await this.open();
    const { plan, cached } = await this.service.plan(request);
    const study = this.view(request, plan, cached);
    study.state = "running";
    this.remember(study);
    const id = await this.service.submit(plan, { fresh });
    study.study = id;
    this.submitted.set(id, study);
    const finished = new Promise<ExperimentResult>((resolve, reject) => {
      this.waiting.set(id, resolve);
      this.service.finished(id).catch((error: unknown) => {
        study.apply({ type: "message", study: id, text: error instanceof Error ? error.message : String(error) });
        study.state = "planned";
        reject(error);
      });
    });
    for (const event of this.early.get(id) ?? []) this.take(event);
    this.early.delete(id);
    const result = await finished;
    return { result, cached: result.arms.every((arm) => arm.runs.every((run) => run.cached)) };
  }

  studiesOf(cell: string): StudyView[] {
    return [...this.byExperiment.values()].filter((study) => study.plan.experiment.cell === cell);
  }

  /** Forgets the studies of a notebook that is closed; what trains stops with checkpoints. */
  async clear(): Promise<void> {
    await this.close();
    this.byExperiment = new Map();
    this.submitted.clear();
  }

  async close(): Promise<void> {
    if (this.opened) await this.service.close();
    this.opened = null;
  }

  private remember(study: StudyView): void {
    this.byExperiment = new Map(this.byExperiment).set(study.plan.experiment.id, study);
  }

  private view(request: ExperimentRequest, plan: ExperimentPlan, cached: string[]): StudyView {
    const command = (name: "pause" | "resume" | "stop"): void => {
      if (study.study !== null) void this.service.command(study.study, name);
    };
    const study: StudyView = new StudyView(
      plan,
      {
        run: ({ fresh }) => void this.run(request, { fresh }).catch(() => {}), // the study's log says why
        pause: () => command("pause"),
        resume: () => command("resume"),
        stop: () => command("stop"),
        cancel: (run) => {
          if (study.study !== null) void this.service.cancel(study.study, run);
        },
      },
      cached,
    );
    return study;
  }

  private sum(of: (study: StudyView) => number): number {
    return [...this.byExperiment.values()].reduce((sum, study) => sum + of(study), 0);
  }

  private take(event: CoordinatorEvent): void {
    const study = this.submitted.get(event.study);
    if (!study) {
      this.early.set(event.study, [...(this.early.get(event.study) ?? []), event]);
      return;
    }
    study.apply(event);
    if (event.type === "run" && event.result.status === "done" && !event.result.cached && event.result.metrics) {
      const { flopsPerToken } = study.plan.arms.find((arm) => arm.name === event.result.arm)!.cost;
      this.measured = { tokensPerSecond: event.result.metrics.tokensPerSecond, flopsPerToken };
    }
    if (event.type === "finished") {
      this.waiting.get(event.study)?.(event.result);
      this.waiting.delete(event.study);
    }
  }
}

const isActive = (study: StudyView): boolean => study.state === "running" || study.state === "paused";
const keysOf = (study: StudyView): string => study.plan.runs.map((run) => run.key).join();
