/** All experiments of a window, and the coordinator that trains them. */
import { proxy, wrap, type Remote } from "comlink";
import type { BackendName } from "../../engine/backends/backend.ts";
import type { CoordinatorEvent } from "../../experiments/runs/coordinator.ts";
import { experimentId } from "../../experiments/runs/spec.ts";
import type { ExperimentRequest } from "../../experiments/notebook/kernel-protocol.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { RunStore } from "../../experiments/runs/store.ts";
import CoordinatorWorker from "../workers/coordinator.worker.ts?worker";
import type { CoordinatorService, Devices } from "../workers/coordinator-service.ts";
import { shareStore } from "../workers/remote-store.ts";
import { StudyState } from "./study.svelte.ts";

/** The window keeps one core for itself while a person looks at it. */
const workerCount = (): number => Math.max(1, navigator.hardwareConcurrency - 1);

export class Studies {
  readonly workers = workerCount();
  backend = $state<BackendName>("cpu");
  devices = $state.raw<Devices | null>(null);
  /** by experiment id; the newest plan or run of each */
  byExperiment = $state.raw<ReadonlyMap<string, StudyState>>(new Map());

  private readonly service: Remote<CoordinatorService>;
  private readonly submitted = new Map<string, StudyState>();
  private readonly early = new Map<string, CoordinatorEvent[]>();
  private opened: Promise<void> | null = null;
  private readonly store: RunStore;

  constructor(store: RunStore) {
    this.store = store;
    this.service = wrap<CoordinatorService>(new CoordinatorWorker({ name: "coordinator" }));
  }

  get activeRuns(): number {
    return [...this.byExperiment.values()].reduce((sum, study) => sum + study.activeRuns, 0);
  }

  get runningRuns(): number {
    return [...this.byExperiment.values()].reduce((sum, study) => sum + (study.phase === "running" ? (study.progress?.running ?? 0) : 0), 0);
  }

  get tokensPerSecond(): number {
    return [...this.byExperiment.values()].reduce((sum, study) => sum + (study.phase === "running" ? (study.progress?.tokensPerSecond ?? 0) : 0), 0);
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
  async plan(request: ExperimentRequest): Promise<StudyState> {
    await this.open();
    const { plan, cached } = await this.service.plan(request);
    const study = new StudyState(plan, cached);
    const current = this.byExperiment.get(plan.experiment.id);
    const sameRuns = current !== undefined && current.plan.runs.map((run) => run.key).join() === plan.runs.map((run) => run.key).join();
    // A plan of what is training or trained already adds nothing to it.
    if (sameRuns && current.phase !== "planned") return current;
    if (current && current.activeRuns > 0) return study;
    this.remember(study);
    return study;
  }

  /** Trains an experiment, or takes it from the store. */
  async run(request: ExperimentRequest, { fresh = false } = {}): Promise<ExperimentResult> {
    await this.open();
    const { plan, cached } = await this.service.plan(request);
    const study = new StudyState(plan, cached);
    study.phase = "running";
    this.remember(study);
    const id = await this.service.submit(plan, { fresh });
    study.id = id;
    this.submitted.set(id, study);
    const finished = new Promise<ExperimentResult>((resolve, reject) => {
      this.waiting.set(id, resolve);
      this.service.finished(id).catch((error: unknown) => {
        study.phase = "finished";
        study.say(error instanceof Error ? error.message : String(error));
        reject(error);
      });
    });
    for (const event of this.early.get(id) ?? []) this.take(event);
    this.early.delete(id);
    return finished;
  }

  private readonly waiting = new Map<string, (result: ExperimentResult) => void>();

  pause(study: StudyState): void {
    if (study.id === null) return;
    study.phase = "paused";
    void this.service.command(study.id, "pause");
  }

  resume(study: StudyState): void {
    if (study.id === null) return;
    study.phase = "running";
    void this.service.command(study.id, "resume");
  }

  stop(study: StudyState): void {
    if (study.id !== null) void this.service.command(study.id, "stop");
  }

  cancel(study: StudyState, run: string): void {
    if (study.id !== null) void this.service.cancel(study.id, run);
  }

  studiesOf(cell: string): StudyState[] {
    return [...this.byExperiment.values()].filter((study) => study.plan.experiment.cell === cell);
  }

  of(request: ExperimentRequest): StudyState | null {
    return this.byExperiment.get(experimentId(request)) ?? null;
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

  private remember(study: StudyState): void {
    this.byExperiment = new Map(this.byExperiment).set(study.plan.experiment.id, study);
  }

  private take(event: CoordinatorEvent): void {
    const study = this.submitted.get(event.study);
    if (!study) {
      this.early.set(event.study, [...(this.early.get(event.study) ?? []), event]);
      return;
    }
    study.take(event);
    if (event.type === "finished") {
      this.waiting.get(event.study)?.(event.result);
      this.waiting.delete(event.study);
    }
  }
}
