/** What one experiment may ask for, told before anything is planned; and how fast the rest is planned. */
import { describe, expect, test } from "vitest";
import { planBytes, planRun } from "../../engine/plan/plan.ts";
import { mostRuns } from "../../experiments/runs/spec/limits.ts";
import { keyParts, keyOf, runKeys } from "../../experiments/runs/store/key.ts";
import { firstMiss, lookUp, planExperiment } from "../../experiments/runs/plan/plan.ts";
import { leastBytes } from "../../experiments/runs/spec/sizes.ts";
import { resolveExperiments } from "../../experiments/runs/spec/spec.ts";
import type { RunRecord, RunStore } from "../../experiments/runs/store/store.ts";
import fc from "fast-check";
import { hash } from "./plans.ts";
import { options, problemsOf, request, resolve } from "./requests.ts";

/** Processor time, since other work may share the machine. */
async function spent<T>(work: () => T | Promise<T>): Promise<[T, seconds: number]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}

const manyArms = (n: number) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`lr ${i}`, { train: { optimizer: { lr: 1e-6 + i / 1e9 } } }]));

describe("10,000 runs are the most, and more are refused at once", () => {
  test.each<[string, object, string, RegExp]>([
    [
      "seeds: 1e9",
      { seeds: 1e9 },
      "seeds",
      /^1 arm × 1,000,000,000 seeds are 1,000,000,000 runs: 10,000 runs are the most that one experiment may have$/,
    ],
    ["a list of a million seeds", { seeds: Array.from({ length: 1e6 }, (_, i) => i) }, "seeds", /^1,000,000 seeds: 10,000 runs/],
    ["100,000 arms", { arms: manyArms(1e5), seeds: 1 }, "arms", /^100,000 arms: 10,000 runs/],
    ["100,000 pairs", { arms: Object.entries(manyArms(1e5)), seeds: 1 }, "arms", /^100,000 arms: 10,000 runs/],
    ["101 arms × 100 seeds", { arms: manyArms(101), seeds: 100 }, "seeds", /^101 arms × 100 seeds are 10,100 runs/],
  ])("%s", async (_what, spec, path, message) => {
    const [[problem, ...rest], seconds] = await spent(() => problemsOf(spec));
    expect(rest).toEqual([]);
    expect(problem.path).toBe(path);
    expect(problem.message).toMatch(message);
    expect(seconds).toBeLessThan(1);
  });

  test("by an override too", () => {
    expect(problemsOf({}, { sets: [{ target: "seeds", value: 1e9 }] })[0].message).toMatch(/1,000,000,000 runs: 10,000/);
    expect(problemsOf({}, { sets: [{ target: "arms", value: manyArms(20_000) as never }] })[0]).toMatchObject({
      path: "--set arms",
      message: expect.stringMatching(/^20,000 arms/),
    });
  });

  test("of a notebook's experiments together, and 1,000 experiments", () => {
    const of = (n: number, seeds: number) => () =>
      resolveExperiments(
        Array.from({ length: n }, (_, i) => request({ seeds }, `c${i}`)),
        options,
      );
    expect(of(3, 4000)).toThrow("the notebook's experiments are 12,000 runs together; 10,000 are the most");
    expect(of(1001, 1)).toThrow("the notebook asks for more than 1,000 experiments");
    expect(of(1000, 10)()).toHaveLength(1000);
  });
});

/** On a quiet machine it is one second at most; where many processes share caches and cores, the same work takes up to three. */
const second = 3;

describe("10,000 runs are planned within a second", () => {
  test.each<[string, object]>([
    ["10,000 seeds", { seeds: mostRuns }],
    ["10,000 arms", { arms: manyArms(mostRuns), seeds: 1 }],
    ["100 arms × 100 seeds", { arms: manyArms(100), seeds: 100 }],
  ])("%s", async (_what, spec) => {
    planExperiment(resolve({}), hash); // what a first call costs is no part of it
    const [plan, seconds] = await spent(() => planExperiment(resolve(spec, { machineBytes: 8 * 2 ** 30 }), hash));
    expect(plan.runs).toHaveLength(mostRuns);
    expect(new Set(plan.runs.map(({ key }) => key)).size).toBe(mostRuns);
    expect(seconds).toBeLessThan(second);
  });

  test("and looked up among 10,000 kept ones, of which none is read unless the nearest is asked for", async () => {
    const plan = planExperiment(resolve({ seeds: mostRuns }), hash);
    const kept = planExperiment(resolve({ seeds: mostRuns, train: { steps: 401 } }), hash).runs.map(
      ({ key, config, seed }) => ({ key, config, seed, dataHash: hash, semantics: 1, backend: "cpu" }) as RunRecord,
    );
    let listed = 0;
    const store = { find: async () => null, list: async () => (listed++, kept) } as unknown as RunStore;
    const [report, seconds] = await spent(() => lookUp(plan, store));
    expect([report.cached.size, listed]).toEqual([0, 0]);
    expect(seconds).toBeLessThan(second);
    const [miss, more] = await spent(() => firstMiss(plan, report));
    expect(miss?.difference.path).toBe("config.train.steps");
    expect([listed, more < 2 * second]).toEqual([1, true]);
  });
});

test("keys of many seeds are those of each alone", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), fc.constantFrom(1e-3, 3e-21, 1e21, 0.1 + 0.2), (init, data, lr) => {
      const [{ config }] = resolve({ train: { optimizer: { lr } } }).arms;
      expect(runKeys(hash)(config)({ init, data })).toBe(keyOf(keyParts(config, { init, data }, hash)));
    }),
  );
});

describe("what a machine cannot hold or finish is refused in the plan, with the number", () => {
  const machineBytes = 16 * 2 ** 30;
  test.each<[string, object, RegExp]>([
    ["batchSize 1e9", { train: { batchSize: 1e9 } }, /^1000000000: needs a whole number of at least 1 and at most 1,048,576$/],
    [
      "batchSize 1e6",
      { train: { batchSize: 1e6, seqLen: 16 } },
      /^needs a tensor of 4,096,000,000 numbers \(the model's output, sequences at once × train.seqLen × model.vocabSize\); 2,147,483,647 are the most$/,
    ],
    [
      "hiddenSize 65,536",
      { model: { hiddenSize: 65_536, moeIntermediateSize: 256 } },
      /^one run needs at least [\d.]+ GiB of memory, and of this machine's 16.00 GiB at most 80 % may be used/,
    ],
    [
      "16,384 experts",
      { model: { nRoutedExperts: 16_384, moeIntermediateSize: 4096 } },
      /^needs a tensor of .* numbers \(the parameters together\)/,
    ],
    ["1,024 layers", { model: { numHiddenLayers: 1024, hiddenSize: 1024 } }, /^(one run needs|needs a tensor)/],
    [
      "a billion steps",
      { train: { steps: 1e9, batchSize: 65_536, microBatch: 16 } },
      /^one run takes \d\.\de\+21 floating-point operations: \d+ years at 10 TFLOP\/s/,
    ],
    [
      "just too large: only its layout says so",
      { train: { batchSize: 20_000 } },
      /^one run needs 1[2-9]\.\d\d GiB of memory, and of this machine's 16.00 GiB at most 80 %/,
    ],
  ])("%s", async (_what, spec, message) => {
    const [problems, seconds] = await spent(() => problemsOf(spec, { machineBytes }));
    expect(
      problems.some((problem) => message.test(problem.message)),
      JSON.stringify(problems),
    ).toBe(true);
    expect(seconds).toBeLessThan(2);
  });

  test("an arm's at the arm, and what fits is not", () => {
    const spec = { arms: { small: {}, large: { model: { hiddenSize: 65_536, moeIntermediateSize: 256 } } } };
    expect(problemsOf(spec, { machineBytes }).map(({ path }) => path)).toContain('arms["large"]');
    expect(resolve({ model: { hiddenSize: 512, numHiddenLayers: 8 } }, { machineBytes }).arms).toHaveLength(1);
  });

  test("what is told without a layout is less than any layout takes, and not much less", () => {
    const size = (...of: number[]) => fc.constantFrom(...of);
    fc.assert(
      fc.property(
        fc.record({
          hiddenSize: size(8, 64, 256),
          numHiddenLayers: size(1, 2, 4),
          firstKDenseReplace: size(0, 1),
          nRoutedExperts: size(2, 16, 64),
          numExpertsPerTok: size(1, 2),
          moeIntermediateSize: size(1, 32, 256),
          intermediateSize: size(1, 128, 1024),
          mtp: fc.record({ depth: size(0, 1, 2) }),
        }),
        size(1, 4, 64),
        size(4, 32, 128),
        (model, batchSize, seqLen) => {
          const [{ config }] = resolve({ model, train: { batchSize, seqLen } }).arms;
          const [least, bytes] = [leastBytes(config), planBytes(planRun(config))];
          expect(least).toBeLessThanOrEqual(bytes);
          // below a megabyte the alignment of slices counts for more than the model
          if (bytes > 2 ** 20) expect(16 * least).toBeGreaterThan(bytes);
        },
      ),
      { numRuns: 60 },
    );
  });
});
