import { describe, expect, test } from "vitest";
import { planRun } from "../../engine/plan/plan.ts";
import { costOf, expectedSeconds } from "../../experiments/runs/cost/cost.ts";
import { resolve } from "./requests.ts";

const specs = {
  "the default study": {},
  "a dense first layer and query latents": {
    model: { firstKDenseReplace: 1, intermediateSize: 96, attention: { kind: "mla", qLoraRank: 24 } },
  },
  "grouped-query attention": { model: { attention: { kind: "gqa", numKeyValueHeads: 2, headDim: 12, ropeDim: 8 } } },
  "two MTP modules": { model: { mtp: { depth: 2 }, nSharedExperts: 2 } },
  "all dense, MTP modules too": { model: { firstKDenseReplace: 2, mtp: { depth: 2 } } },
  "parallel MTP heads, a tied head": { model: { mtp: { depth: 1, heads: "parallel" }, nSharedExperts: 0, tieWordEmbeddings: true } },
};

describe.each(Object.entries(specs))("%s", (_name, spec) => {
  const { config } = resolve({ ...spec, train: { batchSize: 2, seqLen: 16 } }).arms[0];
  const plan = planRun(config);

  test("params are the engine's parameters, counted", () => {
    const counted = plan.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(costOf(config).params).toBe(counted);
  });

  test("flopsPerToken are the engine's matrix products, exactly", () => {
    const counted = (kind: string) =>
      plan.lists.microstep.filter((op) => op.kind === kind).reduce((sum, { flops }) => sum + flops, 0) / (2 * 16);
    // the fused attention backward recomputes its scores, which is not work that the model asks for: three times the forward pass
    expect(costOf(config).flopsPerToken).toBeCloseTo(counted("matmul") + counted("groupedMatmul") + 3 * counted("attention"), 6);
  });
});

test("the default study is 277,888 parameters, 105,856 of them active, 0.60 MFLOP per token", () => {
  const { params, activeParams, flopsPerToken, tokens } = costOf(resolve({}).arms[0].config);
  expect([params, activeParams, flopsPerToken, tokens]).toEqual([277_888, 105_856, 596_928, 409_600]);
});

test("expected seconds: runs are shared among workers, but one run is never split", () => {
  const cost = costOf(resolve({}).arms[0].config);
  const measured = { tokensPerSecond: 40_960, flopsPerToken: cost.flopsPerToken };
  expect(expectedSeconds([cost], measured, 1)).toBeCloseTo(10);
  expect(expectedSeconds([cost], measured, 4)).toBeCloseTo(10);
  expect(expectedSeconds([cost, cost, cost, cost], measured, 2)).toBeCloseTo(20);
});
