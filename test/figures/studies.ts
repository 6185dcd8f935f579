/** The studies that figures are tried on: ordinary ones for the gallery, awkward ones for the properties. */
import type { ExperimentResult } from "../../experiments/results.ts";
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
  arms: [1e-3, 3e-3, 1e-2, 3e-2].map((lr, i): ArmShape => ({ name: `lr ${lr}`, loss: (i - 1.5) ** 2 * 0.03, config: (config) => void (config.train.optimizer.lr = lr) })),
});

const longName = (i: number) => `a remedy whose name goes on for about sixty characters, no. ${i}`;
const arms = (count: number, more: (i: number) => Partial<ArmShape> = () => ({})): ArmShape[] =>
  Array.from({ length: count }, (_, i) => ({ name: `arm ${i}`, even: i / count, loss: 0.01 * i, config: (config) => void (config.train.clipNorm = 1 + i), ...more(i) }));

function withoutNumbers(study: ExperimentResult): ExperimentResult {
  for (const run of study.arms[1].runs) {
    Object.assign(run.metrics!, { valLoss: NaN, maxVioGlobal: Infinity, specialisation: NaN, maxVioFloor: NaN });
    for (const event of run.events!) Object.assign(event, event.kind === "step" ? { trainLoss: event.step % 3 ? NaN : event.trainLoss, maxVioBatch: 0 } : { valLoss: NaN });
  }
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
  "twelve arms with long names": () => makeStudy({ title: longName(0).repeat(3), arms: arms(12, (i) => ({ name: longName(i), mtpDepth: i % 3 })), steps: 20 }),
  "names with markup": () => makeStudy({ title: "<b>&\"'", arms: arms(3, (i) => ({ name: `<script>&"'\u0001${i}` })), steps: 20 }),
  "names in other scripts": () => makeStudy({ arms: arms(3, (i) => ({ name: `γ = 5·10⁻³ 专家 🚆 ${i}` })), steps: 20 }),
  "one seed": () => makeStudy({ arms: fourArms, seeds: 1, steps: 30 }),
  "twenty seeds": () => makeStudy({ arms: arms(3), seeds: 20, steps: 20 }),
  "one step": () => makeStudy({ arms: arms(2), steps: 1, evals: 1 }),
  "values that are not numbers": () => withoutNumbers(makeStudy({ arms: arms(3), steps: 30 })),
  "diverged and failed runs": () => makeStudy({ arms: arms(4, (i) => ({ diverges: i === 1 ? [0, 1, 2] : [], fails: i === 2 ? [1] : [] })), steps: 50 }),
  "no events": () => withoutEvents(makeStudy({ arms: arms(3), steps: 20 })),
  "nothing has run": () => queued(makeStudy({ arms: arms(3), steps: 5 })),
  "many layers and experts": () => makeStudy({ arms: arms(2), steps: 10, evals: 1, layers: 26, experts: 64 }),
};
