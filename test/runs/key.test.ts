import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf, keyParts, runKey, shortKey, type KeyParts } from "../../experiments/runs/store/key.ts";
import { resolve } from "./requests.ts";

const { config } = resolve({
  balance: {
    losses: [{ group: "sequence", alpha: 1e-2 }],
    bias: {
      gamma: [
        { until: 0.9, value: 5e-3 },
        { until: 1, value: 0 },
      ],
    },
  },
}).arms[0];
const seed = { init: 1, data: 1 };
const parts = keyParts(config, seed, "0".repeat(64));

test("the key of the default study with seed 1 is what it always was", () => {
  const key = runKey(resolve({}).arms[0].config, seed, "0".repeat(64));
  expect(key).toBe("bc1d7d111b69b4f386fb03f2553be1673e10f4fef111399a6e4b85cb4f86d132");
  // but for the semantics, and the last validation that came with them, it is what it was in the first version: later keys are absent
  const { config, ...rest } = keyParts(resolve({}).arms[0].config, seed, "0".repeat(64));
  const first = { ...rest, config: { ...config, validation: { windowsPerDomain: 128 } }, semantics: 1 };
  expect(keyOf(first)).toBe("c4dd218ac2b4d1d5d54dcafe8d0b0a63689085bc72ec601c77284d343a4cf75f");
  expect(shortKey(key)).toBe(key.slice(0, 16));
});

test("the order of keys does not matter", () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([k, v]) => [k, reversed(v)]),
          )
        : value;
  expect(keyOf(reversed(parts) as KeyParts)).toBe(keyOf(parts));
});

/** Paths of all leaves. */
const leaves = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
    : [path];

test("any changed leaf changes the key", () => {
  const key = keyOf(parts);
  fc.assert(
    fc.property(fc.constantFrom(...leaves(parts)), fc.jsonValue({ maxDepth: 1 }), (path, value) => {
      const changed = structuredClone(parts) as any;
      const parent = path.slice(0, -1).reduce((at, k) => at[k], changed);
      const last = path.at(-1)!;
      fc.pre(
        JSON.stringify(parent[last]) !== JSON.stringify(value) &&
          !Object.is(parent[last], value) &&
          !(parent[last] === 0 && Object.is(value, -0)),
      );
      parent[last] = value;
      expect(keyOf(changed)).not.toBe(key);
    }),
    { numRuns: 1000 },
  );
});

test("how often a checkpoint is written, and whether weights are kept, change nothing", () => {
  const other = { ...config, train: { ...config.train, checkpointEverySeconds: 1, keep: "none" as const } };
  expect(runKey(other, seed, "d")).toBe(runKey(config, seed, "d"));
});
