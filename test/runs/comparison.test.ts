import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawFigure } from "../../experiments/figures/registry.ts";
import { compareRuns, type ComparableRun } from "../../experiments/runs/index/comparison.ts";
import { comparisonEvidence, comparisonId } from "../../experiments/runs/index/comparison-figure.ts";
import { differences, variations } from "../../experiments/runs/spec/difference.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { bench, hash, plan } from "./plans.ts";

/** All runs of a study, as their store has them. */
async function trained(spec: object = {}, notebook = "one.md"): Promise<ComparableRun[]> {
  const store = new MemoryStore();
  const { coordinator } = bench({ store });
  const planned = plan(spec);
  await coordinator.submit(planned).finished;
  await coordinator.close();
  const records = new Map((await store.list()).map((record) => [record.key, record]));
  return Promise.all(
    planned.runs.map(async ({ key, arm }) => ({
      found: { store: "memory", key, notebook, experiment: "balancing", title: "Balancing", arm },
      record: records.get(key)!,
      result: await store.find(key),
      events: await store.events(key),
    })),
  );
}

describe("a comparison of runs", () => {
  test("shows the settings in which they differ, and no other", async () => {
    const [low, high] = await trained();
    const [longer] = await trained({ train: { steps: 20, evalEvery: 5, keep: "none", checkpointEverySeconds: 7 } });
    expect(compareRuns([low, high, longer]).config).toEqual([
      { path: "train.steps", values: [10, 10, 20] },
      { path: "train.optimizer.lr", values: [low.record.config.train.optimizer.lr, 0.01, low.record.config.train.optimizer.lr] },
    ]);
    expect(compareRuns([low, { ...low }]).config).toEqual([]);
  });

  test("warns where they were validated on other windows, and not where they were not", async () => {
    const [low] = await trained();
    const said = (warnings: readonly string[]) => warnings.filter((warning) => warning.startsWith("Validated on different windows"));
    const [more] = await trained({ validation: { windowsPerDomain: 64 } });
    expect(said(compareRuns([low, more]).warnings)).toEqual([
      expect.stringMatching(
        /: 128 windows of 64 tokens of prose, code, math \(.*\) · 64 windows of 64 tokens of prose, code, math \(.*\)\. Their losses, .* are not the same measurement\.$/,
      ),
    ]);
    const [longer] = await trained({ train: { steps: 10, evalEvery: 5, seqLen: 32 } });
    expect(said(compareRuns([low, longer]).warnings)[0]).toContain("128 windows of 32 tokens");
    const [other] = await trained({ train: { steps: 20, evalEvery: 5 } });
    expect(said(compareRuns([low, other]).warnings)).toEqual([]);
  });

  test("has every metric of any of them, in its order", async () => {
    const [low, high] = await trained();
    const unfinished = { ...high, result: null };
    const { metrics } = compareRuns([low, unfinished]);
    expect(metrics.find(({ name }) => name === "valLoss")).toEqual({
      name: "valLoss",
      title: "Validation loss",
      unit: "nats per token",
      values: [low.result!.metrics!.valLoss, null],
    });
  });

  test("names each run so that no two have one name", async () => {
    const runs = await trained({ seeds: 2 });
    expect(compareRuns(runs).runs.map(({ name }) => name)).toEqual(["low, seed 1", "high, seed 1", "low, seed 2", "high, seed 2"]);
    const elsewhere = { ...runs[0], found: { ...runs[0].found, notebook: "two.md" } };
    expect(compareRuns([runs[0], elsewhere]).runs.map(({ name }) => name)).toEqual(["low, seed 1, one.md", "low, seed 1, two.md"]);
    expect(new Set(compareRuns([runs[0], runs[0], runs[0]]).runs.map(({ name }) => name)).size).toBe(3);
    const nameless = { ...runs[0], found: { ...runs[0].found, arm: null } };
    expect(compareRuns([nameless, runs[1]]).runs[0].name).toBe(`${runs[0].found.key.slice(0, 8)}, seed 1`);
  });

  test("warns of nothing where runs can be compared", async () => {
    expect(compareRuns(await trained()).warnings).toEqual([]);
  });

  test("warns where device, kernels, text or semantics differ, with who has which", async () => {
    const [low, high] = await trained({ seeds: 1 });
    const gpu = {
      ...high,
      result: { ...high.result!, provenance: { ...high.result!.provenance!, backend: "webgpu" as const, adapter: "a GPU" } },
    };
    expect(compareRuns([low, gpu]).warnings).toEqual([
      expect.stringMatching(
        /^Trained on 2 different devices or kernels: .*\(low, seed 1\) · webgpu, a GPU.*\(high, seed 1\)\. Equal settings and seeds do not give equal bits/,
      ),
    ]);
    const fused = { ...high, result: { ...high.result!, provenance: { ...high.result!.provenance!, kernels: "f".repeat(64) } } };
    expect(compareRuns([low, fused]).warnings).toEqual([expect.stringContaining("kernels ffffffff (high, seed 1)")]);
    expect(compareRuns([low, { ...high, record: { ...high.record, dataHash: "0".repeat(64) } }]).warnings).toEqual([
      `Trained and validated on different text: data hash ${hash.slice(0, 12)} (low, seed 1) · 000000000000 (high, seed 1). Losses on different text cannot be compared.`,
    ]);
    expect(compareRuns([low, { ...high, record: { ...high.record, semantics: 99 } }]).warnings).toEqual([
      expect.stringMatching(/semantics 2 \(low, seed 1\) · 99 \(high, seed 1\)/),
    ]);
  });

  test("says which runs did not end well, or have not ended", async () => {
    const [low, high] = await trained({ seeds: 1 });
    const diverged = {
      ...high,
      result: { ...high.result!, status: "diverged" as const, divergedAt: 1234, error: "the loss is not finite" },
    };
    expect(compareRuns([low, diverged]).warnings).toEqual(["high, seed 1 diverged at step 1,234: the loss is not finite"]);
    const elsewhere = { ...high, record: { ...high.record, backend: "webgpu" as const }, result: null };
    expect(compareRuns([low, elsewhere]).warnings[0]).toMatch(/^Trained on 2 different devices or kernels: .*webgpu \(high, seed 1\)/);
    expect(compareRuns([low, { ...high, result: null }]).warnings).toEqual([
      "high, seed 1 has not ended: it has no metrics, and its curve is as far as it got.",
    ]);
  });

  test("is drawn with a curve for each run", async () => {
    const runs = await trained({ seeds: 1 });
    const evidence = comparisonEvidence(compareRuns(runs), runs);
    const { svg, csv } = drawFigure(
      { figure: "curves", experiments: [comparisonId], options: { band: "none", seeds: false } },
      new Map([[comparisonId, evidence]]),
      { width: 800, theme: "light" },
    );
    for (const name of ["low, seed 1", "high, seed 1"]) expect(svg).toContain(`data-arm="${name}"`);
    expect(svg).toContain("One run each.");
    expect(svg).not.toContain("mean over seeds");
    expect(csv.split("\n").filter((line) => line.startsWith('"low, seed 1"')).length).toBeGreaterThan(2);
  });
});

test("what several values vary in is, for two of them, what they differ in", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom(null, "a", NaN),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c d"), tie("any")),
    ),
  })).any;
  fc.assert(
    fc.property(value, value, (a, b) => {
      const two = variations([a, b]).map(({ path, values: [from, to] }) => ({ path, from, to }));
      expect(two).toEqual(differences(a, b));
      expect(variations([a, b, a]).map(({ path }) => path)).toEqual(two.map(({ path }) => path));
    }),
  );
});
