import { binaries, type KernelName } from "./generated/kernels.ts";

/** The compiled kernels: functions on byte addresses and sizes; flags are 0 or 1. */
export type Kernels = Record<KernelName, (...args: number[]) => number>;

export interface KernelModule {
  module: WebAssembly.Module;
  /** multiply-add is compiled in and this CPU rounds it once */
  fma: boolean;
  /** compiled with relaxed SIMD */
  relaxed: boolean;
  sha256: string;
}

/** Compiles the relaxed-SIMD kernels where the runtime takes them, else (or if `relaxed` is false) the plain ones. */
export async function compileKernels(relaxed = true): Promise<KernelModule> {
  const bytes = decode(binaries.fma.base64);
  if (!relaxed || !WebAssembly.validate(bytes)) {
    return { module: await WebAssembly.compile(decode(binaries.plain.base64)), fma: false, relaxed: false, sha256: binaries.plain.sha256 };
  }
  const module = await WebAssembly.compile(bytes);
  // (1 + 2^-12)² − (1 + 2^-11) is 2^-24 exactly; rounded in between it is 0.
  const fma = instantiate(module, new WebAssembly.Memory({ initial: 1 })).squareMinus(1 + 2 ** -12, 1 + 2 ** -11) !== 0;
  return { module, fma, relaxed: true, sha256: binaries.fma.sha256 };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
