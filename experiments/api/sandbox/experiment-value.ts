/** Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. */
import type { ExperimentResult } from "../../results.ts";

/**
 * The value of a finished `experiment()`: its result as frozen data, with methods for series.
 * @param curves asks the host for the JSON of one metric's curves: curves are large and mostly not needed
 */
export function sandboxExperiment(decode: (json: string) => unknown, curves: (id: string, metric: string) => string) {
  const { assign, freeze, hasOwn, keys } = Object;
  const { isArray } = Array;

  /** "valBpb.prose" → metrics.valBpb.prose; "acceptance.1" → acceptance at depth 1, the first. */
  function read(metrics: unknown, metric: string): number | null {
    let at: unknown = metrics;
    for (const part of metric.split(".")) {
      if (typeof at !== "object" || at === null) return null;
      const key = isArray(at) ? String(Number(part) - 1) : part;
      if (!hasOwn(at, key)) return null;
      at = (at as Record<string, unknown>)[key];
    }
    return typeof at === "number" ? at : null;
  }

  function known(metrics: unknown): string {
    return keys(metrics as object).filter((name) => read(metrics, name) !== null || typeof (metrics as Record<string, unknown>)[name] === "object").join(", ");
  }

  return (json: string) => {
    const result = decode(json) as ExperimentResult;
    const runs = freeze(result.arms.flatMap((arm) => arm.runs));
    const values = (metric: string) => {
      const rows: { arm: string; seed: number; value: number }[] = [];
      for (const run of runs) {
        if (run.metrics === null) continue;
        const value = read(run.metrics, String(metric));
        if (value === null) throw new RangeError(`no metric is called "${metric}"; there are ${known(run.metrics)}`);
        rows.push({ arm: run.arm, seed: run.seedIndex, value });
      }
      return rows;
    };
    return freeze(
      assign({}, result, {
        runs,
        values,
        curves: (metric: string) => decode(curves(result.id, String(metric))),
      }),
    );
  };
}
