import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import type { RunConfig, Seed } from "../../engine/model/config.ts";
import type { EvalMetrics, StepMetrics } from "../../engine/train/protocol.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { defaultConfig } from "../../experiments/runs/spec/defaults.ts";
import { trainRun } from "../engine/training.ts";

/** Needs Python with what requirements.txt lists; name it by PARITY_PYTHON when it is not `python3`. */
const python = process.env.PARITY_PYTHON ?? "python3";
const probe = spawnSync(python, ["-c", "import torch"], { encoding: "utf8" });
const missing = probe.error?.message ?? (probe.status === 0 ? null : probe.stderr.trim().split("\n").at(-1));
if (missing) console.log(`skipped: a run replayed in PyTorch: ${python}: ${missing}`);

const { model, train } = defaultConfig;
const gamma = 1e-3;

/**
 * Bench model XS with few tokens and experts. Two affinities that round to another order send a token elsewhere, from where two
 * runs part for good: of scores some 0.02 apart one pair in 10⁵ is within float32's error, and 60 steps make 15,000 choices.
 */
const lossFree: RunConfig = {
  ...defaultConfig,
  model: { ...model, initializerRange: 0.06, nRoutedExperts: 8 },
  balance: { losses: [], zLoss: 0, bias: { gamma, rule: "sign", form: "additive", group: "batch" } },
  train: {
    ...train,
    steps: 60,
    evalEvery: 30,
    batchSize: 4,
    seqLen: 32,
    optimizer: { ...train.optimizer, lr: 6e-3 },
    schedule: { ...train.schedule, warmup: 1 / 3 },
  },
  validation: { windowsPerDomain: 8, final: 8 },
};

/** The rest of what trains: two prediction modules, balance losses at two scopes, unequal domains. */
const everything: RunConfig = {
  ...lossFree,
  model: { ...lossFree.model, mtp: { depth: 2, lambda: 0.3, heads: "sequential", detachTrunk: false } },
  balance: {
    ...lossFree.balance,
    losses: [
      { group: "sequence", alpha: 1e-2 },
      { group: "batch", alpha: 1e-2 },
    ],
  },
  train: { ...lossFree.train, steps: 30, evalEvery: 15 },
  data: { mixture: { code: 3, prose: 2, math: 2 } },
};

/** The same in two microsteps; a balance loss of the whole batch cannot be. */
const microsteps: RunConfig = {
  ...everything,
  balance: { ...lossFree.balance, losses: [{ group: "sequence", alpha: 1e-2 }] },
  train: { ...everything.train, steps: 10, evalEvery: 10, microBatch: 2 },
};

interface Replayed {
  /** `margin`: smallest distance between a score that was chosen and one that was not */
  steps: (Pick<StepMetrics, "step" | "trainLoss" | "mtpLoss" | "gradNorm" | "lr" | "maxVioBatch"> & { margin: number })[];
  evaluations: (Pick<EvalMetrics, "step" | "valLoss" | "mtpLoss" | "agreement" | "acceptance" | "maxVioGlobal"> & { margin: number })[];
}

function replay(config: RunConfig, seed: Seed): Replayed {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-replay-"));
  try {
    const file = join(folder, "run.json");
    writeFileSync(file, JSON.stringify({ config, seed }));
    const script = fileURLToPath(new URL("replay.py", import.meta.url));
    const corpora = fileURLToPath(new URL("../../engine/data/corpora", import.meta.url));
    const { status, stdout, stderr } = spawnSync(python, [script, file, corpora], { encoding: "utf8", maxBuffer: 2 ** 28 });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Replayed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const furthest = (pairs: readonly (readonly [number, number])[]): number => Math.max(0, ...pairs.map(([a, b]) => Math.abs(a - b)));

describe.skipIf(missing)("an independent program in float64", () => {
  test.each([
    // seeds whose closest choice of experts is far above float32's error
    ["loss-free balancing", lossFree, 7],
    ["prediction modules, balance losses and an uneven mixture", everything, 5],
    ["microsteps", microsteps, 3],
  ])(
    "replays a run from its seed step by step: %s",
    async (name, config, number) => {
      const seed = { init: number, data: number };
      const backend = await createCpuBackend();
      try {
        const { events } = await trainRun(config, { backend, seed, domains: await openDomains(Object.keys(config.data.mixture)) });
        const steps = events.filter((event) => event.kind === "step");
        const evaluations = events.filter((event) => event.kind === "eval");
        const again = replay(config, seed);
        expect(again.steps.map(({ step }) => step)).toEqual(steps.map(({ step }) => step));
        expect(again.evaluations.map(({ step }) => step)).toEqual(evaluations.map(({ step }) => step));
        const pairs = steps.map((ours, n) => [ours, again.steps[n]] as const);
        const judged = evaluations.map((ours, n) => [ours, again.evaluations[n]] as const);
        const each = (a: readonly number[], b: readonly number[]) => a.map((value, k) => [value, b[k]] as const);
        const losses = furthest(
          [...pairs, ...judged]
            .flatMap(([a, b]) => each(a.mtpLoss, b.mtpLoss))
            .concat(
              pairs.map(([a, b]) => [a.trainLoss, b.trainLoss]),
              judged.map(([a, b]) => [a.valLoss, b.valLoss]),
            ),
        );
        const norms = furthest(pairs.map(([a, b]) => [a.gradNorm / b.gradNorm, 1]));
        const acceptance = furthest(judged.flatMap(([a, b]) => each(a.acceptance, b.acceptance)));
        const margin = Math.min(...[...again.steps, ...again.evaluations].map((one) => one.margin));
        console.log(
          `${name}: ${steps.length} steps replayed; losses differ by ${losses.toExponential(1)}, gradient norms by ${norms.toExponential(1)} of it, acceptance by ${acceptance.toExponential(1)}; closest choice of experts ${margin.toExponential(1)}`,
        );
        expect(margin, "a choice of experts so close that rounding may decide it: take another seed").toBeGreaterThan(2e-6);
        expect(losses).toBeLessThan(5e-6);
        expect(norms).toBeLessThan(1e-4);
        expect(furthest(pairs.map(([a, b]) => [a.lr, b.lr]))).toBeLessThan(1e-9);
        expect(acceptance).toBeLessThan(5e-6);
        expect(judged.every(([ours]) => ours.acceptance.length === config.model.mtp.depth)).toBe(true);
        // counts, which agree to the last token
        expect(furthest(pairs.map(([a, b]) => [a.maxVioBatch, b.maxVioBatch]))).toBeLessThan(1e-12);
        for (const [ours, theirs] of judged) expect(ours.agreement).toEqual(theirs.agreement);
        expect(furthest(judged.map(([ours, theirs]) => [ours.maxVioGlobal, theirs.maxVioGlobal]))).toBeLessThan(1e-12);
      } finally {
        backend.dispose();
      }
    },
    180_000,
  );
});
