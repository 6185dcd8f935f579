import type { Executable } from "../backend.ts";
import type { ListName, Slice } from "../../program/plan-types.ts";
import type { CompiledPlan, Dispatch } from "./compile.ts";
import type { Device } from "./device.ts";
import { usage } from "./memory.ts";
import { profileOps } from "./profile.ts";

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Lists that may wait on the device at once: about two steps, so that a fast host cannot queue memory without end. */
const maxRunsInFlight = 4;
/** A command buffer ends after this much work or this many dispatches: well below the time after which Windows resets a GPU. */
const maxFlopsPerSubmit = 2e9;
const maxDispatchesPerSubmit = 256;

/** Replays a compiled plan. Calls take effect in the order in which they are made, even those that must wait for a free place in flight. */
export class WebGpuExecutable implements Executable {
  private readonly device: Device;
  private readonly compiled: CompiledPlan;
  private readonly replicas: number;
  /** calls that wait until the device has caught up */
  private readonly waiting: { call: () => void; cancel: (reason: Error) => void }[] = [];
  private runsInFlight = 0;
  private disposed = false;

  constructor(device: Device, compiled: CompiledPlan) {
    this.device = device;
    this.compiled = compiled;
    this.replicas = compiled.memory.layout.replicas;
  }

  /** Dispatches of one replay. */
  get dispatches(): Record<ListName, number> {
    return this.perList(({ first }) => first.length);
  }

  /** Bytes read and written by one replay of all replicas, by the plan's count. */
  get bytes(): Record<ListName, number> {
    return this.perList(({ bytes }) => bytes);
  }

  /** Bytes of device memory. */
  get memoryBytes(): number {
    return this.compiled.memoryBytes;
  }

  write(slice: Slice, data: ArrayLike<number>, replica = 0): void {
    if (data.length > slice.length) throw new RangeError(`${slice.name} holds ${slice.length} elements, not ${data.length}`);
    // a copy: the caller may reuse its array before the write's turn comes
    const values: Values = slice.dtype === "i32" ? Int32Array.from(data) : Float32Array.from(data);
    const targets = this.compiled.memory.replica(slice, replica);
    this.enqueue(() => {
      for (const { stretch, index } of targets) {
        const part = values.subarray(index, index + stretch.length);
        if (part.length > 0) this.device.gpu.queue.writeBuffer(stretch.buffer, 4 * stretch.from, part);
      }
    });
  }

  async read(slices: Slice[], replica = 0): Promise<Values[]> {
    const bytes = new Promise<ArrayBuffer>((resolve, reject) => {
      const parts = slices.map((slice) => this.compiled.memory.replica(slice, replica));
      this.enqueue(() => this.readBack(slices, parts).then(resolve, reject), reject);
    });
    const all = await bytes;
    let offset = 0;
    return slices.map(({ dtype, length }) => {
      const values = dtype === "i32" ? new Int32Array(all, offset, length) : new Float32Array(all, offset, length);
      offset += 4 * length;
      return values;
    });
  }

  run(list: ListName, first = true): void {
    this.enqueue(() => {
      this.submit(this.compiled.lists[list][first ? "first" : "later"]);
      this.runsInFlight++;
      const landed = () => {
        this.runsInFlight--;
        this.pump();
      };
      this.device.gpu.queue.onSubmittedWorkDone().then(landed, landed);
    });
  }

  async finish(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown) => this.device.explain(error).then(reject);
      this.enqueue(() => this.device.gpu.queue.onSubmittedWorkDone().then(() => resolve(), fail), reject);
    });
    this.device.check();
  }

  async profile(list: ListName, first = true): Promise<number[]> {
    await this.finish();
    const compiled = this.compiled.lists[list];
    const times = await profileOps(this.device, compiled[first ? "first" : "later"], compiled.ops, this.replicas);
    this.device.check();
    return times;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const { cancel } of this.waiting.splice(0)) cancel(new Error("the executable was disposed of"));
    this.compiled.memory.dispose();
  }

  private perList(count: (list: CompiledPlan["lists"][ListName]) => number): Record<ListName, number> {
    const { microstep, step, evaluate } = this.compiled.lists;
    return { microstep: count(microstep), step: count(step), evaluate: count(evaluate) };
  }

  private enqueue(call: () => void, cancel: (reason: Error) => void = () => {}): void {
    if (this.disposed) throw new Error("the executable is disposed of");
    this.waiting.push({ call, cancel });
    this.pump();
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.runsInFlight < maxRunsInFlight) this.waiting.shift()!.call();
  }

  private submit(dispatches: Dispatch[]): void {
    const { gpu } = this.device;
    let at = 0;
    while (at < dispatches.length) {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      let flops = 0;
      for (let n = 0; n < maxDispatchesPerSubmit && at < dispatches.length && (n === 0 || flops < maxFlopsPerSubmit); n++) {
        const { pipeline, bindGroup, grid, flops: work } = dispatches[at++];
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(grid[0], grid[1], this.replicas);
        flops += work;
      }
      pass.end();
      gpu.queue.submit([encoder.finish()]);
    }
  }

  /** Copies every part behind one another into one staging buffer and maps it once. */
  private async readBack(slices: Slice[], parts: ReturnType<CompiledPlan["memory"]["replica"]>[]): Promise<ArrayBuffer> {
    const { gpu } = this.device;
    const size = 4 * slices.reduce((sum, { length }) => sum + length, 0);
    if (size === 0) return new ArrayBuffer(0);
    const staging = gpu.createBuffer({ label: "read", size, usage: usage.mapRead | usage.copyTarget });
    try {
      const encoder = gpu.createCommandEncoder();
      let offset = 0;
      parts.forEach((part, n) => {
        for (const { stretch, index } of part) {
          encoder.copyBufferToBuffer(stretch.buffer, 4 * stretch.from, staging, offset + 4 * index, 4 * stretch.length);
        }
        offset += 4 * slices[n].length;
      });
      gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(1); // GPUMapMode.READ
      this.device.check();
      return staging.getMappedRange().slice(0);
    } catch (error) {
      throw await this.device.explain(error);
    } finally {
      staging.destroy();
    }
  }
}
