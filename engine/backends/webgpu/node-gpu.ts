/** Node-only: WebGPU through Dawn (npm `webgpu`). */
import { existsSync } from "node:fs";

/** SwiftShader as Debian's chromium brings it: a software adapter, for machines without a GPU driver. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Dawn is collected under its devices unless this stays referenced. */
let dawn: Promise<GPU> | undefined;

/** Throws with the reason where there is no adapter. */
export const nodeGpu = (): Promise<GPU> => (dawn ??= open());

async function open(): Promise<GPU> {
  const { create } = await import("webgpu");
  const chosen = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
  // The Vulkan loader reads the variable once, so a driver of the machine's own has to be looked for on disk.
  const hasDriver = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].some(existsSync);
  if (process.platform === "linux" && !chosen && !hasDriver && existsSync(swiftShader)) process.env.VK_ICD_FILENAMES = swiftShader;
  const gpu: GPU = create([]);
  if (!(await gpu.requestAdapter()))
    throw new Error("no WebGPU adapter: install a Vulkan driver, or on Debian `apt-get install chromium` for a software one");
  return gpu;
}
