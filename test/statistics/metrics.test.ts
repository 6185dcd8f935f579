import { expect, test } from "vitest";
import type { FinalMetrics } from "../../experiments/results.ts";
import { flatMetrics, metricDefinition, metricDefinitions, metricLabel } from "../../experiments/statistics/metrics.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";
import { armWith } from "./arms.ts";

const metrics: FinalMetrics = {
  step: 10,
  tokens: 100,
  seconds: 1,
  valLoss: 2,
  valLossError: 0.02,
  valBpb: { all: 2.8, prose: 3 },
  mtpLoss: [2.5, 2.9],
  agreement: [0.6, 0.4],
  acceptance: [0.8, 0.7],
  maxVioGlobal: 0.1,
  maxVioFloor: 0.05,
  routingEntropy: 0.9,
  specialisation: 0.2,
  expertCounts: [],
  trainLoss: 2.1,
  balanceLoss: 0,
  gradNorm: 1,
  skippedSteps: 0,
  clippedSteps: 3,
  tokensPerSecond: 1000,
  maxVioBatch: 0.3,
  domains: ["prose"],
  maxVioShift: 0.2,
  maxVio: { prose: 0.15 },
  maxVioSequence: 1.2,
  starvedExperts: 0.1,
  loadCv: 0.3,
  zLoss: 0,
  mtpRouterLoss: 0.01,
};

test("flat metrics name depths from 1 and domains by name", () => {
  expect(flatMetrics(metrics)).toEqual({
    valLoss: 2,
    trainLoss: 2.1,
    valLossError: 0.02,
    "valBpb.all": 2.8,
    "valBpb.prose": 3,
    "mtpLoss.1": 2.5,
    "mtpLoss.2": 2.9,
    "agreement.1": 0.6,
    "agreement.2": 0.4,
    "acceptance.1": 0.8,
    "acceptance.2": 0.7,
    maxVioGlobal: 0.1,
    maxVioBatch: 0.3,
    routingEntropy: 0.9,
    specialisation: 0.2,
    balanceLoss: 0,
    gradNorm: 1,
    skippedSteps: 0,
    clippedSteps: 3,
    tokensPerSecond: 1000,
    maxVioShift: 0.2,
    "maxVio.prose": 0.15,
    maxVioSequence: 1.2,
    starvedExperts: 0.1,
    loadCv: 0.3,
    zLoss: 0,
    mtpRouterLoss: 0.01,
  });
});

test("every flat metric has a definition with a unit, and every definition is of a flat metric", () => {
  const families = new Set(Object.keys(flatMetrics(metrics)).map((name) => name.split(".")[0]));
  expect([...families].sort()).toEqual(Object.keys(metricDefinitions).sort());
  for (const name of Object.keys(flatMetrics(metrics))) expect(metricDefinition(name).unit).not.toBe("");
});

test("labels carry title, part and unit", () => {
  expect(metricLabel("valBpb.prose")).toBe("Validation bits per byte, prose (bits per byte)");
  expect(metricLabel("acceptance.2")).toBe("MTP acceptance, depth 2 (fraction)");
  expect(metricLabel("maxVioGlobal")).toBe("MaxVio, validation");
});

test("an arm's mean and sd are over finished runs only, which are counted", () => {
  const { mean, sd, n } = summariseArm(armWith("a", { valLoss: [1, 2, "diverged", 3] }).runs);
  expect([mean.valLoss, sd.valLoss, n]).toEqual([2, 1, 3]);
  expect(summariseArm([])).toEqual({ mean: {}, sd: {}, n: 0 });
  expect(summariseArm(armWith("a", { valLoss: [1] }).runs).sd.valLoss).toBeNaN();
});
