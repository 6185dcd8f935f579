import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forest, forestOptions } from "../../experiments/figures/forest.ts";
import { comparisonTableOptions, tableOf } from "../../experiments/figures/comparison-table.ts";
import { warningsOf } from "../../experiments/report/document.ts";
import { comparisonTable } from "../../experiments/report/tables.ts";
import type { ArmResult, ExperimentResult, FinalMetrics } from "../../experiments/results.ts";
import { resolve } from "../runs/requests.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { judgeClaims, type Claim } from "../../experiments/statistics/claims.ts";
import { measuredDifferently } from "../../experiments/statistics/measurement.ts";
import { describeMetric } from "../../experiments/statistics/sentence.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";
import * as v from "valibot";

const onText = [
  "valLoss",
  "valBpb.prose",
  "mtpLoss.1",
  "agreement.1",
  "acceptance.1",
  "maxVioGlobal",
  "routingEntropy",
  "specialisation",
  "trainLoss",
  "maxVioBatch",
];

/** Arms that differ by a large and steady amount: whatever is compared would be told. */
function arm(name: string, spec: object, shift: number): ArmResult {
  const [{ config }] = resolve({ model: { mtp: { depth: 1 } }, ...spec }).arms;
  const runs = [1, 2, 3, 4].map((seed, seedIndex) => {
    const value = 2 + 1e-3 * seed * (1 + shift) + shift;
    const metrics = {
      valLoss: value,
      trainLoss: value,
      valBpb: { all: value, prose: value },
      mtpLoss: [value],
      agreement: [value],
      acceptance: [value],
      maxVioGlobal: value,
      maxVioBatch: value,
      routingEntropy: value,
      specialisation: value,
      balanceLoss: 0,
      gradNorm: 1,
      skippedSteps: 0,
      clippedSteps: 0,
      tokensPerSecond: 1,
    } as unknown as FinalMetrics;
    return {
      arm: name,
      seed: { init: seed, data: seed },
      seedIndex,
      key: "",
      status: "done" as const,
      error: null,
      divergedAt: null,
      cached: false,
      steps: 1,
      tokens: 1,
      seconds: 1,
      provenance: null,
      curves: "",
      metrics,
    };
  });
  return { name, patch: {}, config, params: 1, activeParams: 1, flopsPerToken: 1, runs, ...summariseArm(runs) };
}

const experimentOf = (arms: ArmResult[], primary: string[]): ExperimentResult => ({
  id: "e",
  cell: "e",
  title: "Lengths",
  question: null,
  baseline: arms[0].name,
  primary,
  domains: ["prose"],
  dataHash: "",
  bigramEntropy: {},
  arms,
  comparisons: compareArms(arms, arms[0].name, primary),
});

const claim = (metric: string, expect: Claim["expect"]): Claim => ({
  claim: "they differ",
  paper: null,
  metric,
  arm: "b",
  than: null,
  expect,
  factor: null,
  within: expect === "same" ? 10 : null,
});

const settings = fc.record({
  seqLen: fc.constantFrom(32, 64, 128),
  batchSize: fc.constantFrom(4, 8),
  windows: fc.constantFrom(4, 8, 16),
  final: fc.constantFrom(16, 32),
  mixture: fc.constantFrom({ prose: 1 }, { prose: 1, code: 1 }, { prose: 2, code: 2 }, { prose: 1, code: 3 }, { code: 1 }),
});
const specOf = ({
  seqLen,
  batchSize,
  windows,
  final,
  mixture,
}: {
  seqLen: number;
  batchSize: number;
  windows: number;
  final: number;
  mixture: object;
}) => ({ train: { steps: 10, seqLen, batchSize }, validation: { windowsPerDomain: windows, final }, data: { mixture } });

describe("what is measured differently", () => {
  test("never gets a difference, a p or a verdict, and what is measured alike always does", () => {
    fc.assert(
      fc.property(settings, settings, fc.constantFrom(...onText), fc.boolean(), (one, other, metric, primary) => {
        const arms = [arm("a", specOf(one), 0), arm("b", specOf(other), 1)];
        const experiment = experimentOf(arms, primary ? [metric] : ["gradNorm"]);
        const [comparison] = experiment.comparisons.filter((c) => c.metric === metric);
        const [family] = metric.split(".");
        const trained = family === "trainLoss" || family === "maxVioBatch";
        const parts = (m: Record<string, number>) =>
          JSON.stringify(Object.entries(m).map(([k, w]) => [k, w / Object.values(m).reduce((a, b) => a + b)]));
        const alike =
          one.seqLen === other.seqLen &&
          (trained
            ? parts(one.mixture as never) === parts(other.mixture as never) && (family === "trainLoss" || one.batchSize === other.batchSize)
            : one.windows === other.windows &&
              one.final === other.final &&
              Object.keys(one.mixture).join() === Object.keys(other.mixture).join());
        const findings = judgeClaims(experiment, [claim(metric, "higher"), claim(metric, "same")]);
        if (alike) {
          expect(comparison.verdict).toBe(primary ? "higher" : "not tested");
          expect(findings.map(({ outcome }) => outcome)).toEqual(["holds", "holds"]);
          return;
        }
        expect(comparison).toMatchObject({
          verdict: "not the same measurement",
          p: null,
          pHolm: null,
          ci95: null,
          detectable80: null,
          difference: NaN,
          family: 0,
        });
        expect(findings.map(({ outcome, p }) => [outcome, p])).toEqual([
          ["not measured", null],
          ["not measured", null],
        ]);
        expect(findings[0].why).toContain("not the same measurement");
      }),
      { numRuns: 300 },
    );
  });

  test("does not weigh on the verdicts of the others", () => {
    const short = { train: { steps: 10, seqLen: 32 } };
    const arms = [arm("a", short, 0), arm("b", { train: { steps: 10, seqLen: 64 } }, 1), arm("c", short, 1)];
    expect(compareArms(arms, "a", ["valLoss"]).find((c) => c.arm === "c" && c.metric === "valLoss")).toMatchObject({
      verdict: "higher",
      family: 1,
    });
  });

  test("is said in the sentence, the report's warning, its table, the forest and the comparison table", () => {
    const experiment = experimentOf(
      [arm("short", { train: { steps: 10, seqLen: 32 } }, 0), arm("long", { train: { steps: 10, seqLen: 128 } }, 1)],
      ["valLoss"],
    );
    expect(describeMetric(experiment, "valLoss")).toBe(
      "Validation loss: “long” is not the same measurement as “short” (train.seqLen 128 against 32): no difference is told.",
    );
    expect(warningsOf(experiment)).toEqual([
      "“long” and “short” were not measured alike (train.seqLen 128 against 32): differences between their numbers say nothing about the arms, and none is given.",
    ]);
    expect(comparisonTable(experiment).rows[0]).toEqual(["Validation loss", "long", 4, "–", "–", "–", "–", "not the same measurement"]);
    const svg = forest(experiment, v.parse(forestOptions, {}), { width: 800, theme: "light" } as never).svg;
    expect(svg).toContain("not the same measurement");
    expect(svg).not.toMatch(/NaN|n = 4/);
    expect(tableOf(experiment, v.parse(comparisonTableOptions, { metrics: ["valLoss"] })).rows[1].cells.slice(3)).toEqual([
      "",
      "not the same measurement",
    ]);
  });
});

test("weights count by their proportions", () => {
  const of = (mixture: object) => resolve({ data: { mixture } }).arms[0].config;
  expect(measuredDifferently("trainLoss", of({ prose: 1, code: 2 }), of({ prose: 2, code: 4 }))).toBeNull();
  expect(measuredDifferently("trainLoss", of({ prose: 1, code: 2 }), of({ prose: 1, code: 1 }))).toBe(
    "data.mixture prose 0.333333, code 0.666667 against prose 0.5, code 0.5",
  );
});
