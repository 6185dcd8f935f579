import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Plan } from "../../plan/plan-types.ts";
import type { Backend, BackendInfo } from "../backend.ts";
import { compilePlan } from "./compile.ts";
import { type DeviceOptions, openDevice } from "./device.ts";
import { WebGpuExecutable } from "./executable.ts";
import { kernelSources } from "./kernels.ts";
import type { AdapterClass } from "./launch.ts";
import { generateMatmul, type MatmulForm } from "./matmul/generate.ts";
import { type Choice, chooseMatmul, type KernelTable, type ProductShape, tableFor, tableHash } from "./matmul/table.ts";
import { matmulVariants, type WorkgroupLimits } from "./matmul/variants.ts";
import { Pipelines } from "./pipelines.ts";

export interface WebGpuBackend extends Backend {
  /** the adapter as tables of kernels name it */
  readonly family: string;
  readonly workgroupLimits: WorkgroupLimits;
  /** what this backend's table chooses */
  chooseMatmul(shape: ProductShape): Choice;
  /** `choose` stands in for the table, to measure what the table does not choose */
  compile(
    plan: Plan,
    options?: Parameters<Backend["compile"]>[1] & { choose?: (shape: ProductShape) => Choice },
  ): Promise<WebGpuExecutable>;
}

export interface WebGpuOptions extends DeviceOptions {
  /** which kernels to prefer; left out: by the adapter */
  adapterClass?: AdapterClass;
  /** goes before the table that Switchyard brings */
  table?: KernelTable | null;
}

/**
 * Opens a device on `gpu`: `navigator.gpu` in a browser or worker, or `create([])` of the package `webgpu` in Node (whose object must stay
 * referenced for the life of the process). Throws if there is no adapter.
 */
export async function createWebGpuBackend(gpu: GPU, options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const device = await openDevice(gpu, options);
  const adapterClass = options.adapterClass ?? (device.software ? "software" : "hardware");
  const family =
    options.adapterClass && options.adapterClass !== (device.software ? "software" : "hardware") ? options.adapterClass : device.family;
  const table = tableFor(family, options.table);
  const pipelines = new Pipelines(device.gpu);
  const info: BackendInfo = {
    name: "webgpu",
    adapter: device.adapter,
    software: device.software,
    kernels: hashKernels(),
    table: tableHash(table),
    // WGSL leaves contraction to the driver
    fma: null,
    limits: device.limits,
  };
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, maxComputeWorkgroupStorageSize } = device.gpu.limits;
  const byTable = (shape: ProductShape) => chooseMatmul(table, shape);
  return {
    info,
    family,
    workgroupLimits: { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX, maxComputeWorkgroupStorageSize },
    chooseMatmul: byTable,
    async compile(plan, { replicas = 1, onProgress = () => {}, choose = byTable } = {}) {
      return new WebGpuExecutable(
        device,
        await compilePlan(device, pipelines, plan, { adapterClass, chooseMatmul: choose, replicas, onProgress }),
      );
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
