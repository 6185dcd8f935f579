import type { ExperimentResult } from "../results.ts";

/** One run's course of one metric. */
export interface Curve {
  arm: string;
  /** index of the seed: runs with the same index are paired */
  seed: number;
  points: { step: number; tokens: number; seconds: number; value: number }[];
}

/** Curves of a metric such as "trainLoss", "valBpb.prose" or "acceptance.1" (depth 1), from the runs' metric events. */
export function curvesOf(result: ExperimentResult, metric: string): Curve[] {
  const [name, part] = metric.split(".", 2);
  return result.arms.flatMap((arm) =>
    arm.runs.map((run) => ({
      arm: arm.name,
      seed: run.seedIndex,
      points: (run.events ?? []).flatMap((event) => {
        const field: unknown = Object.hasOwn(event, name) ? (event as unknown as Record<string, unknown>)[name] : undefined;
        const value = part === undefined ? field : partOf(field, part);
        return typeof value === "number" ? [{ step: event.step, tokens: event.tokens, seconds: event.seconds, value }] : [];
      }),
    })),
  );
}

function partOf(field: unknown, part: string): unknown {
  if (Array.isArray(field)) return field[Number(part) - 1];
  return typeof field === "object" && field !== null && Object.hasOwn(field, part) ? (field as Record<string, unknown>)[part] : undefined;
}
