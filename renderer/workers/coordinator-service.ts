/** What the page asks of its coordinator. The coordinator runs in a worker of its own, so that drawing never waits for it. */
import type { Remote } from "comlink";
import type { BackendName } from "../../engine/backends/backend.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import { domainNames } from "../../engine/data/corpus.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { chooseBackend, type Devices } from "../../experiments/runs/devices/backend-choice.ts";
import { chooseForStudy, type StudyChoice } from "../../experiments/runs/devices/choose-backend.ts";
import { Coordinator, type CoordinatorEvent, type Study } from "../../experiments/runs/training/coordinator.ts";
import type { OpenExecutor } from "../../experiments/runs/training/executors.ts";
import { replicasOn } from "../../experiments/runs/training/groups.ts";
import { fittingWorkers } from "../../experiments/runs/cost/memory-limits.ts";
import { lookUp, planExperiment, type ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import { Rates, type RateStore } from "../../experiments/runs/devices/rates.ts";
import type { Override } from "../../experiments/request.ts";
import { experimentId, resolveExperiment } from "../../experiments/runs/spec/spec.ts";
import type { RunStore } from "../../experiments/runs/store/store.ts";
import type { ExperimentRequest } from "../../experiments/request.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import { domainTexts, hashOf } from "./corpora.ts";
import { remoteStore, type SharedStore } from "./remote-store.ts";

export type { Devices } from "../../experiments/runs/devices/backend-choice.ts";
export type BackendWish = BackendName | "auto";

/** How an experiment is trained other than its cell says. */
export interface StudySettings {
  /** the budget's overrides */
  sets: readonly Override[];
  /** ids of the notebook's experiments: an override addressed to another one is not this one's concern */
  ids: readonly string[];
}

export interface PlanReport {
  plan: ExperimentPlan;
  /** ids of runs whose result is in the store */
  cached: string[];
  /** seconds that training the others would take, where this machine's speed is known */
  expectedSeconds: number | null;
}

export interface Submitted {
  /** id of the study, which all its events carry; events may arrive before this is known */
  study: string;
  choice: StudyChoice;
}

/** Chromium tells at most 8 GiB; machines that train have that. */
const machineBytes = (navigator as { deviceMemory?: number }).deviceMemory
  ? (navigator as { deviceMemory?: number }).deviceMemory! * 2 ** 30
  : 8 * 2 ** 30;

/** The window keeps one core for itself while a person can see it; one worker keeps a GPU busy. */
const workersOn = (backend: BackendName): number => (backend === "webgpu" ? 1 : Math.max(1, navigator.hardwareConcurrency - 1));

interface OpenCoordinator {
  coordinator: Coordinator;
  /** runs that train at once while somebody can see the window, and while nobody can */
  seen: number;
  hidden: number;
}

/** Every core, as far as memory reaches. */
async function workersWhileHidden(runs: readonly RunConfig[], { info, workers }: StudyChoice): Promise<number> {
  if (info.name === "webgpu" || workers < workersOn(info.name)) return workers;
  const kinds = new Map(
    runs.map((config) => [
      JSON.stringify([config.model, config.balance, config.train.batchSize, config.train.microBatch, config.train.seqLen]),
      config,
    ]),
  );
  const fit = await Promise.all(
    [...kinds.values()].map((config) => fittingWorkers(config, info, navigator.hardwareConcurrency, machineBytes)),
  );
  return Math.min(navigator.hardwareConcurrency, ...fit);
}

export class CoordinatorService {
  private readonly openExecutor: OpenExecutor;
  private store: RunStore | null = null;
  private rates = new Rates({ load: async () => null, save: async () => {} });
  private kernelTable: KernelTable | null = null;
  private listener: (event: CoordinatorEvent) => void = () => {};
  private known: Promise<Devices> | null = null;
  /** one per backend and number of workers, made when a study first needs it */
  private readonly coordinators = new Map<string, OpenCoordinator>();
  private hidden = false;
  /** how often the number of workers has changed under studies */
  private changes = 0;
  private readonly studies = new Map<string, Study>();
  /** tells the studies of one opening from those of the next: coordinators number them each for itself */
  private opening = 0;

  /** @param executors makes engine workers that are opened with the table of kernels of that moment */
  constructor(executors: (kernelTable: () => KernelTable | null) => OpenExecutor) {
    this.openExecutor = executors(() => this.kernelTable);
  }

  /** The user's table of kernels, which only the page's host can read; to be called before all else. */
  useKernelTable(table: KernelTable | null): void {
    this.kernelTable = table;
  }

  /** What can train here; asked once. */
  devices(): Promise<Devices> {
    this.known ??= this.askDevices();
    this.known.catch(() => (this.known = null));
    return this.known;
  }

  /** Starts over with this store; what trains is stopped with checkpoints first. */
  async open(store: Remote<SharedStore>, rates: Remote<RateStore>, listener: (event: CoordinatorEvent) => void): Promise<void> {
    await this.close();
    this.opening += 1;
    this.store = remoteStore(store);
    this.rates = new Rates({ load: () => rates.load(), save: (text) => rates.save(text) });
    this.listener = listener;
  }

  /** @throws SpecError with every problem of the spec */
  async plan(request: ExperimentRequest, { sets, ids }: StudySettings, wish: BackendWish): Promise<PlanReport> {
    const experiment = resolveExperiment(request, {
      domains: domainNames,
      metrics: Object.keys(metricDefinitions),
      sets,
      ids: [...new Set([...ids, experimentId(request)])],
      machineBytes,
    });
    const plan = planExperiment(experiment, await hashOf(experiment.domains));
    const { cached } = await lookUp(plan, this.openStore);
    const missing = plan.runs.filter((run) => !cached.has(run.id)).map((run) => run.config);
    return { plan, cached: [...cached], expectedSeconds: await this.expectedSeconds(missing, wish) };
  }

  /** Chooses the device for the study, and trains it. @throws NoBackendError, MemoryError */
  async submit(plan: ExperimentPlan, wish: BackendWish, options: { fresh: boolean }): Promise<Submitted> {
    const { cached } = options.fresh ? { cached: new Set<string>() } : await lookUp(plan, this.openStore);
    const missing = plan.runs.filter((run) => !cached.has(run.id)).map((run) => run.config);
    const choice = await this.choose(missing, wish);
    const { name, coordinator } = this.coordinatorFor(choice, await workersWhileHidden(missing, choice));
    const study = coordinator.submit(plan, options);
    const { hidden, changes } = this;
    const id = `${name}/${study.id}`;
    this.studies.set(id, study);
    void study.finished
      // what more workers than chosen have shown is no rate of these, nor what one of a group has
      .then(({ arms }) =>
        hidden || changes !== this.changes || choice.replicas > 1
          ? []
          : Promise.all(arms.map((arm) => this.rates.learn(choice.info, arm.config, choice.workers, arm.runs))),
      )
      .catch(() => {}) // whoever waits for the study hears of it
      .finally(() => this.studies.delete(id));
    return { study: id, choice };
  }

  /** Rejects when the study could not even begin (a corpus is missing). */
  async finished(study: string): Promise<void> {
    await this.studies.get(study)?.finished;
  }

  command(study: string, command: "pause" | "resume" | "stop"): void {
    this.studies.get(study)?.[command]();
  }

  cancel(study: string, run: string): void {
    this.studies.get(study)?.cancel(run);
  }

  /** While nobody can see the window, nothing needs the core that is kept for it. */
  setHidden(hidden: boolean): void {
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    this.changes += 1;
    for (const open of this.coordinators.values()) open.coordinator.setWorkers(hidden ? open.hidden : open.seen);
  }

  /** Stops everything and keeps checkpoints. */
  async close(): Promise<void> {
    const all = [...this.coordinators.values()];
    this.coordinators.clear();
    await Promise.all(all.map(({ coordinator }) => coordinator.close()));
  }

  private async askDevices(): Promise<Devices> {
    const executor = await this.openExecutor();
    try {
      return await executor.devices();
    } finally {
      await executor.terminate();
    }
  }

  private async choose(runs: RunConfig[], wanted: BackendWish): Promise<StudyChoice> {
    return chooseForStudy({
      wanted,
      runs,
      devices: await this.devices(),
      texts: domainTexts,
      open: this.openExecutor,
      workers: workersOn,
      machineBytes,
      rates: this.rates,
    });
  }

  /** From what was measured before: looking at a plan never trains, not even for a second. */
  private async expectedSeconds(runs: RunConfig[], wish: BackendWish): Promise<number | null> {
    try {
      const { info } = chooseBackend(await this.devices(), wish);
      return (await this.choose(runs, info.name)).expectedSeconds;
    } catch {
      return null; // no backend, or too little memory: submitting says so
    }
  }

  /** @param hidden runs that fit at once while nobody can see the window */
  private coordinatorFor({ info, workers }: StudyChoice, hidden: number): { name: string; coordinator: Coordinator } {
    const name = `${this.opening}:${info.name}:${workers}`;
    let open = this.coordinators.get(name);
    if (!open) {
      const coordinator = new Coordinator({
        store: this.openStore,
        openExecutor: this.openExecutor,
        workers,
        replicas: replicasOn(info),
        backend: info.name,
        domains: domainTexts,
      });
      coordinator.subscribe((event) => this.listener({ ...event, study: `${name}/${event.study}` }));
      this.coordinators.set(name, (open = { coordinator, seen: workers, hidden }));
    }
    // studies share the workers: the one with the largest runs decides
    open.hidden = Math.min(open.hidden, hidden);
    if (this.hidden) open.coordinator.setWorkers(open.hidden);
    return { name, coordinator: open.coordinator };
  }

  private get openStore(): RunStore {
    if (!this.store) throw new Error("the coordinator has no store yet");
    return this.store;
  }
}
