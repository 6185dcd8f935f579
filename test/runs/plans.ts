import { textDomain } from "../../engine/data/corpus.ts";
import type { DomainText } from "../../engine/data/domain-text.ts";
import { Coordinator, type CoordinatorEvent, type CoordinatorOptions } from "../../experiments/runs/training/coordinator.ts";
import { planExperiment, type ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { fakeEngine, type FakeEngine } from "./fake-engine.ts";
import { resolve } from "./requests.ts";

export const hash = "ab".repeat(32);

export const texts = async (names: readonly string[]): Promise<DomainText[]> =>
  names.map((name) =>
    textDomain(
      name,
      new Uint8Array(1000).map((_, i) => (i * 7) % 256),
    ),
  );

/** Two arms of ten steps, as many seeds as asked. */
export const plan = (spec: object = {}): ExperimentPlan =>
  planExperiment(
    resolve({ train: { steps: 10, evalEvery: 5 }, arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } }, seeds: 2, ...spec }),
    hash,
  );

export interface Bench {
  coordinator: Coordinator;
  engine: FakeEngine;
  events: CoordinatorEvent[];
}

export function bench(options: Partial<CoordinatorOptions> = {}, engine = fakeEngine()): Bench {
  const coordinator = new Coordinator({
    store: new MemoryStore(),
    openExecutor: engine.open,
    workers: 2,
    backend: "cpu",
    domains: texts,
    now: () => new Date(0),
    retryAfter: 5,
    ...options,
  });
  const events: CoordinatorEvent[] = [];
  coordinator.subscribe((event) => events.push(event));
  return { coordinator, engine, events };
}
