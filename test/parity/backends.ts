import "../../engine/backends/node/cpu-flags.ts";
import type { Backend } from "../../engine/backends/backend.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import { nodeGpu } from "../engine/webgpu-node.ts";

/** Every backend there is here; CI must have all of them. */
export async function openers(): Promise<Record<string, () => Promise<Backend>>> {
  const backends: Record<string, () => Promise<Backend>> = {
    reference: async () => createReferenceBackend(),
    "cpu with fma": () => createCpuBackend(),
    "cpu without fma": () => createCpuBackend({ relaxed: false }),
  };
  const { gpu, reason } = await nodeGpu();
  if (gpu) backends.webgpu = () => createWebGpuBackend(gpu);
  else if (process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);
  else console.log(`skipped: parity on WebGPU, ${reason}`);
  return backends;
}
