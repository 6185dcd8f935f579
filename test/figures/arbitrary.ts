/** Studies, options and views as no person would write them, but some day one does. */
import fc from "fast-check";
import type { View } from "../../experiments/figures/figure.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";
import { makeStudy } from "./fixtures.ts";

const scripts = fc.constantFrom(
  "γ",
  "→",
  "专",
  "家",
  "ש",
  "ל",
  "م",
  "ن",
  "🚆",
  "👩‍👩‍👧",
  "🇺🇳",
  "é",
  "W",
  "i",
  "<",
  "&",
  '"',
  "'",
  " ",
  "-",
  "_",
  "ﷺ",
  "\u202e",
  "\u200d",
  "\u0301",
);
const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60 }),
  fc.string({ unit: scripts, minLength: 1, maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(..."aeinstWm "), minLength: 40, maxLength: 60 }),
  fc.constantFrom("a", "loss-free", "W".repeat(60), "sequence-wise loss at alpha = 0.03 with warm-up over 100 steps"),
);

/** What becomes of a study's numbers. */
const change = fc.oneof(
  { weight: 3, arbitrary: fc.constant((value: number) => value) },
  fc.constantFrom(1e-300, 1e-12, 1e-5, 1e3, 1e6, 1e30, 1e300).map((scale) => (value: number) => value * scale),
  fc.constantFrom(1e4, 123456.789, -1e6).map((offset) => (value: number) => value + offset),
  fc.constantFrom(0, 2, -1, NaN, Infinity).map((same) => () => same),
  fc.constant((value: number) => (Math.round(value * 7) % 3 ? value : NaN)),
  fc.constant((value: number) => Math.max(0, value - 1.8)),
);

export const studies: fc.Arbitrary<ExperimentResult> = fc
  .record({
    title: name,
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 12 }),
    domains: fc.uniqueArray(
      name.filter((text) => text !== "all"),
      { minLength: 1, maxLength: 12 },
    ),
    seeds: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 1, max: 30 }),
    evals: fc.integer({ min: 1, max: 6 }),
    layers: fc.integer({ min: 1, max: 8 }),
    experts: fc.constantFrom(4, 16, 64),
    depths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 12, maxLength: 12 }),
    numbers: fc.array(fc.constantFrom(0, 1e-3, 0.5, 1, 2, 1e6), { minLength: 12, maxLength: 12 }),
    diverged: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    primary: fc.subarray(["valLoss", "maxVioGlobal", "acceptance.1"], { minLength: 1 }),
    change,
  })
  .map(({ names, depths, numbers, diverged, change, ...shape }) => {
    const arms = names.map((name, i) => ({
      name,
      mtpDepth: depths[i],
      diverges: diverged[i] && i % 3 === 0 ? [0, 2] : [],
      config: (config: { train: { clipNorm: number } }) => void (config.train.clipNorm = numbers[i]),
    }));
    const study = withNumbers(makeStudy({ ...shape, arms }), change);
    // a failure prints what the study was made from, not its thousands of events
    return Object.defineProperty(study, fc.toStringMethod, {
      value: () => JSON.stringify({ names, depths, numbers, diverged, ...shape, twoBecomes: change(2) }),
    });
  });

const changed = ["trainLoss", "valLoss", "maxVioBatch", "maxVioGlobal", "specialisation", "gradNorm"];

function withNumbers(study: ExperimentResult, change: (value: number) => number): ExperimentResult {
  for (const run of study.arms.flatMap((arm) => arm.runs)) {
    for (const holder of [...run.events!, ...(run.metrics ? [run.metrics] : [])] as unknown as Record<string, number>[])
      for (const key of changed) if (key in holder) holder[key] = change(holder[key]);
  }
  for (const arm of study.arms) Object.assign(arm, summariseArm(arm.runs));
  return { ...study, comparisons: compareArms(study.arms, study.baseline, study.primary) };
}

const metric = fc.constantFrom("trainLoss", "valLoss", "maxVioBatch", "gradNorm", "maxVioGlobal", "valBpb.all", "acceptance.2");
const result = fc.constantFrom("valLoss", "maxVioGlobal", "specialisation", "trainLoss", "valBpb.all");
const curve = {
  x: fc.constantFrom("steps", "tokens", "seconds"),
  logX: fc.boolean(),
  logY: fc.boolean(),
  smoothing: fc.constantFrom(0, 0.02, 1),
  band: fc.constantFrom("range", "sd", "none"),
  seeds: fc.boolean(),
};

/** Options of each figure that changes with them. */
export const options: Record<string, fc.Arbitrary<Record<string, unknown>>> = {
  curves: fc.record({ metrics: fc.array(metric, { minLength: 1, maxLength: 4 }), ...curve }),
  loadOverTime: fc.record(curve),
  tradeOff: fc.record({ x: result, y: result, logX: fc.boolean(), logY: fc.boolean() }),
  expertLoad: fc.record({ by: fc.constantFrom("domain", "all"), step: fc.constantFrom(null, 1, 10) }),
  specialisation: fc.record({ metric: result }),
  sweep: fc.record({
    metric: result,
    path: fc.constantFrom(null, "train.clipNorm", "model.mtp.depth", "no.such.path"),
    logX: fc.constantFrom(null, true, false),
    logY: fc.boolean(),
  }),
};

/** What a reader may do to a figure of the arms. */
export const viewOf = (arms: readonly string[]): fc.Arbitrary<View | undefined> =>
  fc.option(
    fc.record({
      hidden: fc.subarray([...arms]),
      zoom: fc.option(
        fc
          .tuple(
            fc.constantFrom("steps", "tokens", "seconds"),
            fc.double({ min: 0, max: 20, noNaN: true }),
            fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
          )
          .map(([axis, from, width]) => ({ axis, from, to: from + width })),
      ),
    }),
    { nil: undefined },
  );
