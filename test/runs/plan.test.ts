import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differences } from "../../experiments/runs/spec/difference.ts";
import { lookUp, planExperiment } from "../../experiments/runs/plan/plan.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { bench, hash, plan } from "./plans.ts";
import { resolve } from "./requests.ts";

describe("a plan", () => {
  const planned = planExperiment(
    resolve({
      arms: { none: {}, loss: { balance: { losses: [{ group: "batch", alpha: 1e-2 }] } }, aa: { seedOffset: 1000 } },
      seeds: [3, 7],
    }),
    hash,
  );

  test("has every arm with every seed, whole seeds first", () => {
    expect(planned.runs.map((run) => run.id)).toEqual([
      "balancing/none/3",
      "balancing/loss/3",
      "balancing/aa/3",
      "balancing/none/7",
      "balancing/loss/7",
      "balancing/aa/7",
    ]);
    expect(planned.runs.map((run) => run.seedIndex)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test("gives equal seeds to paired runs, and an offset to an arm that asks for it", () => {
    expect(planned.runs.slice(0, 3).map((run) => run.seed)).toEqual([
      { init: 3, data: 3 },
      { init: 3, data: 3 },
      { init: 1003, data: 1003 },
    ]);
  });

  test("shows each arm's resolved difference from the baseline", () => {
    expect(planned.arms.map((arm) => arm.differences)).toEqual([
      [],
      [{ path: "balance.losses[0]", from: undefined, to: { group: "batch", alpha: 1e-2 } }],
      [],
    ]);
  });

  test("has different keys for different runs, and equal ones only for the same run", () => {
    expect(new Set(planned.runs.map((run) => run.key)).size).toBe(6);
    const again = planExperiment(resolve({ arms: { renamed: {} }, seeds: [3] }), hash);
    expect(again.runs[0].key).toBe(planned.runs[0].key);
    expect(planExperiment(resolve({ arms: { renamed: {} }, seeds: [3] }), "cd".repeat(32)).runs[0].key).not.toBe(planned.runs[0].key);
  });
});

test("a look-up tells what the store has, and the first difference of what it lacks", async () => {
  const store = new MemoryStore();
  await bench({ store }).coordinator.submit(plan({ arms: { a: {} }, seeds: 1 })).finished;
  const wanted = plan({ arms: { a: {}, b: { train: { optimizer: { lr: 1 } } } }, seeds: 2 });
  const report = await lookUp(wanted, store);
  const nearest = (id: string) => report.nearest(wanted.runs.find((run) => run.id === id)!);
  expect([...report.cached]).toEqual(["balancing/a/1"]);
  expect(await nearest("balancing/b/1")).toEqual([{ path: "config.train.optimizer.lr", from: 3e-3, to: 1 }]);
  expect(await nearest("balancing/a/2")).toEqual([
    { path: "seed.init", from: 1, to: 2 },
    { path: "seed.data", from: 1, to: 2 },
  ]);
});

describe("differences", () => {
  test("of equal values there are none, of others at least one", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(differences(value, structuredClone(value))).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)) && !signs(a, b);
        expect(differences(a, b).length === 0).toBe(same);
      }),
    );
  });

  test("name the leaf, with keys that are no identifiers quoted", () => {
    expect(differences({ "a b": [1, { c: 2 }], d: 1 }, { "a b": [1, { c: 3 }], e: null })).toEqual([
      { path: '["a b"][1].c', from: 2, to: 3 },
      { path: "d", from: 1, to: undefined },
      { path: "e", from: undefined, to: null },
    ]);
  });
});

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([k, v]) => [k, sorted(v)]),
        )
      : value;

/** JSON text does not tell −0 from 0; a difference does. */
const signs = (a: unknown, b: unknown): boolean => {
  if (typeof a === "object" && typeof b === "object" && a && b)
    return Object.keys(a).some((key) => signs((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
  return a === 0 && b === 0 && !Object.is(a, b);
};
