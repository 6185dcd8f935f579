import { DeviceLostError } from "../backend.ts";

/** Bytes of the largest buffer, and of the largest range of one that a kernel may bind. */
export interface BufferLimits {
  maxBufferSize: number;
  maxStorageBufferBindingSize: number;
}

/** A device and what went wrong on it. WebGPU reports errors beside the call that caused them: the first one is kept until someone waits. */
export class Device {
  readonly gpu: GPUDevice;
  readonly adapter: string;
  /** SwiftShader, llvmpipe and the like: shaders run on the CPU */
  readonly software: boolean;
  /** what adapters with the same fast kernels have in common: "software", "nvidia ampere", "apple metal-3", or "hardware" where the driver tells nothing */
  readonly family: string;
  readonly limits: BufferLimits;
  private failure: Error | undefined;

  constructor(gpu: GPUDevice, adapter: GPUAdapter, limits: BufferLimits) {
    this.limits = limits;
    this.gpu = gpu;
    this.adapter = describe(adapter.info);
    this.software = isSoftware(adapter);
    this.family = this.software ? "software" : familyOf(adapter.info);
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.failure ??= new Error(`WebGPU: ${event.error.message}`);
    });
    void gpu.lost.then(({ reason, message }) => {
      this.failure = new DeviceLostError(`WebGPU device lost (${reason}): ${message}`);
    });
  }

  /** kernels can be timed on the device itself */
  get timestamps(): boolean {
    return this.gpu.features.has("timestamp-query");
  }

  /** Throws DeviceLostError, or the first error that no scope caught. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** What to throw for a failed wait: a loss explains every other error, and its news may come a moment later. */
  async explain(error: unknown): Promise<Error> {
    const moment = new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.race([this.gpu.lost, moment]);
    return this.failure ?? (error instanceof Error ? error : new Error(String(error)));
  }
}

export interface DeviceOptions {
  powerPreference?: GPUPowerPreference;
  /** "adapter" (left out): buffers as large as it allows; "default": WebGPU's guaranteed limits; or lower ones to stay within */
  limits?: "adapter" | "default" | BufferLimits;
}

/** Opens the best adapter of `gpu`; throws if there is none. */
export async function openDevice(
  gpu: GPU,
  { powerPreference = "high-performance", limits = "adapter" }: DeviceOptions = {},
): Promise<Device> {
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) throw new Error("WebGPU found no adapter");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("timestamp-query") ? ["timestamp-query"] : [];
  const device = await adapter.requestDevice(
    limits === "adapter" ? { requiredFeatures, requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } } : {},
  );
  const granted = typeof limits === "object" ? limits : device.limits;
  // plain data: it goes into a message to another thread
  const bufferLimits = { maxBufferSize: granted.maxBufferSize, maxStorageBufferBindingSize: granted.maxStorageBufferBindingSize };
  return new Device(device, adapter, bufferLimits);
}

/** Browsers mask some fields to empty strings. */
function describe({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(" ") || "unknown adapter";
}

/** Both names are normalised by the specification, and masked to "" where a browser hides them. */
const familyOf = ({ vendor, architecture }: GPUAdapterInfo): string =>
  [vendor, architecture].filter(Boolean).join(" ").toLowerCase() || "hardware";

/** `isFallbackAdapter` moved from the adapter to its info, and not every software driver says so. */
function isSoftware(adapter: GPUAdapter & { isFallbackAdapter?: boolean }): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  if (isFallbackAdapter ?? adapter.isFallbackAdapter) return true;
  return /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render/i.test([vendor, architecture, device, description].join(" "));
}
