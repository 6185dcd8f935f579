import { existsSync } from "node:fs";

const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** WebGPU for tests in Node, or why there is none. */
export type NodeGpu = { gpu: GPU; reason?: undefined } | { gpu?: undefined; reason: string };

let opened: Promise<NodeGpu> | undefined;

/**
 * Dawn (npm `webgpu`) on whatever Vulkan finds; without a driver of its own choosing, on the SwiftShader of Debian's chromium. The object
 * lives as long as this module: Dawn is collected under its devices otherwise.
 */
export const nodeGpu = (): Promise<NodeGpu> => (opened ??= open());

async function open(): Promise<NodeGpu> {
  // Vulkan's loader reads this when Dawn first loads it
  if (!process.env.VK_ICD_FILENAMES && !process.env.VK_DRIVER_FILES && existsSync(swiftShader)) process.env.VK_ICD_FILENAMES = swiftShader;
  try {
    const { create } = await import("webgpu");
    const gpu: GPU = create([]);
    if (await gpu.requestAdapter()) return { gpu };
    return { reason: "Dawn finds no adapter: install a Vulkan driver, or Debian's packages chromium (for SwiftShader) and libvulkan1" };
  } catch (error) {
    return { reason: `Dawn does not load: ${(error as Error).message}` };
  }
}
