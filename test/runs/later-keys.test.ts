/** Keys that came after the first runs were kept: absent means what there was before them. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { keyOf, keyParts } from "../../experiments/runs/store/key.ts";
import type { RunRecord } from "../../experiments/runs/store/records.ts";
import { problemsOf, resolve } from "./requests.ts";

const gallery = `${import.meta.dirname}/../../experiments/gallery`;
const records = readdirSync(gallery)
  .filter((name) => name.endsWith(".results"))
  .flatMap((results) =>
    readdirSync(`${gallery}/${results}/runs`).map(
      (run) => JSON.parse(readFileSync(`${gallery}/${results}/runs/${run}/config.json`, "utf8")) as RunRecord,
    ),
  );

test("a run that ships has the key of its config and its own semantics still", () => {
  expect(records.length).toBeGreaterThan(10);
  for (const { config, seed, dataHash, key, semantics } of records)
    expect(keyOf({ ...keyParts(config, seed, dataHash), semantics })).toBe(key);
});

test("a shipped run's config, written as a spec, resolves to itself: no later key is added", () => {
  for (const { config } of records) {
    const { losses = [], bias } = config.balance;
    if (losses.some(({ group }) => typeof group === "number") || typeof bias?.group === "number") continue;
    expect(resolve(config).arms[0].config).toEqual(config);
  }
});

const configOf = (spec: unknown) => resolve(spec).arms[0].config;

describe("a later key at its neutral value is left out", () => {
  test.each([
    { data: { order: "stratified" } },
    { model: { groupScore: 2 } },
    { train: { schedule: { pieces: null } } },
    { balance: { zLoss: 0 } },
  ])("%o", (spec) => expect(configOf(spec)).toEqual(configOf({})));
});

describe("the order of a batch's sequences", () => {
  const scope = { balance: { losses: [{ group: 4, alpha: 1e-2 }] } };

  test("is drawn in every arm where one of them counts load over a number of sequences", () => {
    const orders = (spec: unknown) => resolve(spec).arms.map(({ config }) => config.data.order ?? "stratified");
    expect(orders({ arms: { plain: {}, four: scope } })).toEqual(["random", "random"]);
    expect(orders({ arms: { plain: {}, four: { balance: { bias: { group: 4 } } } } })).toEqual(["random", "random"]);
    expect(orders({ arms: { plain: {}, sequence: { balance: { losses: [{ group: "sequence", alpha: 1 }] } } } })).toEqual([
      "stratified",
      "stratified",
    ]);
  });

  test("is what is said of it, and changes the key", () => {
    expect(configOf({ ...scope, data: { order: "stratified" } }).data).not.toHaveProperty("order");
    expect(configOf({ data: { order: "iid" } }).data.order).toBe("iid");
  });
});

test("what cannot be is refused with what would be", () => {
  const told = (spec: unknown) => problemsOf(spec).map(({ path, message }) => `${path}: ${message}`);
  expect(told({ data: { order: "sorted" } })).toEqual([expect.stringContaining('"stratified" or "random" or "iid"')]);
  expect(told({ model: { groupScore: 3 } })).toEqual([expect.stringContaining('needs 2 or "K/M"')]);
  expect(told({ model: { groupScore: "K/M" } })).toEqual([expect.stringContaining("there are none to rank")]);
  expect(told({ model: { nGroup: 4, topkGroup: 2, numExpertsPerTok: 3, groupScore: "K/M" } })).toEqual([
    expect.stringContaining("divisible by topkGroup"),
  ]);
  expect(configOf({ model: { nGroup: 4, topkGroup: 2, numExpertsPerTok: 4, groupScore: "K/M" } }).model.groupScore).toBe("K/M");
  expect(told({ train: { schedule: { kind: "pieces" } } })).toEqual([expect.stringContaining("a list of { until, shape, value }")]);
  expect(told({ train: { schedule: { pieces: [{ until: 1, shape: "constant", value: 1 }] } } })).toEqual([
    expect.stringContaining('write kind: "pieces"'),
  ]);
  expect(told({ train: { schedule: { kind: "pieces", pieces: [{ until: 0.5, shape: "cosine", value: 1 }] } } })).toContainEqual(
    expect.stringContaining("until: 1"),
  );
  expect(told({ balance: { zLoss: [{ until: 1, value: -1 }] } })).toEqual([expect.stringContaining("0 or more")]);
});

test("tokens are rounded up to whole steps", () => {
  expect([1, 1024, 1025, 5200].map((tokens) => configOf({ train: { tokens } }).train.steps)).toEqual([1, 1, 2, 6]);
});
