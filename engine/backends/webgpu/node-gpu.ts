/** Node-only: WebGPU through Dawn (npm `webgpu`). */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

/** SwiftShader as Debian's chromium brings it: a software adapter, for machines without a GPU driver. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Dawn is collected under its devices unless this stays referenced. */
let dawn: Promise<GPU> | undefined;

/** Throws with the reason where there is no adapter. */
export const nodeGpu = (): Promise<GPU> => (dawn ??= open());

async function open(): Promise<GPU> {
  // Vulkan's loader reads its variables when Dawn first asks for an adapter. This one adds to the machine's own drivers, which go first.
  const chosen = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES ?? process.env.VK_ADD_DRIVER_FILES;
  if (!chosen && existsSync(swiftShader)) process.env.VK_ADD_DRIVER_FILES = swiftShader;
  // Without it Mesa's drivers complain on stderr.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const { create } = await import("webgpu");
  // Dawn rounds the device's clock to 65 µs, against pages that listen at it; kernels take less.
  const gpu: GPU = create(["disable-dawn-features=timestamp_quantization"]);
  if (await gpu.requestAdapter()) return gpu;
  throw new Error("no WebGPU adapter: install a Vulkan driver, or on Debian `apt-get install chromium libvulkan1` for a software one");
}
