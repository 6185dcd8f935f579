/** Whether runs fit into the memory there is, told before anything trains. */
import type { BackendInfo } from "../../../engine/backends/backend.ts";
import { predictMemory } from "../../../engine/backends/cpu/backend.ts";
import { planSlices, replicaLimit } from "../../../engine/backends/webgpu/layout.ts";
import type { RunConfig } from "../../../engine/model/config.ts";
import { planBytes, planRun } from "../../../engine/plan/plan.ts";
import type { Plan } from "../../../engine/plan/plan-types.ts";

/** Something a person must make smaller; the message has the numbers. */
export class MemoryError extends Error {
  override readonly name = "MemoryError";
}

/** Measured, as the next is: `node test/engine/memory/peak.mjs XS`, `S` and `M` hold the sum against a process. */
const threadBytes = 30 * 2 ** 20;
const checkpointCopies = 4.4;

/**
 * What a CPU worker holds beside linear memory: thread, code and texts, and a checkpoint on its way out (weights and both moments, copied
 * when they are read, named, encoded and handed to the coordinator).
 */
export const workerOverhead = ({ pools }: Plan): number => threadBytes + checkpointCopies * 3 * 4 * pools.parameters;

/** Part of the machine's memory that runs may take. */
export const usableShare = 0.8;

/**
 * How many of `workers` can train `config` at once on this backend.
 * @param machineBytes memory of the machine, or what this process may use of it
 * @throws {MemoryError} when not even one can
 */
export async function fittingWorkers(config: RunConfig, info: BackendInfo, workers: number, machineBytes: number): Promise<number> {
  const plan = planRun(config);
  if (info.name === "webgpu") {
    const { limits } = info;
    if (limits && replicaLimit(plan, limits) === 0) {
      const longest = planSlices(plan).reduce((a, b) => (b.length > a.length && b.pool === "activations" ? b : a));
      throw new MemoryError(
        `The model does not fit on ${info.adapter}: it needs ${gigabytes(planBytes(plan))} in all and ${gigabytes(4 * longest.length)} in one piece (${longest.name.replace(/#\d+$/, "")}); ` +
          `one binding there holds ${gigabytes(limits.maxStorageBufferBindingSize)}, one buffer ${gigabytes(limits.maxBufferSize)}. ${advice}`,
      );
    }
    return workers;
  }
  // the reference computes in float64
  const bytes = workerOverhead(plan) + (info.name === "cpu" ? await linearMemory(plan) : 2 * planBytes(plan));
  const fits = Math.floor((usableShare * machineBytes) / bytes);
  if (fits === 0) {
    throw new MemoryError(
      `The model does not fit into this machine: one run needs ${gigabytes(bytes)}, and of ${gigabytes(machineBytes)} at most ${100 * usableShare} % may be used. ${advice}`,
    );
  }
  return Math.min(workers, fits);
}

async function linearMemory(plan: Plan): Promise<number> {
  try {
    return await predictMemory(plan);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      `The model does not fit on the CPU backend: its tensors need ${gigabytes(planBytes(plan))}, and WebAssembly memory ends at 4.00 GiB. ${advice}`,
    );
  }
}

const advice = "A smaller train.microBatch needs less.";

export const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
