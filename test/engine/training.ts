import type { Backend, Executable } from "../../engine/backends/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { generateMathematics } from "../../engine/data/mathematics.ts";
import type { RunConfig, Seed } from "../../engine/model/config.ts";
import type { ListName, Plan } from "../../engine/plan/plan-types.ts";
import type { DomainText } from "../../engine/data/domain-text.ts";
import type { MetricEvent, TrainOutcome } from "../../engine/train/protocol.ts";
import { trainAlone } from "../../engine/train/alone.ts";
import { type Control, GroupControl, nothingAsked } from "../../engine/train/control.ts";
import { trainGroup } from "../../engine/train/trainer.ts";

/** Two small domains with different texts, made on the spot. */
export function smallDomains(change?: { domain: number; at: number }, trainLength?: number): DomainText[] {
  return ["prose", "code"].map((name, n) => {
    const bytes = new TextEncoder().encode(generateMathematics(100 + n, 4000));
    if (change?.domain === n) bytes[change.at] ^= 1;
    return { name, bytes, trainLength: trainLength ?? Math.floor(bytes.length * 0.8) };
  });
}

export interface Trained {
  outcome: TrainOutcome;
  events: MetricEvent[];
  checkpoints: { step: number; bytes: Uint8Array }[];
}

export async function trainRun(
  config: RunConfig,
  options: {
    backend?: Backend;
    seed?: Partial<Seed>;
    domains?: DomainText[];
    checkpoint?: Uint8Array;
    control?: Control;
    onMetrics?: (events: MetricEvent[], control: Control) => void;
  } = {},
): Promise<Trained> {
  const backend = options.backend ?? createReferenceBackend();
  const control = options.control ?? nothingAsked();
  const events: MetricEvent[] = [];
  const checkpoints: Trained["checkpoints"] = [];
  const outcome = await trainAlone(
    (jobs, listener) => trainGroup(jobs, backend, new GroupControl([control], () => Promise.resolve()), listener),
    {
      config,
      seed: { init: 1, data: 1, ...options.seed },
      domains: options.domains ?? smallDomains(),
      backend: backend.info.name,
      checkpoint: options.checkpoint ?? null,
    },
    {
      onMetrics: (batch) => {
        events.push(...batch);
        options.onMetrics?.(batch, control);
      },
      onCheckpoint: async (step, bytes) => {
        checkpoints.push({ step, bytes });
      },
      onProgress: () => {},
    },
  );
  return { outcome, events, checkpoints };
}

export function weightsOf({ outcome }: Trained): Uint8Array {
  if (outcome.status !== "done" || !outcome.weights) throw new Error(`run ended ${outcome.status}`);
  return outcome.weights;
}

/** Events without wall-clock times, which no two runs share. */
export const timeless = (events: MetricEvent[]): MetricEvent[] => events.map((event) => ({ ...event, seconds: 0 }));

/** Lets a test change every executable that a backend compiles. */
export function intercept(backend: Backend, change: (executable: Executable, plan: Plan) => void): void {
  const compile = backend.compile.bind(backend);
  backend.compile = async (plan, options) => {
    const executable = await compile(plan, options);
    change(executable, plan);
    return executable;
  };
}

/** Tells a test of every list that is queued. */
export function onRun(backend: Backend, seen: (list: ListName) => void): void {
  intercept(backend, (executable) => {
    const run = executable.run.bind(executable);
    executable.run = (list, first, replicas) => {
      run(list, first, replicas);
      seen(list);
    };
  });
}
