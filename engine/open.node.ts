/** Node-only: how each backend is opened here. Imported before any WebAssembly is compiled, for the flag that relaxed SIMD needs. */
import "./backends/node/cpu-flags.ts";
import type { Openers } from "./service.ts";
import type { EngineOptions } from "./backends/options.ts";
import { createCpuBackend } from "./backends/cpu/backend.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { createWebGpuBackend } from "./backends/webgpu/backend.ts";
import { nodeGpu } from "./backends/node/webgpu.ts";

export const nodeBackends = ({ kernelTable }: EngineOptions = { kernelTable: null }): Openers => ({
  cpu: () => createCpuBackend(),
  reference: async () => createReferenceBackend(),
  webgpu: async () => createWebGpuBackend(await nodeGpu(), { table: kernelTable }),
});
