/** All experiments of a window, and the coordinator that trains them. */
import { proxy, wrap, type Remote } from "comlink";
import * as v from "valibot";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { CoordinatorEvent } from "../../experiments/runs/training/coordinator.ts";
import type { StudyChoice } from "../../experiments/runs/devices/choose-backend.ts";
import type { ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import type { ExperimentRequest } from "../../experiments/request.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { RateStore } from "../../experiments/runs/devices/rates.ts";
import type { RunStore } from "../../experiments/runs/store/store.ts";
import CoordinatorWorker from "../workers/coordinator.worker.ts?worker";
import type { BackendWish, CoordinatorService, Devices, PlanReport, StudySettings } from "../workers/coordinator-service.ts";
import { shareStore } from "../workers/remote-store.ts";
import { readSetting, writeSetting } from "./settings.ts";
import { StudyView } from "./study.svelte.ts";

/** Workers have no local storage: what they measured is kept here. */
const storedRates: RateStore = {
  load: async () => localStorage.getItem("switchyard.rates"),
  save: async (text) => localStorage.setItem("switchyard.rates", text),
};

export class Studies {
  /** what the person wants to train on */
  wish = $state<BackendWish>(readSetting("backend", v.picklist(["auto", "cpu", "webgpu", "reference"]), "auto"));
  /** the newest choice, with its reason */
  choice = $state.raw<StudyChoice | null>(null);
  devices = $state.raw<Devices | null>(null);
  /** by experiment id; the newest plan or run of each */
  byExperiment = $state.raw<ReadonlyMap<string, StudyView>>(new Map());

  private readonly service: Remote<CoordinatorService>;
  private readonly submitted = new Map<string, StudyView>();
  /** events that came before the study they belong to was known by its id */
  private readonly early = new Map<string, CoordinatorEvent[]>();
  private readonly waiting = new Map<string, (result: ExperimentResult) => void>();
  private opened: Promise<void> | null = null;
  private readonly tableKnown: Promise<void>;
  readonly store: RunStore;

  /** @param kernelTable the user's table of kernels: workers cannot read files */
  constructor(store: RunStore, kernelTable: Promise<KernelTable | null>) {
    this.store = store;
    this.service = wrap<CoordinatorService>(new CoordinatorWorker({ name: "coordinator" }));
    // without it the table that Switchyard brings holds
    this.tableKnown = kernelTable.catch(() => null).then((table) => this.service.useKernelTable(table));
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
    return new Map([...this.byExperiment].flatMap(([id, study]) => (study.evidence ? [[id, study.evidence] as const] : [])));
  }

  /** What was trained or taken from the store to its end. */
  get finished(): ExperimentResult[] {
    return [...this.byExperiment.values()].flatMap(({ state, result }) => (state === "finished" && result ? [result] : []));
  }

  async findDevices(): Promise<void> {
    await this.tableKnown;
    this.devices = await this.service.devices();
    const names = this.devices.available.map((device) => device.name);
    if (this.wish !== "auto" && !names.includes(this.wish)) this.wish = "auto";
  }

  chooseBackend(wish: BackendWish): void {
    this.wish = wish;
    this.choice = null;
    writeSetting("backend", wish);
  }

  /** While nobody can see the app, training takes every core. */
  async setHidden(hidden: boolean): Promise<void> {
    await this.service.setHidden(hidden);
  }

  private open(): Promise<void> {
    this.opened ??= this.tableKnown.then(() =>
      this.service.open(
        shareStore(this.store) as never,
        proxy(storedRates) as never,
        proxy((event: CoordinatorEvent) => this.take(event)),
      ),
    );
    return this.opened;
  }

  /** Resolves the spec and shows what it would train. @throws SpecError */
  async plan(request: ExperimentRequest, settings: StudySettings): Promise<StudyView> {
    await this.open();
    const { plan, cached, expectedSeconds } = await this.service.plan(request, settings, this.wish);
    const current = this.byExperiment.get(plan.experiment.id);
    const sameRuns = current !== undefined && keysOf(current) === plan.runs.map((run) => run.key).join();
    // A plan of what is training or has been trained already adds nothing to it.
    if (current && (isActive(current) || (sameRuns && current.state !== "planned"))) return current;
    const study = this.view(plan, cached);
    study.expectedSeconds = expectedSeconds;
    this.remember(study);
    return study;
  }

  /** What would be trained and how long it would take, shown nowhere. @throws SpecError */
  async planOf(request: ExperimentRequest, settings: StudySettings): Promise<PlanReport> {
    await this.open();
    return this.service.plan(request, settings, this.wish);
  }

  /** Trains an experiment, or takes it from the store. */
  async run(
    request: ExperimentRequest,
    settings: StudySettings,
    { fresh = false } = {},
  ): Promise<{ result: ExperimentResult; cached: boolean }> {
    await this.open();
    const { plan, cached } = await this.service.plan(request, settings, this.wish);
    const study = this.view(plan, cached);
    study.state = "running";
    this.remember(study);
    const id = await this.submit(study, fresh);
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

  private async submit(study: StudyView, fresh: boolean): Promise<string> {
    try {
      const { study: id, choice } = await this.service.submit(study.plan, this.wish, { fresh });
      this.choice = choice;
      study.study = id;
      if (study.cached.size < study.plan.runs.length || fresh)
        study.apply({ type: "message", study: id, text: `${choice.info.adapter}: ${choice.why}` });
      return id;
    } catch (error) {
      study.state = "planned";
      throw error;
    }
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
    const before = this.byExperiment.get(study.plan.experiment.id);
    study.previous = before?.evidence ?? null;
    this.byExperiment = new Map(this.byExperiment).set(study.plan.experiment.id, study);
  }

  private view(plan: ExperimentPlan, cached: string[]): StudyView {
    const command = (name: "pause" | "resume" | "stop"): void => {
      if (study.study !== null) void this.service.command(study.study, name);
    };
    const study: StudyView = new StudyView(
      plan,
      {
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
    if (event.type === "finished") {
      this.waiting.get(event.study)?.(event.result);
      this.waiting.delete(event.study);
    }
  }
}

const isActive = (study: StudyView): boolean => study.state === "running" || study.state === "paused";
const keysOf = (study: StudyView): string => study.plan.runs.map((run) => run.key).join();
