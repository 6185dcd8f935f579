/** The studies that figures are tried on: ordinary ones for the gallery, awkward ones for the properties. */
import type { ExperimentResult } from "../../experiments/results.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";
import { fourArms, makeStudy, type ArmShape } from "./fixtures.ts";

export const balancing = makeStudy({ arms: fourArms, steps: 120 });

export const mtp = makeStudy({
  title: "Multi-token prediction at depth 0, 1 and 2",
  steps: 60,
  arms: [{ name: "depth 0" }, { name: "depth 1", mtpDepth: 1, loss: 0.01 }, { name: "depth 2", mtpDepth: 2, loss: 0.02 }],
});

export const learningRates = makeStudy({
  title: "Learning rate",
  steps: 60,
  arms: [1e-3, 3e-3, 1e-2, 3e-2].map(
    (lr, i): ArmShape => ({ name: `lr ${lr}`, loss: (i - 1.5) ** 2 * 0.03, config: (config) => void (config.train.optimizer.lr = lr) }),
  ),
});

/** Two numbers at once: lines of one belong to one value of the other. */
export const grid = makeStudy({
  title: "Learning rate and bias speed",
  steps: 30,
  arms: [1e-3, 2e-3, 4e-3].flatMap((lr, i) =>
    [1e-3, 1e-2].map(
      (gamma, j): ArmShape => ({
        name: `lr ${lr}, gamma ${gamma}`,
        loss: (i - 1) ** 2 * 0.05 + 0.02 * j,
        balance: { bias: { gamma, rule: "sign", form: "additive", group: "batch" } },
        config: (config) => void (config.train.optimizer.lr = lr),
      }),
    ),
  ),
});

const longName = (i: number) => `a remedy whose name goes on for about sixty characters, no. ${i}`;
const arms = (count: number, more: (i: number) => Partial<ArmShape> = () => ({})): ArmShape[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `arm ${i}`,
    even: i / count,
    loss: 0.01 * i,
    config: (config) => void (config.train.clipNorm = 1 + i),
    ...more(i),
  }));

function withoutNumbers(study: ExperimentResult): ExperimentResult {
  for (const run of study.arms[1].runs) {
    Object.assign(run.metrics!, { valLoss: NaN, maxVioGlobal: Infinity, specialisation: NaN, maxVioFloor: NaN });
    for (const event of run.events!)
      Object.assign(
        event,
        event.kind === "step" ? { trainLoss: event.step % 3 ? NaN : event.trainLoss, maxVioBatch: 0 } : { valLoss: NaN },
      );
  }
  return study;
}

/** Every number that a figure of the metrics reads becomes `change` of it. */
function withValues(study: ExperimentResult, change: (value: number) => number): ExperimentResult {
  const keys = ["trainLoss", "valLoss", "maxVioBatch", "maxVioGlobal", "maxVioFloor", "specialisation", "gradNorm"];
  for (const run of study.arms.flatMap((arm) => arm.runs)) {
    for (const holder of [...run.events!, run.metrics!] as unknown as Record<string, number>[])
      for (const key of keys) if (key in holder) holder[key] = change(holder[key]);
  }
  for (const arm of study.arms) Object.assign(arm, summariseArm(arm.runs));
  return { ...study, comparisons: compareArms(study.arms, study.baseline, study.primary) };
}

/** A run of a million steps with one spike: lines of it are thinned. */
export function huge(): ExperimentResult {
  const study = makeStudy({ title: "A million steps", arms: arms(1), seeds: 1, steps: 1_000_000, evals: 40 });
  for (const event of study.arms[0].runs[0].events!) if (event.kind === "step" && event.step === 700_003) event.trainLoss = 9;
  return study;
}

function withoutEvents(study: ExperimentResult): ExperimentResult {
  for (const run of study.arms.flatMap((arm) => arm.runs)) delete run.events;
  return study;
}

function queued(study: ExperimentResult): ExperimentResult {
  for (const arm of study.arms) {
    for (const run of arm.runs) Object.assign(run, { status: "queued", metrics: null, provenance: null, events: [] });
    Object.assign(arm, { mean: {}, sd: {}, n: 0 });
  }
  study.comparisons = [];
  return study;
}

/** Made when they are asked for: some of them are large. */
export const awkward: Record<string, () => ExperimentResult> = {
  "one arm": () => makeStudy({ arms: arms(1), steps: 30 }),
  "twelve arms": () => makeStudy({ arms: arms(12), steps: 30, primary: ["valLoss", "maxVioGlobal"] }),
  "twelve arms with long names": () =>
    makeStudy({ title: longName(0).repeat(3), arms: arms(12, (i) => ({ name: longName(i), mtpDepth: i % 3 })), steps: 20 }),
  "names with markup": () => makeStudy({ title: "<b>&\"'", arms: arms(3, (i) => ({ name: `<script>&"'\u0001${i}` })), steps: 20 }),
  "names in other scripts": () => makeStudy({ arms: arms(3, (i) => ({ name: `γ = 5·10⁻³ 专家 🚆 ${i}` })), steps: 20 }),
  "emoji and right-to-left names": () =>
    makeStudy({
      domains: ["עברית", "العربية", "👩‍👩‍👧‍👦"],
      arms: ["ללא איזון עומסים בין המומחים ברשת", "بدون موازنة الأحمال بين الخبراء", "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳 family", "\u202emirrored\u202c"].map(
        (name, i) => ({ name, mtpDepth: i, config: (config) => void (config.train.clipNorm = 1 + i) }),
      ),
      steps: 30,
    }),
  "one seed": () => makeStudy({ arms: fourArms, seeds: 1, steps: 30 }),
  "twenty seeds": () => makeStudy({ arms: arms(3), seeds: 20, steps: 20 }),
  "one step": () => makeStudy({ arms: arms(2), steps: 1, evals: 1 }),
  "values that are not numbers": () => withoutNumbers(makeStudy({ arms: arms(3), steps: 30 })),
  "diverged and failed runs": () =>
    makeStudy({ arms: arms(4, (i) => ({ diverges: i === 1 ? [0, 1, 2] : [], fails: i === 2 ? [1] : [] })), steps: 50 }),
  "all values equal": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), () => 2),
  "all values zero": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), () => 0),
  "huge values": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), (value) => value * 1e37),
  "tiny values": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), (value) => value * 1e-9),
  "large values that differ little": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), (value) => 1e6 + value),
  "values of both signs and zeros": () => withValues(makeStudy({ arms: arms(3), steps: 30 }), (value) => Math.round(20 * (value - 2)) / 20),
  "twelve depths and domains": () =>
    makeStudy({
      arms: arms(4, (i) => ({ mtpDepth: 3 * i })),
      steps: 20,
      domains: Array.from({ length: 12 }, (_, i) => `domain number ${i}`),
    }),
  "arms that differ in their experts": () =>
    makeStudy({
      arms: arms(3, (i) => ({ config: (config) => Object.assign(config.model, { numExpertsPerTok: 1 + i, nRoutedExperts: 8 * 2 ** i }) })),
      steps: 20,
    }),
  "no events": () => withoutEvents(makeStudy({ arms: arms(3), steps: 20 })),
  "nothing has run": () => queued(makeStudy({ arms: arms(3), steps: 5 })),
  "many layers and experts": () => makeStudy({ arms: arms(2), steps: 10, evals: 1, layers: 26, experts: 64 }),
};
