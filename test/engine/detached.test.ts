/** `detachTrunk` makes a control: the modules train, and the main model is what it would be without them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../engine/backends/backend.ts";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { openers } from "../parity/backends.ts";
import { tinyConfig } from "./configs.ts";
import { trainRun } from "./training.ts";

const run = (mtp: Partial<RunConfig["model"]["mtp"]>, tieWordEmbeddings: boolean): RunConfig => ({
  ...tinyConfig({
    model: { tieWordEmbeddings, mtp },
    balance: { losses: [{ group: "sequence", alpha: 0.1 }], bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } },
    // most steps are clipped, so that a norm which counts the modules would show
    train: { steps: 2, clipNorm: 0.05, microBatch: 2, evalEvery: 2 },
  }),
  validation: { windowsPerDomain: 2 },
});

type Case = RunConfig["model"]["mtp"] & { tied: boolean };

async function weightsOf(backend: Backend, config: RunConfig) {
  const { outcome } = await trainRun(config, { backend });
  if (outcome.status !== "done" || !outcome.weights) throw new Error(`the run ended as ${outcome.status}`);
  return { weights: decodeSafetensors(outcome.weights).tensors, metrics: outcome.metrics };
}

for (const [name, open] of Object.entries(await openers())) {
  describe(`on ${name} a detached module leaves the main model as it is without modules, bit for bit`, () => {
    const without = new Map<boolean, ReturnType<typeof weightsOf>>();
    let backend: Backend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.dispose());

    test.each(
      [
        { depth: 1, heads: "sequential", lambda: 0.3, tied: false },
        { depth: 2, heads: "sequential", lambda: 10, tied: true },
        { depth: 2, heads: "parallel", lambda: 2, tied: false },
        { depth: 1, heads: "parallel", lambda: 0.3, tied: true },
      ].filter(({ tied }) => tied || name !== "webgpu") as Case[],
    )(
      "$depth $heads, lambda $lambda, tied embeddings: $tied",
      async ({ tied, ...mtp }) => {
        if (!without.has(tied)) without.set(tied, weightsOf(backend, run({ depth: 0 }, tied)));
        const alone = await without.get(tied)!;
        const detached = await weightsOf(backend, run({ ...mtp, detachTrunk: true }, tied));
        for (const [tensor, { data }] of alone.weights) expect(detached.weights.get(tensor)?.data, tensor).toEqual(data);
        expect(detached.metrics.gradNorm).toBe(alone.metrics.gradNorm);
        expect(alone.metrics.clippedSteps).toBe(2);
        // and yet the modules learn: only a gradient moves a gain from 1
        for (let layer = 2; layer < 2 + mtp.depth; layer++)
          for (const norm of ["input", "post_attention"])
            expect([...detached.weights.get(`model.layers.${layer}.${norm}_layernorm.weight`)!.data].every((gain) => gain !== 1)).toBe(
              true,
            );
      },
      240_000,
    );
  });
}
