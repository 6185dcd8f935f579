import type { BackendInfo, BackendName } from "../../../engine/backends/backend.ts";
import type { EngineWorker } from "../../../engine/train/protocol.ts";

export type Devices = Awaited<ReturnType<EngineWorker["devices"]>>;

export interface BackendChoice {
  info: BackendInfo;
  /** for a person */
  why: string;
}

/** Thrown when what was asked for is not there; the message says why. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
}

/**
 * `auto`: a GPU if there is a real one, else the CPU. A software adapter is never chosen: it is 10 to 30 times slower than
 * the WASM kernels on the same processor.
 */
export function chooseBackend({ available, unavailable }: Devices, wanted: BackendName | "auto"): BackendChoice {
  const named = (name: BackendName) => available.find((info) => info.name === name);
  if (wanted !== "auto") {
    const info = named(wanted);
    if (info) return { info, why: "as asked" };
    throw new NoBackendError(
      `The ${wanted} backend cannot be used here: ${unavailable.find(({ name }) => name === wanted)?.reason ?? "it is not part of this build"}.`,
    );
  }
  const gpu = named("webgpu");
  if (gpu && !gpu.software) return { info: gpu, why: cpuToo(available) };
  const cpu = named("cpu");
  const noGpu = gpu
    ? `${gpu.adapter} is a software adapter, slower than the CPU kernels`
    : `no GPU: ${unavailable.find(({ name }) => name === "webgpu")?.reason ?? "not part of this build"}`;
  if (cpu) return { info: cpu, why: noGpu };
  throw new NoBackendError(`No backend can be used here: ${unavailable.map(({ name, reason }) => `${name}: ${reason}`).join("; ")}.`);
}

const cpuToo = (available: BackendInfo[]): string =>
  available.some(({ name }) => name === "cpu")
    ? "a hardware GPU is there; every study takes the faster of it and the CPU, by a one-second probe"
    : "a hardware GPU is there";
