import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Plan } from "../../program/plan-types.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { compilePlan } from "./compile.ts";
import { type DeviceOptions, openDevice } from "./device.ts";
import { WebGpuExecutable } from "./executable.ts";
import { kernelSources } from "./kernels.ts";
import type { AdapterClass } from "./launch.ts";
import { generateMatmul, type MatmulForm } from "./matmul/generate.ts";
import { matmulVariants } from "./matmul/variants.ts";
import { Pipelines } from "./pipelines.ts";

export interface WebGpuBackend extends Backend {
  compile(plan: Plan, options?: Parameters<Backend["compile"]>[1]): Promise<WebGpuExecutable>;
}

export interface WebGpuOptions extends DeviceOptions {
  /** which kernels to prefer; left out: by the adapter */
  adapterClass?: AdapterClass;
}

/**
 * Opens a device on `gpu`: `navigator.gpu` in a browser or worker, or `create([])` of the package `webgpu` in Node (whose object must stay
 * referenced for the life of the process). Throws if there is no adapter.
 */
export async function createWebGpuBackend(gpu: GPU, options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const device = await openDevice(gpu, options);
  const adapterClass = options.adapterClass ?? (device.software ? "software" : "hardware");
  const pipelines = new Pipelines(device.gpu);
  const info: BackendInfo = {
    name: "webgpu",
    adapter: device.adapter,
    software: device.software,
    kernels: hashKernels(),
    // WGSL leaves contraction to the driver
    fma: null,
    limits: device.limits,
  };
  return {
    info,
    async compile(plan, { replicas = 1, onProgress = () => {} } = {}) {
      return new WebGpuExecutable(device, await compilePlan(device, pipelines, plan, { adapterClass, replicas, onProgress }));
    },
    dispose: () => device.gpu.destroy(),
  };
}

/** SHA-256 of all WGSL: the files by name, and every form and variant of the generated matrix product. */
function hashKernels(): string {
  const hash = sha256.create();
  const add = (name: string, source: string) => hash.update(utf8ToBytes(`${name}\n${source}\n`));
  for (const name of [...kernelSources.keys()].sort()) add(name, kernelSources.get(name)!);
  const forms: MatmulForm[] = (["no", "rows", "depth"] as const).flatMap((grouped) => [
    { grouped, transA: false, transB: false },
    { grouped, transA: false, transB: true },
    { grouped, transA: true, transB: false },
  ]);
  for (const [name, variant] of Object.entries(matmulVariants)) {
    for (const form of forms) add(`${name} ${JSON.stringify({ form, variant })}`, generateMatmul(form, variant));
  }
  return bytesToHex(hash.digest());
}
