import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../engine/backends/backend.ts";
import { differentiate, forward, type ForwardResult } from "../../engine/inference/forward.ts";
import { openers } from "./backends.ts";
import { largestDifference, relativeError, worstTensor } from "./errors.ts";
import { loadFixtures } from "./fixtures.ts";

/**
 * The engine held against Hugging Face `transformers` (see make_fixtures.py). Weights are the same float32 numbers on both
 * sides. Float64 against float64 leaves rounding of about 1e-15 per op: 1e-6 is room to spare, and tight enough that no float32
 * may have crept in. Float32 is held to what `engine` promises: logits within 1e-4, each gradient within 1e-3 of its norm.
 */
const promised = {
  float64: { logits: 1e-6, gradients: 1e-6, loss: 1e-6 },
  float32: { logits: 1e-4, gradients: 1e-3, loss: 1e-4 },
};

const fixtures = loadFixtures();
const backends = await openers();
const figures: string[] = [];
afterAll(() =>
  console.log(`parity with transformers, float64 (logits absolute, worst gradient relative to its norm)\n${figures.join("\n")}`),
);

describe("the oracle's float64 is the library unchanged, but for rounding", () => {
  for (const { name, float64, float32 } of fixtures) {
    test(name, () => {
      expect(largestDifference(float32.logits.data, float64.logits.data)).toBeLessThan(promised.float32.logits);
      expect(worstTensor(float32.gradients, float64.gradients).error).toBeLessThan(promised.float32.gradients);
    });
  }
});

for (const [backendName, open] of Object.entries(backends)) {
  describe(`${backendName} computes what transformers computes`, () => {
    const tolerance = promised[backendName === "reference" ? "float64" : "float32"];
    let backend: Backend;
    beforeAll(async () => {
      backend = await open();
    }, 120_000);
    afterAll(() => backend.dispose());

    for (const { name, named, ids, float64 } of fixtures) {
      describe(name, () => {
        let result: ForwardResult;
        const depths = named.model.mtp.depth;
        beforeAll(async () => {
          result = await forward(backend, named, ids, { gradients: depths === 0 });
        }, 120_000);

        test("in logits and loss", () => {
          expect(result.logits.shape).toEqual(float64.logits.shape);
          const error = largestDifference(result.logits.data, float64.logits.data);
          figures.push(`${backendName}, ${name}: logits ${error.toExponential(1)}`);
          expect(error).toBeLessThan(tolerance.logits);
          expect(Math.abs(result.loss - float64.loss)).toBeLessThan(tolerance.loss);
        });

        if (depths === 0) {
          test("in the gradient of every parameter", () => {
            const worst = worstTensor(result.gradients as NonNullable<typeof result.gradients>, float64.gradients);
            figures.push(`${backendName}, ${name}: gradients ${worst.error.toExponential(1)} (${worst.name})`);
            expect(worst.error, worst.name).toBeLessThan(tolerance.gradients);
            expect([...(result.gradients?.keys() ?? [])].sort()).toEqual([...float64.gradients.keys()].sort());
          });
        } else {
          test("in the loss of every prediction depth and in the gradient of every parameter", async () => {
            const { loss, mtpLoss, gradients } = await differentiate(backend, named, ids);
            expect(Math.abs(loss - float64.loss)).toBeLessThan(tolerance.loss);
            expect(mtpLoss).toHaveLength(depths);
            expect(relativeError(mtpLoss, float64.mtpLoss)).toBeLessThan(tolerance.loss);
            const worst = worstTensor(gradients, float64.gradients);
            figures.push(
              `${backendName}, ${name}: gradients ${worst.error.toExponential(1)} (${worst.name}), losses of depths ${relativeError(mtpLoss, float64.mtpLoss).toExponential(1)}`,
            );
            expect(worst.error, worst.name).toBeLessThan(tolerance.gradients);
            expect([...gradients.keys()].sort()).toEqual([...float64.gradients.keys()].sort());
          });
        }
      });
    }
  });
}
