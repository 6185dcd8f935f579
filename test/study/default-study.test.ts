import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ArmResult, ExperimentResult, Results } from "../../experiments/results.ts";

/** The default notebook as a person runs it: full budget, command line, two cores. About two minutes. */
const folder = mkdtempSync(join(tmpdir(), "switchyard-default-study-"));
let experiment: ExperimentResult;
let seconds = 0;

beforeAll(() => {
  const started = performance.now();
  execFileSync(process.execPath, ["out/node/cli.js", "run", "experiments/gallery/balancing.md", "--out", folder, "--backend", "cpu"], {
    stdio: "pipe",
    env: { ...process.env, XDG_DATA_HOME: join(folder, "data") }, // runs of a gallery notebook are kept there: with none of them, every run trains
  });
  seconds = (performance.now() - started) / 1000;
  experiment = (JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Results).experiments[0];
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arm = (name: string): ArmResult => {
  const found = experiment.arms.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no arm ${name}`);
  return found;
};
const valuesOf = (name: string, metric: "maxVioGlobal" | "specialisation" | "trainLoss"): number[] =>
  arm(name).runs.map((run) => {
    if (run.status !== "done" || !run.metrics) throw new Error(`${name}, seed ${run.seed.init}: ${run.status} ${run.error}`);
    return run.metrics[metric];
  });

describe("the default study", () => {
  test("finishes within five minutes on two cores", () => expect(seconds).toBeLessThan(300));

  test.each(["loss-free", "batch-wise loss"])(
    "%s ends at no more than a quarter of the imbalance of no balancing, in every seed",
    (name) => {
      const none = valuesOf("no balancing", "maxVioGlobal");
      valuesOf(name, "maxVioGlobal").forEach((value, seed) => expect(value / none[seed]).toBeLessThanOrEqual(0.25));
    },
  );

  test("sequence-wise specialisation is at most a third of batch-wise at matched balance, in every seed", () => {
    const batch = valuesOf("batch-wise loss", "specialisation");
    valuesOf("sequence-wise loss", "specialisation").forEach((value, seed) => expect(value).toBeLessThanOrEqual(batch[seed] / 3));
    // matched: both far below no balancing and within a factor two of each other
    const [sequence, batchVio] = ["sequence-wise loss", "batch-wise loss"].map((name) => arm(name).mean.maxVioGlobal);
    expect(Math.max(sequence / batchVio, batchVio / sequence)).toBeLessThan(2);
  });

  test("training loss ends below the bigram entropy of the text in every run, validation in every domain", () => {
    const entropies = Object.values(experiment.bigramEntropy);
    const mean = entropies.reduce((sum, nats) => sum + nats, 0) / entropies.length;
    for (const { name, runs } of experiment.arms) {
      for (const loss of valuesOf(name, "trainLoss")) expect(loss).toBeLessThan(mean);
      for (const run of runs)
        for (const [domain, nats] of Object.entries(experiment.bigramEntropy))
          expect((run.metrics?.valBpb[domain] ?? Infinity) * Math.LN2).toBeLessThan(nats);
    }
  });

  test("differences in loss come with an interval and a verdict", () => {
    const loss = experiment.comparisons.filter((comparison) => comparison.metric === "valLoss");
    expect(loss.map((comparison) => comparison.arm).sort()).toEqual(["batch-wise loss", "loss-free", "sequence-wise loss"]);
    for (const { ci95, verdict, n, pHolm } of loss) {
      expect(n).toBe(3);
      expect(ci95?.[0]).toBeLessThan(ci95?.[1] as number);
      expect(["lower", "higher", "cannot tell"]).toContain(verdict);
      // a verdict is Holm's, and a claim without evidence is none
      expect(verdict === "cannot tell").toBe((pHolm as number) >= 0.05);
    }
  });

  test("leaves report, results and figures as SVG and PNG", () => {
    for (const file of [
      "report.html",
      "results.json",
      "figures/balancing-forest.svg",
      "figures/balancing-forest.png",
      "figures/balancing-curves.svg",
      "figures/balancing-tradeOff.png",
    ])
      expect(existsSync(join(folder, file)), file).toBe(true);
    expect(readFileSync(join(folder, "figures/balancing-forest.png")).subarray(1, 4).toString()).toBe("PNG");
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("loss-free");
  });

  test("run again, takes every run from the store and trains nothing", () => {
    execFileSync(process.execPath, ["out/node/cli.js", "run", "experiments/gallery/balancing.md", "--out", folder, "--backend", "cpu"], {
      stdio: "pipe",
      env: { ...process.env, XDG_DATA_HOME: join(folder, "data") }, // runs of a gallery notebook are kept there: with none of them, every run trains
    });
    const again = (JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Results).experiments[0];
    expect(again.arms.flatMap((a) => a.runs).every((run) => run.cached)).toBe(true);
    expect(again.comparisons).toEqual(experiment.comparisons);
  });
});
