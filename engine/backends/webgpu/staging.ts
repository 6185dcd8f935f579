import { usage } from "./memory.ts";

/** Buffers that are free at once; a trainer with two steps in flight and a reader of checkpoints need no more. */
const mostKept = 4;

/** The ring of buffers that results are copied into on the device and mapped from: used again instead of made anew for every step. */
export class Staging {
  private readonly gpu: GPUDevice;
  private readonly free: GPUBuffer[] = [];

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
  }

  /** A buffer of at least so many bytes, not mapped. */
  take(bytes: number): GPUBuffer {
    const at = this.free.findIndex(({ size }) => size >= bytes && size <= 2 * bytes);
    if (at >= 0) return this.free.splice(at, 1)[0];
    return this.gpu.createBuffer({ label: "read", size: bytes, usage: usage.mapRead | usage.copyTarget });
  }

  /** The buffer is unmapped and waits for its next turn; the one that has waited longest goes. */
  give(buffer: GPUBuffer): void {
    buffer.unmap();
    this.free.push(buffer);
    if (this.free.length > mostKept) this.free.shift()!.destroy();
  }

  dispose(): void {
    for (const buffer of this.free.splice(0)) buffer.destroy();
  }
}
