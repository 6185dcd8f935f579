import { nodeGpu as openNodeGpu } from "../../engine/backends/node/webgpu.ts";

/** WebGPU for tests in Node, or why there is none. */
export type NodeGpu = { gpu: GPU; reason?: undefined } | { gpu?: undefined; reason: string };

/** Suites that need an adapter are skipped with the reason, or fail with it where CI is set. */
export async function nodeGpu(): Promise<NodeGpu> {
  try {
    return { gpu: await openNodeGpu() };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
