import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import type { Backend } from "../../engine/backends/backend.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { EvalMetrics, StepMetrics } from "../../engine/train/protocol.ts";
import { tinyConfig } from "./configs.ts";
import { type Trained, trainRun, weightsOf } from "./training.ts";
import { nodeGpu } from "./webgpu-node.ts";

/** Everything at once: MLA, loss-free bias, two scopes of loss, z-loss, one MTP depth, two microsteps a step. */
const config = tinyConfig({
  model: { mtp: { depth: 1 }, initializerRange: 0.05 },
  balance: {
    losses: [
      { group: "sequence", alpha: 0.1 },
      { group: 1, alpha: 0.05 },
    ],
    zLoss: 1e-3,
    bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" },
  },
  train: { microBatch: 2 },
});

/**
 * Ten steps in float32 against float64. Each step's gradient carries an error of about √(ops)·2⁻²⁴ ≈ 1e-6 of its norm, and AdamW,
 * which divides by √v, turns the error of a nearly zero gradient into a full change of lr in that weight. Losses, which average
 * over weights, stay within 1e-4 after ten steps; a single weight may be off by a few times lr where its gradient is noise.
 */
const lossTolerance = 1e-4;

const gpu = await nodeGpu();
if (gpu.reason !== undefined) {
  if (process.env.CI) throw new Error(`WebGPU is not tested: ${gpu.reason}`);
  console.log(`skipped: WebGPU trajectory, ${gpu.reason}`);
}

const backends: Record<string, () => Promise<Backend>> = {
  "cpu with fma": () => createCpuBackend(),
  "cpu without fma": () => createCpuBackend({ relaxed: false }),
};
if (gpu.gpu) backends.webgpu = () => createWebGpuBackend(gpu.gpu as GPU);

describe("ten steps of training agree with the float64 reference", () => {
  let reference: Trained;
  beforeAll(async () => {
    reference = await trainRun(config);
  });

  for (const [name, open] of Object.entries(backends)) {
    describe(name, () => {
      let backend: Backend;
      let run: Trained;
      beforeAll(async () => {
        backend = await open();
        run = await trainRun(config, { backend });
      }, 120_000);
      afterAll(() => backend.dispose());

      test("in every loss, norm and balance figure along the way", () => {
        expect(run.events.map((e) => [e.kind, e.step])).toEqual(reference.events.map((e) => [e.kind, e.step]));
        run.events.forEach((event, n) => {
          const want = reference.events[n];
          for (const key of ["trainLoss", "balanceLoss", "gradNorm", "valLoss"] as const) {
            if (!(key in event)) continue;
            const [got, wanted] = [(event as StepMetrics & EvalMetrics)[key], (want as StepMetrics & EvalMetrics)[key]];
            expect(
              Math.abs(got - wanted) / Math.max(1, Math.abs(wanted)),
              `${key} at step ${event.step}: ${got} against ${wanted}`,
            ).toBeLessThan(lossTolerance);
          }
        });
      });

      test("in the weights at the end, relative to each tensor's norm", () => {
        const wanted = decodeSafetensors(weightsOf(reference)).tensors;
        for (const [tensor, { data }] of decodeSafetensors(weightsOf(run)).tensors) {
          const want = wanted.get(tensor)?.data as Float64Array;
          let [difference, norm] = [0, 0];
          data.forEach((w: number, i: number) => {
            difference += (w - want[i]) ** 2;
            norm += want[i] ** 2;
          });
          expect(Math.sqrt(difference / Math.max(norm, 1e-12)), tensor).toBeLessThan(1e-2);
        }
      });

      test("and two runs are bit-equal, resumed or not", async () => {
        const again = await trainRun(config, { backend });
        expect(Buffer.compare(weightsOf(again), weightsOf(run))).toBe(0);
        const control = { stop: true, paused: false };
        const first = await trainRun(config, { backend, control });
        if (first.outcome.status !== "stopped") throw new Error(first.outcome.status);
        const second = await trainRun(config, { backend, checkpoint: first.outcome.checkpoint });
        expect(Buffer.compare(weightsOf(second), weightsOf(run))).toBe(0);
      });
    });
  }
});
