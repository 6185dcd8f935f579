import { describe, expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { measure, type MeasureOptions } from "../../engine/bench/measure.ts";
import { benchModels } from "../../engine/bench/models.ts";
import { isProduct, modelFlops, withProducts } from "../../engine/bench/products.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { verifyPlan } from "../../engine/plan/verify.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { costOf } from "../../experiments/runs/cost/cost.ts";
import { profileTable } from "../../experiments/bench/profile-text.ts";
import { summarise } from "../../experiments/bench/summary.ts";
import { summaryText } from "../../experiments/bench/text.ts";
import { trainRun } from "../engine/training.ts";

const models = Object.entries(benchModels);
const options: MeasureOptions = { rounds: 4, maxSeconds: 60, replicas: 1, profile: true };

describe.each(models)("the matrix products of %s by themselves", (_name, config) => {
  const plan = planRun({ ...config, train: { ...config.train, microBatch: 1 } });
  const products = withProducts(plan);

  test("are those of a training step, all of them", () => {
    const own = plan.lists.microstep.filter(isProduct);
    const sizes = (list: typeof own) => list.map(({ kind, attrs }) => [kind, attrs]);
    expect(sizes(products.plan.lists.evaluate as typeof own)).toEqual(sizes(own));
    expect(products.flops).toBe(own.reduce((sum, { flops }) => sum + flops, 0));
  });

  test("make a sound list whose operands lie apart from the activations of the step", () => {
    const temporary = products.plan.lists.evaluate
      .flatMap((op) => [...op.inputs, ...op.outputs])
      .filter(({ pool }) => pool === "activations");
    for (const slice of temporary) expect(slice.offset).toBeGreaterThanOrEqual(plan.pools.activations);
    // operands are written by the host, which the verifier of lists cannot know
    expect(
      verifyPlan(products.plan).filter((problem) => !problem.includes("memory that nothing wrote") && !problem.includes("overwrote")),
    ).toEqual([]);
  });

  test("and attention are what the model costs, as the plan of a study counts it", () => {
    expect(modelFlops(plan) / (plan.batch * plan.seqLen)).toBeCloseTo(costOf(config).flopsPerToken, 3);
  });
});

describe("measuring a model", () => {
  const config = {
    ...benchModels.XS,
    train: { ...benchModels.XS.train, steps: 12, evalEvery: 12, batchSize: 4, seqLen: 32 },
    validation: { windowsPerDomain: 1 },
  };

  test("trains it as the trainer does: the losses are the trainer's, to the bit", async () => {
    const domains = await openDomains(Object.keys(config.data.mixture));
    const { losses, pairs, profile } = await measure(await createCpuBackend(), config, domains, { ...options, rounds: 1 });
    const { events } = await trainRun(config, { backend: await createCpuBackend(), domains });
    const trained = events.flatMap((event) => (event.kind === "step" ? [event.trainLoss] : []));
    expect(losses.slice(0, trained.length)).toEqual(trained.slice(0, losses.length));
    expect(Math.min(losses.length, trained.length)).toBeGreaterThanOrEqual(5);
    expect(pairs).toHaveLength(1);
    // every op of a step has its time
    const plan = planRun(config);
    expect(profile.reduce((sum, { calls }) => sum + calls, 0)).toBe(plan.lists.microstep.length + plan.lists.step.length);
  });

  test("ends all workers' rounds together, when one wants to", async () => {
    let met = 0;
    const together = async (go: boolean) => go && ++met < 5;
    const { pairs } = await measure(await createCpuBackend(), config, await openDomains(Object.keys(config.data.mixture)), {
      ...options,
      rounds: 1000,
      profile: false,
      together,
    });
    expect(pairs).toHaveLength(2);
  });
});

test("workers' rates of the same round add up, and the ratio is the median of the rounds' ratios", () => {
  const one = {
    info: { name: "cpu" as const, adapter: "", software: false, kernels: "", fma: true },
    tokensPerStep: 100,
    flopsPerStep: 1000,
    productFlops: 800,
    compileTime: 5,
    firstStepTime: 10,
    losses: [5, 4],
    memoryBytes: 1,
    dispatchesPerStep: null,
    bytesPerStep: null,
    profile: [],
  };
  const summary = summarise(
    "XS",
    1,
    [
      {
        ...one,
        pairs: [
          { step: 10, alone: null, products: 4 },
          { step: 20, alone: null, products: 4 },
          { step: 10, alone: null, products: 8 },
        ],
      },
      {
        ...one,
        pairs: [
          { step: 10, alone: null, products: 4 },
          { step: 20, alone: null, products: 8 },
          { step: 10, alone: null, products: 8 },
        ],
      },
    ],
    7,
  );
  // steps a second: 200, 100, 200; product FLOP/s: 400,000, 300,000, 200,000
  expect(summary.tokensPerSecond).toEqual({ median: 20_000, best: 20_000 });
  expect(summary.flopsPerSecond).toBe(200_000);
  expect(summary.productFlopsPerSecond).toBe(300_000);
  expect(summary.ratio).toBe(200_000 / 400_000);
  expect(summary.firstStepMilliseconds).toBe(15);
  expect(summary.sideBySide).toBeNull();
});

test("a profile is read by families first, whose shares and times are those of their ops; what does not count or was too short is a dash", () => {
  const lines = profileTable(
    [
      { label: "matmul 2×2×2 NN", calls: 3, time: 4, flops: 8e6, bytes: 2 ** 20 },
      { label: "attentionGrad", calls: 1, time: 3, flops: 3e6, bytes: 0 },
      { label: "groupedMatmul 4×2×2 NT", calls: 1, time: 2, flops: 4e6, bytes: 2 ** 20 },
      { label: "adamw", calls: 1, time: 1, flops: 0, bytes: 3 * 2 ** 20 },
      { label: "rope", calls: 2, time: 0, flops: 10, bytes: 10 },
    ],
    20,
  );
  const cells = (label: string) =>
    lines
      .find((line) => line.endsWith(`  ${label}`))!
      .trim()
      .split(/\s{2,}/);
  expect(cells("matrix products")).toEqual(["60.0 %", "6.000", "2.0", "0.3", "2.0", "4", "matrix products"]);
  expect(cells("attention")[0]).toBe("30.0 %");
  expect(cells("optimizer")).toEqual(["10.0 %", "1.000", "–", "3.1", "3.0", "1", "optimizer"]);
  expect(cells("everything else")).toEqual(["0.0 %", "0.000", "–", "–", "0.0", "2", "everything else"]);
  expect(cells("matmul 2×2×2 NN")).toEqual(["40.0 %", "4.000", "2.0", "0.3", "1.0", "3", "matmul 2×2×2 NN"]);
  expect(lines[0]).toContain("10.0 ms of a step's 20.0 ms");
});

test("what side by side gains is told against as many runs one after another, timed in the same rounds", () => {
  const summary = summarise(
    "XS",
    3,
    [
      {
        info: { name: "webgpu", adapter: "", software: true, kernels: "", fma: null },
        tokensPerStep: 300,
        flopsPerStep: 3000,
        productFlops: 2400,
        compileTime: 5,
        firstStepTime: 10,
        losses: [5, 4],
        memoryBytes: 1,
        dispatchesPerStep: 7,
        bytesPerStep: 9,
        profile: [],
        pairs: [
          { step: 10, alone: 5, products: 4 },
          { step: 20, alone: 10, products: 4 },
          { step: 10, alone: 10, products: 8 },
        ],
      },
    ],
    7,
  );
  // a run alone makes 100 tokens in 5, 10, 10 ms; three of them take 15, 30, 30 where all at once take 10, 20, 10
  expect(summary.sideBySide).toEqual({ alone: { tokensPerSecond: 10_000, stepMilliseconds: 10 }, gain: 1.5 });
  expect(summaryText(summary)).toContain("1.50 times as fast as 3 runs one after another");
  expect(summaryText(summary)).toContain("7 a step, 0 MiB read and written");
});
