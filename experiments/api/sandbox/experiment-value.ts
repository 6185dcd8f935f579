/** Runs inside the sandbox. Self-contained: the kernel evaluates this function's text there. */
import type { ArmResult, ExperimentResult, RunResult } from "../../results.ts";

/** What the host sends: results without their events, each arm with the colour it has in every figure. */
interface SentResult extends Omit<ExperimentResult, "arms"> {
  arms: (ArmResult & { color: string })[];
}

interface Curve {
  arm: string;
  seed: number;
  points: { step: number; tokens: number; seconds: number; value: number }[];
}

interface Value {
  arm: string;
  seed: number;
  value: number;
}

/**
 * The value of a finished `experiment()`: its result as frozen data, with methods for values and series on the whole, on
 * each arm and on each run. The methods are not enumerable: `{ ...arm }` and what is shown of it are the data.
 * @param curvesOf asks the host for the JSON of one metric's curves: curves are large and mostly not needed
 */
export function sandboxExperiment(decode: (json: string) => unknown, curvesOf: (id: string, metric: string) => string) {
  const { assign, create, defineProperty, freeze, hasOwn, keys } = Object;
  const { isArray } = Array;
  const text = String;
  const numberOf = Number;
  const RangeErrorOf = RangeError;

  function withMethods<T extends object>(data: T, methods: Record<string, (metric: string) => unknown>): Readonly<T> {
    const names = keys(methods);
    for (let i = 0; i < names.length; i++) defineProperty(data, names[i], { value: methods[names[i]] });
    return freeze(data);
  }

  /** "valBpb.prose" → metrics.valBpb.prose; "acceptance.1" → acceptance at depth 1, the first. */
  function read(metrics: unknown, metric: string): number | null {
    let at: unknown = metrics;
    for (const part of metric.split(".")) {
      if (typeof at !== "object" || at === null) return null;
      const key = isArray(at) ? text(numberOf(part) - 1) : part;
      if (!hasOwn(at, key)) return null;
      at = (at as Record<string, unknown>)[key];
    }
    return typeof at === "number" ? at : null;
  }

  /** Metrics with a value, parts and all: "valLoss", "valBpb.prose", "acceptance.1". */
  function known(metrics: object): string {
    const names: string[] = [];
    for (const name of keys(metrics)) {
      const value = (metrics as Record<string, unknown>)[name];
      if (typeof value === "number") names[names.length] = name;
      else if (name === "valBpb" || name === "mtpLoss" || name === "agreement" || name === "acceptance")
        for (const part of keys(value as object)) names[names.length] = `${name}.${isArray(value) ? numberOf(part) + 1 : part}`;
    }
    return names.join(", ");
  }

  function valueOf(run: RunResult, metric: string): number | null {
    if (run.metrics === null) return null;
    const value = read(run.metrics, metric);
    if (value === null) throw new RangeErrorOf(`no metric is called "${metric}"; there are ${known(run.metrics)}`);
    return value;
  }

  function valuesOf(runs: readonly RunResult[], metric: string): readonly Value[] {
    const rows: Value[] = [];
    for (const run of runs) {
      const value = valueOf(run, metric);
      if (value !== null) rows[rows.length] = freeze({ arm: run.arm, seed: run.seedIndex, value });
    }
    return freeze(rows);
  }

  return (json: string) => {
    const result = decode(json) as SentResult;
    const kept = create(null) as Record<string, readonly Curve[]>;
    const curves = (metric: string) => (kept[metric] ??= decode(curvesOf(result.id, metric)) as Curve[]);
    const pointsOf = (some: readonly Curve[]) =>
      freeze(some.flatMap(({ arm, seed, points }) => points.map((point) => freeze({ arm, seed, ...point }))));
    const ofArm = (name: string, metric: string) => curves(metric).filter(({ arm }) => arm === name);

    const arms = result.arms.map((arm) => {
      const runs = arm.runs.map((run) =>
        withMethods(assign({}, run), {
          value: (metric) => valueOf(run, text(metric)),
          curve: (metric) => ofArm(run.arm, text(metric)).find(({ seed }) => seed === run.seedIndex)?.points ?? freeze([]),
        }),
      );
      return withMethods(assign({}, arm, { runs: freeze(runs) }), {
        values: (metric) => valuesOf(arm.runs, text(metric)),
        curves: (metric) => freeze(ofArm(arm.name, text(metric))),
        points: (metric) => pointsOf(ofArm(arm.name, text(metric))),
      });
    });
    const runs = arms.flatMap((arm) => arm.runs);

    /** Arms that were not measured as the baseline was have no differences. */
    const unlike = (arm: string, metric: string) =>
      result.comparisons.some((c) => c.arm === arm && c.metric === metric && c.measuredDifferently !== undefined);

    /** arm − baseline for every seed that both finished */
    function differences(metric: string): readonly Value[] {
      const values = valuesOf(runs, metric);
      const base = values.filter(({ arm }) => arm === result.baseline);
      return freeze(
        values.flatMap(({ arm, seed, value }) => {
          const pair = arm === result.baseline || unlike(arm, metric) ? undefined : base.find((other) => other.seed === seed);
          return pair ? [freeze({ arm, seed, value: value - pair.value })] : [];
        }),
      );
    }

    const colors = freeze({ domain: freeze(result.arms.map(({ name }) => name)), range: freeze(result.arms.map(({ color }) => color)) });
    return withMethods(assign({}, result, { arms: freeze(arms), runs: freeze(runs), colors }), {
      values: (metric) => valuesOf(runs, text(metric)),
      differences: (metric) => differences(text(metric)),
      curves: (metric) => curves(text(metric)),
      points: (metric) => pointsOf(curves(text(metric))),
    });
  };
}
