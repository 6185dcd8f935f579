/** Results of older versions are read as what they are, under today's names. */
import { describe, expect, test } from "vitest";
import { encode } from "../../experiments/runs/store/json.ts";
import { parseJson } from "../../experiments/runs/store/parse-json.ts";
import { finalMetrics, metricEvent } from "../../experiments/runs/store/records.ts";
import { flatMetrics } from "../../experiments/statistics/metrics.ts";

/** As version 0.1.0 wrote it: how often the likeliest tokens agree was called acceptance. */
const evaluation = {
  step: 20,
  tokens: 20480,
  seconds: 1.5,
  valLoss: 2.5,
  valBpb: { all: 3.6, prose: 3.6 },
  mtpLoss: [2.6, 2.7],
  acceptance: [0.65, 0.61],
  maxVioGlobal: 0.4,
  maxVioFloor: 0.05,
  routingEntropy: 0.97,
  specialisation: 0.1,
  expertCounts: [[[1, 2]]],
};
const rest = {
  trainLoss: 2.4,
  balanceLoss: 0,
  gradNorm: 0.5,
  skippedSteps: 0,
  clippedSteps: 3,
  tokensPerSecond: 9000,
  maxVioBatch: 0.6,
  domains: ["prose"],
};

function read<T>(value: object, schema: Parameters<typeof parseJson<T>>[1]): T {
  const reading = parseJson(encode(value), schema);
  if (reading.state !== "read") throw new Error(reading.why);
  return reading.value;
}

describe("what semantics 1 called acceptance is agreement, and acceptance was not measured", () => {
  test("in the result of a run", () => {
    const metrics = read({ ...evaluation, ...rest }, finalMetrics);
    expect(metrics).toMatchObject({ agreement: [0.65, 0.61], acceptance: [] });
    const flat = flatMetrics(metrics);
    expect([flat["agreement.1"], flat["agreement.2"]]).toEqual([0.65, 0.61]);
    expect(Object.keys(flat).filter((name) => name.startsWith("acceptance"))).toEqual([]);
  });

  test("in its curve", () => {
    expect(read({ kind: "eval", ...evaluation }, metricEvent)).toMatchObject({ agreement: [0.65, 0.61], acceptance: [] });
  });

  test("while today's results keep both, whatever they are", () => {
    const today = { ...evaluation, agreement: [0.5, 0.4], acceptance: [0.8, 0.75] };
    expect(read({ ...today, ...rest }, finalMetrics)).toMatchObject({ agreement: [0.5, 0.4], acceptance: [0.8, 0.75] });
    expect(read({ kind: "eval", ...today, mtpLoss: [], agreement: [], acceptance: [] }, metricEvent)).toMatchObject({
      agreement: [],
      acceptance: [],
    });
  });
});
