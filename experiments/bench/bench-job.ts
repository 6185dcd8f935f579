import type { BackendName } from "../../engine/backends/backend.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { Measurement } from "../../engine/bench/measure.ts";
import type { BenchModel } from "../../engine/bench/models.ts";

/** What one bench worker is asked to measure; its workerData. */
export interface BenchJob {
  model: BenchModel;
  backend: BackendName;
  /** workers that measure at once */
  workers: number;
  /** of a Rendezvous of all of them */
  shared: SharedArrayBuffer;
  replicas: number;
  rounds: number;
  maxSeconds: number;
  profile: boolean;
  kernelTable: KernelTable | null;
}

/** What it answers. */
export type BenchAnswer = { measurement: Measurement } | { error: string };
