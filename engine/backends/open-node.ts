/** Node-only: how each backend is opened here. Imported before any WebAssembly is compiled, for the flag that relaxed SIMD needs. */
import "./cpu/node-flags.ts";
import type { Openers } from "../service.ts";
import type { EngineOptions } from "../worker-options.ts";
import { createCpuBackend } from "./cpu/backend.ts";
import { createReferenceBackend } from "./reference/backend.ts";
import { createWebGpuBackend } from "./webgpu/backend.ts";
import { nodeGpu } from "./webgpu/node-gpu.ts";

export const nodeBackends = ({ kernelTable }: EngineOptions = { kernelTable: null }): Openers => ({
  cpu: () => createCpuBackend(),
  reference: async () => createReferenceBackend(),
  webgpu: async () => createWebGpuBackend(await nodeGpu(), { table: kernelTable }),
});
