import type { Plan, Slice } from "../plan/plan-types.ts";
import type { StepMetrics } from "./protocol.ts";
import { metricSlices, type Replica } from "./replica.ts";
import type { ReplicaSet } from "./replica-set.ts";

/** Optimizer steps that have been queued on the device and whose metrics have not been looked at yet. */
export class Steps {
  private readonly replicas: ReplicaSet;
  private readonly plan: Plan;
  private readonly wanted: Slice[];
  private readonly inFlight: Promise<{ replica: Replica; metrics: StepMetrics }[]>[] = [];

  constructor(replicas: ReplicaSet, plan: Plan) {
    this.replicas = replicas;
    this.plan = plan;
    this.wanted = metricSlices(plan);
  }

  /** Queues the next step of every run (the one at index i has replica i) and asks for its metrics, which `secondsOf` dates when they arrive. */
  queue(runs: readonly Replica[], secondsOf: (replica: Replica) => number): void {
    const { replicas } = this;
    const { inputs } = this.plan;
    const numbers = runs.map((replica) => replica.numbers());
    const batches = runs.map((replica) => replica.batches());
    replicas.writeEach(inputs.numbers, numbers);
    batches[0].forEach((_, n) => {
      for (const name of ["tokens", "targets", "order", "starts"] as const)
        replicas.writeEach(
          inputs[name],
          batches.map((own) => own[n][name]),
        );
      replicas.run("microstep", n === 0);
    });
    replicas.run("step");
    const queued = runs.map((replica, n) => ({ replica, step: ++replica.step, numbers: numbers[n] }));
    const metrics = replicas.readEach(this.wanted).then((values) =>
      queued.map(({ replica, step, numbers }, n) => ({
        replica,
        metrics: replica.metrics(step, secondsOf(replica), values[n], numbers),
      })),
    );
    // A lost device makes every read in flight fail; one of them is thrown, the others must not go unhandled.
    metrics.catch(() => {});
    this.inFlight.push(metrics);
  }

  /** Waits until no more than `leave` steps are on their way; what arrives is recorded in its runs, in order. */
  async settle(leave: number): Promise<void> {
    while (this.inFlight.length > leave) for (const { replica, metrics } of await this.inFlight.shift()!) replica.record(metrics);
  }
}
