/** Node-only: WebGPU through Dawn (npm `webgpu`). */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

/** SwiftShader as Debian's chromium brings it: a software adapter, for machines without a GPU driver. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What Linux shows of a GPU that a driver could use: DRM, NVIDIA's and AMD's own, Windows' under WSL. */
const gpuNodes = ["/dev/dri", "/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg"];

/**
 * The variable that Vulkan's loader is to find SwiftShader by, or null: a person has chosen, or it is not there. It comes after the machine's own
 * drivers where there is a GPU. Where there is none those could only be software too, and Dawn writes a warning to stderr for each it will not have.
 */
export function softwareDriver(
  env: NodeJS.ProcessEnv,
  exists: (path: string) => boolean,
): "VK_ADD_DRIVER_FILES" | "VK_DRIVER_FILES" | null {
  const chosen = env.VK_ICD_FILENAMES ?? env.VK_DRIVER_FILES ?? env.VK_ADD_DRIVER_FILES;
  if (chosen || !exists(swiftShader)) return null;
  return gpuNodes.some(exists) ? "VK_ADD_DRIVER_FILES" : "VK_DRIVER_FILES";
}

/** Dawn is collected under its devices unless this stays referenced. */
let dawn: Promise<GPU> | undefined;

/** Throws with the reason where there is no adapter. */
export const nodeGpu = (): Promise<GPU> => (dawn ??= open());

async function open(): Promise<GPU> {
  // Vulkan's loader reads its variables when Dawn first asks for an adapter.
  const variable = softwareDriver(process.env, existsSync);
  if (variable) process.env[variable] = swiftShader;
  // Without it Mesa's drivers complain on stderr.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const { create } = await import("webgpu");
  // Dawn rounds the device's clock to 65 µs, against pages that listen at it; kernels take less.
  const gpu: GPU = create(["disable-dawn-features=timestamp_quantization"]);
  if (await gpu.requestAdapter()) return gpu;
  throw new Error("no WebGPU adapter: install a Vulkan driver, or on Debian `apt-get install chromium libvulkan1` for a software one");
}
