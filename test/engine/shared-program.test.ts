import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BalanceConfig, RunConfig } from "../../engine/model/config.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { coveringConfig, programsOf, widened } from "../../engine/train/shared-program.ts";
import { tinyConfig, variedConfigs } from "./configs.ts";
import { numbersOfStep } from "../../engine/train/schedule.ts";
import { NumberSlot } from "../../engine/program/ops.ts";

const bias = { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } as const;
const share = (...configs: RunConfig[]) => new Set(programsOf(configs)).size === 1;

describe("runs share a program", () => {
  const base = tinyConfig({ model: { mtp: { depth: 1 } }, balance: { losses: [{ group: "sequence", alpha: 0.1 }], bias } });
  const { train, model } = base;
  const { optimizer } = train;

  const mayDiffer: Record<string, RunConfig> = {
    "learning rate": { ...base, train: { ...train, optimizer: { ...optimizer, lr: [{ until: 1, value: 0.5 }] } } },
    "AdamW's constants": { ...base, train: { ...train, optimizer: { ...optimizer, beta1: 0.8, beta2: 0.99, eps: 1e-6, weightDecay: 0 } } },
    "clipping and schedule": { ...base, train: { ...train, clipNorm: 0.1, schedule: { kind: "constant", warmup: 0, final: 1 } } },
    "number of steps, validations and checkpoints": {
      ...base,
      train: { ...train, steps: 99, evalEvery: 7, checkpointEverySeconds: 1, keep: "none" },
    },
    alpha: { ...base, balance: { ...base.balance, losses: [{ group: "sequence", alpha: [{ until: 1, value: 3 }] }] } },
    gamma: { ...base, balance: { ...base.balance, bias: { ...bias, gamma: 0.5 } } },
    lambda: { ...base, model: { ...model, mtp: { ...model.mtp, lambda: 2 } } },
    "range of the first weights": { ...base, model: { ...model, initializerRange: 1 } },
    "weights of the mixture": { ...base, data: { mixture: { prose: 3, code: 0 } } },
  };
  test.each(Object.entries(mayDiffer))("that differ in %s", (_name, config) => {
    expect(share(base, config)).toBe(true);
    expect(planRun(config)).toEqual(planRun(base));
  });

  test("whether one balances, and over which groups", () => {
    const arms = [
      { losses: [], bias: null },
      { losses: [], bias },
      { losses: [{ group: "batch", alpha: 1 }], bias: null },
      {
        losses: [
          { group: 2, alpha: 1 },
          { group: "batch", alpha: 1 },
        ],
        bias: null,
      },
    ];
    const configs = arms.map((balance) => tinyConfig({ balance: { ...balance, zLoss: 0 } as BalanceConfig }));
    expect(share(...configs)).toBe(true);
    const covering = coveringConfig(configs);
    expect(covering.balance.losses.map(({ group }) => group)).toEqual([2, "batch"]);
    expect(covering.balance.bias).toEqual(bias);
    expect(widened(configs[0], covering).balance).toMatchObject({
      losses: [
        { group: 2, alpha: 0 },
        { group: "batch", alpha: 0 },
      ],
      bias: { gamma: 0 },
    });
    expect(widened(configs[3], covering).balance).toMatchObject({
      losses: [
        { group: 2, alpha: 1 },
        { group: "batch", alpha: 1 },
      ],
      bias: { gamma: 0 },
    });
  });

  test("whether there is a z-loss, and how it is scheduled", () => {
    const configs = (
      [
        0,
        1e-3,
        [
          { until: 0.5, value: 0 },
          { until: 1, value: 1e-2 },
        ],
      ] as const
    ).map((zLoss) => tinyConfig({ balance: { zLoss: zLoss as BalanceConfig["zLoss"] } }));
    expect(share(...configs)).toBe(true);
    const wide = configs.map((config) => widened(config, coveringConfig(configs)));
    expect(wide.map((config) => [1, 10].map((step) => numbersOfStep(config, step)[NumberSlot.zLoss]))).toEqual([
      [0, 0],
      [1e-3, 1e-3],
      [0, 1e-2],
    ]);
  });

  test("alone with their own: covering one run changes nothing of its plan", () => {
    for (const config of Object.values(variedConfigs)) expect(planRun(coveringConfig([config]))).toEqual(planRun(config));
  });
});

describe("runs share no program", () => {
  const base = tinyConfig({ model: { mtp: { depth: 1 } }, balance: { losses: [{ group: "sequence", alpha: 0.1 }], bias } });
  const { train, model, balance } = base;
  const mustNot: Record<string, RunConfig> = {
    "model size": { ...base, model: { ...model, moeIntermediateSize: 8 } },
    "constants that are part of the kernels": { ...base, model: { ...model, rmsNormEps: 1e-5 } },
    "prediction depths": { ...base, model: { ...model, mtp: { ...model.mtp, depth: 2 } } },
    "rule of the bias": { ...base, balance: { ...balance, bias: { ...bias, rule: "magnitude" } } },
    "form of the bias": { ...base, balance: { ...balance, bias: { ...bias, form: "multiplicative" } } },
    "group of the bias": { ...base, balance: { ...balance, bias: { ...bias, group: 2 } } },
    batch: { ...base, train: { ...train, batchSize: 8 } },
    "length of a sequence": { ...base, train: { ...train, seqLen: 9 } },
    microsteps: { ...base, train: { ...train, microBatch: 2 } },
    "validation windows": { ...base, validation: { windowsPerDomain: 6 } },
    "order of the domains": { ...base, data: { mixture: { code: 1, prose: 1 } } },
    "order of the losses": {
      ...base,
      balance: {
        ...balance,
        losses: [
          { group: "batch", alpha: 1 },
          { group: "sequence", alpha: 1 },
        ],
      },
    },
  };
  test.each(Object.entries(mustNot))("that differ in %s", (_name, config) => {
    expect(share(base, config)).toBe(false);
    expect(() => coveringConfig([base, config])).toThrow("share no program");
  });

  test("a run without bias joins the first that has one", () => {
    const of = (change: Partial<RunConfig["balance"]>) => tinyConfig({ balance: change });
    const [none, sign, magnitude] = programsOf([of({}), of({ bias }), of({ bias: { ...bias, rule: "magnitude" } })]);
    expect([none === sign, none === magnitude]).toEqual([true, false]);
  });
});

test("whatever runs share a program, it is the program of each of them with its balancing widened", () => {
  const alpha = fc.constantFrom(0, 0.1);
  const losses = fc
    .subarray(["sequence", 2, "batch"] as const)
    .chain((groups) => fc.tuple(...groups.map((group) => alpha.map((value) => ({ group, alpha: value })))));
  const anyConfig = fc
    .record({
      losses,
      biased: fc.boolean(),
      rule: fc.constantFrom("sign" as const, "magnitude" as const),
      lr: fc.constantFrom(1e-2, 1e-3),
      width: fc.constantFrom(7, 8),
    })
    .map(({ losses, biased, rule, lr, width }) =>
      tinyConfig({
        model: { moeIntermediateSize: width },
        balance: { losses, bias: biased ? { ...bias, rule } : null },
        train: { optimizer: { kind: "adamw", lr, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 } },
      }),
    );
  fc.assert(
    fc.property(fc.array(anyConfig, { minLength: 1, maxLength: 5 }), (configs) => {
      const names = programsOf(configs);
      for (const name of new Set(names)) {
        const group = configs.filter((_, n) => names[n] === name);
        const covering = coveringConfig(group);
        for (const config of group) {
          const wide = widened(config, covering);
          expect(planRun(wide)).toEqual(planRun(covering));
          const weights = (losses: RunConfig["balance"]["losses"]) => losses.filter(({ alpha: value }) => value !== 0);
          expect(weights(wide.balance.losses)).toEqual(weights(config.balance.losses));
          expect(wide.balance.bias ? wide.balance.bias.gamma : 0).toBe(config.balance.bias?.gamma ?? 0);
        }
      }
    }),
    { numRuns: 60 },
  );
});
