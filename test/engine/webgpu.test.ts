import { expect, test } from "vitest";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import type { OpKind } from "../../engine/program/ops.ts";
import { agreeSuite } from "./agree-suite.ts";
import { nodeGpu } from "./webgpu-node.ts";

const { gpu, reason } = await nodeGpu();

/** Ops that have other kernels on hardware than on software adapters, which a machine without a GPU would never run; matrix products have tests of all their variants. */
const adapterDependent = new Set<OpKind>([
  "rmsNorm",
  "rmsNormGradInput",
  "crossEntropy",
  "overlap",
  "countLoad",
  "combineGrad",
  "balanceLoss",
]);

if (gpu) {
  agreeSuite("webgpu", () => createWebGpuBackend(gpu, { limits: "default" }), { replicas: 2, shapes: 6 });

  agreeSuite("webgpu with a hardware adapter's kernels", () => createWebGpuBackend(gpu, { limits: "default", adapterClass: "hardware" }), {
    only: ({ kind }) => adapterDependent.has(kind),
    replicas: 2,
    shapes: 3,
  });
} else if (process.env.CI) {
  test("finds an adapter where CI is set", () => expect.fail(reason));
} else {
  console.log(`WebGPU is not tested: ${reason}`);
  test.skip(`webgpu (${reason})`);
}
