import type { ExperimentResult, MetricEvent } from "../../results.ts";

/** One run's course of one metric. */
export interface Curve {
  arm: string;
  /** index of the seed: runs with the same index are paired */
  seed: number;
  points: { step: number; tokens: number; seconds: number; value: number }[];
}

/**
 * Curves of a metric such as "trainLoss", "valBpb.prose" or "acceptance.1" (depth 1), from the runs' metric events.
 * @throws RangeError when runs have events, but none of them has this metric
 */
export function curvesOf(result: ExperimentResult, metric: string): Curve[] {
  const curves = curvesWith(result, metric);
  const events = result.arms.flatMap((arm) => arm.runs.flatMap((run) => run.events ?? []));
  if (events.length > 0 && curves.every(({ points }) => points.length === 0))
    throw new RangeError(`no curve is called "${metric}"; there are ${namesIn(events).join(", ")}`);
  return curves;
}

function namesIn(events: readonly MetricEvent[]): string[] {
  const names = new Set<string>();
  for (const event of events)
    for (const [name, value] of Object.entries(event)) {
      if (typeof value === "number" && !coordinates.has(name)) names.add(name);
      else if (["valBpb", "mtpLoss", "agreement", "acceptance"].includes(name))
        for (const part of Object.keys(value as object)) names.add(`${name}.${Array.isArray(value) ? Number(part) + 1 : part}`);
    }
  return [...names];
}

const coordinates = new Set(["step", "tokens", "seconds"]);

function curvesWith(result: ExperimentResult, metric: string): Curve[] {
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
