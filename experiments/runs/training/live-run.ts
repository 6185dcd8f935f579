import type { BackendInfo } from "../../../engine/backends/backend.ts";
import type { FinalMetrics, MetricEvent, TrainOutcome } from "../../../engine/train/protocol.ts";
import type { Provenance, RunResult, RunStatus } from "../../results.ts";
import { shortKey } from "../store/key.ts";
import type { PlannedRun } from "../plan/plan.ts";
import type { StoredResult } from "../store/records.ts";
import { keptEvents } from "../store/store.ts";
import { engineVersion } from "../store/version.ts";

/** A run from the moment it is submitted: what is planned, and what is known of it so far. */
export class LiveRun {
  readonly planned: PlannedRun;
  readonly study: string;
  status: RunStatus = "queued";
  error: string | null = null;
  divergedAt: number | null = null;
  cached = false;
  /** this study has begun to train it: what is in its folder is its own */
  started = false;
  step = 0;
  seconds = 0;
  provenance: Provenance | null = null;
  metrics: FinalMetrics | null = null;
  events: MetricEvent[] = [];

  constructor(planned: PlannedRun, study: string) {
    this.planned = planned;
    this.study = study;
  }

  get tokens(): number {
    const { batchSize, seqLen } = this.planned.config.train;
    return this.step * batchSize * seqLen;
  }

  /** Adds to the curve; a resumed run repeats the steps after its checkpoint, which replace what was there. */
  add(events: readonly MetricEvent[]): void {
    if (events.length === 0) return;
    this.events.splice(keptEvents(this.events, events), Infinity, ...events);
    const last = events[events.length - 1];
    this.step = last.step;
    this.seconds = last.seconds;
  }

  /** Takes over a result from the store (`cached`) or from a run with the same key. */
  take(result: StoredResult, events: readonly MetricEvent[], cached: boolean): void {
    const { status, error, divergedAt, provenance, metrics, steps, seconds } = result;
    Object.assign(this, { status, error, divergedAt, provenance, metrics, seconds, step: steps, cached, events: [...events] });
  }

  /** What the store keeps of a training that ended by itself. */
  outcome(outcome: Exclude<TrainOutcome, { status: "stopped" }>, when: Date): StoredResult {
    const { train } = this.planned.config;
    const done = outcome.status === "done";
    const steps = done ? outcome.metrics.step : outcome.divergedAt;
    const seconds = done ? outcome.metrics.seconds : this.seconds;
    return {
      key: this.planned.key,
      status: outcome.status,
      error: done ? null : outcome.reason,
      divergedAt: done ? null : outcome.divergedAt,
      steps,
      tokens: steps * train.batchSize * train.seqLen,
      seconds,
      provenance: provenanceOf(outcome.info, when, seconds),
      metrics: done ? outcome.metrics : null,
    };
  }

  failure(error: string): StoredResult {
    return {
      key: this.planned.key,
      status: "failed",
      error,
      divergedAt: null,
      steps: this.step,
      tokens: this.tokens,
      seconds: this.seconds,
      provenance: this.provenance,
      metrics: null,
    };
  }

  result(): RunResult {
    const { arm, seed, seedIndex, key } = this.planned;
    const { status, error, divergedAt, cached, step, tokens, seconds, provenance, metrics, events } = this;
    return {
      arm,
      seed,
      seedIndex,
      key,
      status,
      error,
      divergedAt,
      cached,
      steps: step,
      tokens,
      seconds,
      provenance,
      curves: `runs/${shortKey(key)}/metrics.jsonl`,
      metrics,
      events,
    };
  }
}

function provenanceOf(info: BackendInfo, when: Date, seconds: number): Provenance {
  const { name: backend, adapter, kernels, fma, table = null } = info;
  return { backend, adapter, engine: engineVersion, kernels, fma, table, when: when.toISOString(), seconds };
}
