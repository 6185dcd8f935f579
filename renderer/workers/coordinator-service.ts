/** What the page asks of its coordinator. The coordinator runs in a worker of its own, so that drawing never waits for it. */
import type { Remote } from "comlink";
import { domainNames } from "../../engine/data/corpus.ts";
import type { BackendInfo, BackendName } from "../../engine/backends/backend.ts";
import { Coordinator, type CoordinatorEvent, type Study } from "../../experiments/runs/coordinator.ts";
import type { OpenExecutor } from "../../experiments/runs/executors.ts";
import { lookUp, planExperiment, type ExperimentPlan } from "../../experiments/runs/plan.ts";
import { resolveExperiment } from "../../experiments/runs/spec.ts";
import type { RunStore } from "../../experiments/runs/store.ts";
import type { ExperimentRequest } from "../../experiments/notebook/kernel-protocol.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import { domainTexts, hashOf } from "./corpora.ts";
import { remoteStore, type SharedStore } from "./remote-store.ts";

export interface PlanReport {
  plan: ExperimentPlan;
  /** ids of runs whose result is in the store */
  cached: string[];
}

export interface Devices {
  available: BackendInfo[];
  unavailable: { name: BackendName; reason: string }[];
}

export class CoordinatorService {
  private readonly openExecutor: OpenExecutor;
  private coordinator: Coordinator | null = null;
  private store: RunStore | null = null;
  private readonly studies = new Map<string, Study>();

  constructor(openExecutor: OpenExecutor) {
    this.openExecutor = openExecutor;
  }

  async devices(): Promise<Devices> {
    const executor = await this.openExecutor();
    try {
      return await executor.devices();
    } finally {
      await executor.terminate();
    }
  }

  /** Starts over with these workers and this store; what trains is stopped with checkpoints first. */
  async open(options: { workers: number; backend: BackendName }, store: Remote<SharedStore>, listener: (event: CoordinatorEvent) => void): Promise<void> {
    await this.close();
    this.store = remoteStore(store);
    this.coordinator = new Coordinator({ ...options, store: this.store, openExecutor: this.openExecutor, domains: domainTexts });
    this.coordinator.subscribe((event) => listener(event));
  }

  /** @throws SpecError with every problem of the spec */
  async plan(request: ExperimentRequest): Promise<PlanReport> {
    const experiment = resolveExperiment(request, { domains: domainNames, metrics: Object.keys(metricDefinitions) });
    const plan = planExperiment(experiment, await hashOf(experiment.domains));
    const { cached } = await lookUp(plan, this.opened.store);
    return { plan, cached: [...cached] };
  }

  /** @returns the id of the study, which all its events carry; events may arrive before this resolves */
  submit(plan: ExperimentPlan, options: { fresh: boolean }): string {
    const study = this.opened.coordinator.submit(plan, options);
    this.studies.set(study.id, study);
    void study.finished.finally(() => this.studies.delete(study.id)).catch(() => {});
    return study.id;
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

  /** Stops everything and keeps checkpoints. */
  async close(): Promise<void> {
    await this.coordinator?.close();
    this.coordinator = null;
  }

  private get opened(): { coordinator: Coordinator; store: RunStore } {
    if (!this.coordinator || !this.store) throw new Error("the coordinator is closed");
    return { coordinator: this.coordinator, store: this.store };
  }
}
