import type { Dispatch } from "./compile.ts";
import type { Device } from "./device.ts";
import { usage } from "./memory.ts";

/** GPUBufferUsage.QUERY_RESOLVE, a global that Node lacks. */
const queryResolve = 0x200;
/** Ops timed in one go: a query set has room for 4,096 times. */
const opsPerSet = 2048;

/**
 * Replays dispatches op by op and returns the milliseconds that each op of the list took. By the device's own clock where it has one;
 * else each op is submitted by itself and waited for, which adds the way there and back to every one.
 */
export async function profileOps(device: Device, dispatches: readonly Dispatch[], ops: number, replicas: number): Promise<number[]> {
  const byOp = Array.from({ length: ops }, (): Dispatch[] => []);
  for (const dispatch of dispatches) byOp[dispatch.op].push(dispatch);
  if (!device.timestamps) return waitForEach(device.gpu, byOp, replicas);
  const times: number[] = [];
  for (let at = 0; at < ops; at += opsPerSet) times.push(...(await timeEach(device.gpu, byOp.slice(at, at + opsPerSet), replicas)));
  return times;
}

function encode(
  encoder: GPUCommandEncoder,
  dispatches: readonly Dispatch[],
  replicas: number,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass({ timestampWrites });
  for (const { pipeline, bindGroup, grid } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(grid[0], grid[1], replicas);
  }
  pass.end();
}

async function waitForEach(gpu: GPUDevice, byOp: readonly Dispatch[][], replicas: number): Promise<number[]> {
  const times: number[] = [];
  for (const dispatches of byOp) {
    const encoder = gpu.createCommandEncoder();
    encode(encoder, dispatches, replicas);
    const start = performance.now();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    times.push(performance.now() - start);
  }
  return times;
}

async function timeEach(gpu: GPUDevice, byOp: readonly Dispatch[][], replicas: number): Promise<number[]> {
  const count = 2 * byOp.length;
  const querySet = gpu.createQuerySet({ type: "timestamp", count });
  const resolved = gpu.createBuffer({ size: 8 * count, usage: queryResolve | usage.copySource });
  const staging = gpu.createBuffer({ size: 8 * count, usage: usage.mapRead | usage.copyTarget });
  try {
    byOp.forEach((dispatches, op) => {
      // a command buffer of its own: none comes near the time after which Windows resets a GPU
      const encoder = gpu.createCommandEncoder();
      encode(encoder, dispatches, replicas, { querySet, beginningOfPassWriteIndex: 2 * op, endOfPassWriteIndex: 2 * op + 1 });
      gpu.queue.submit([encoder.finish()]);
    });
    const encoder = gpu.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(1); // GPUMapMode.READ
    const nanoseconds = new BigUint64Array(staging.getMappedRange().slice(0));
    // a clock that was reset between the two leaves no time to tell
    return byOp.map((_, op) => Math.max(0, Number(nanoseconds[2 * op + 1] - nanoseconds[2 * op]) / 1e6));
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}
