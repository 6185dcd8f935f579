import { expect, test } from "vitest";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import { agreeSuite } from "./agree-suite.ts";
import { nodeGpu } from "./webgpu-node.ts";

const { gpu, reason } = await nodeGpu();

if (gpu) {
  agreeSuite("webgpu", () => createWebGpuBackend(gpu, { limits: "default" }), { replicas: 2 });

  agreeSuite("webgpu with a hardware adapter's kernels", () => createWebGpuBackend(gpu, { limits: "default", adapterClass: "hardware" }), {
    only: ({ kind }) => kind === "matmul" || kind === "groupedMatmul",
    replicas: 2,
  });
} else if (process.env.CI) {
  test("finds an adapter where CI is set", () => expect.fail(reason));
} else {
  console.log(`WebGPU is not tested: ${reason}`);
  test.skip(`webgpu (${reason})`);
}
