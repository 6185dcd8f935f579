import { aligned } from "../../plan/memory.ts";
import type { ListName, Slice } from "../../plan/plan-types.ts";
import type { Executable } from "../backend.ts";
import { chunks } from "./chunks.ts";
import type { CompiledPlan, Dispatch } from "./compile.ts";
import type { Device } from "./device.ts";
import type { Stretch } from "./memory.ts";
import { Staging } from "./staging.ts";
import { profileOps } from "./profile.ts";

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Lists that may wait on the device at once: about two steps, so that a fast host cannot queue memory without end. */
const maxRunsInFlight = 4;

/** Replays a compiled plan. Calls take effect in the order in which they are made, even those that must wait for a free place in flight. */
export class WebGpuExecutable implements Executable {
  private readonly device: Device;
  private readonly compiled: CompiledPlan;
  private readonly replicas: number;
  private readonly staging: Staging;
  /** calls that wait until the device has caught up */
  private readonly waiting: { call: () => void; cancel: (reason: Error) => void }[] = [];
  private runsInFlight = 0;
  private disposed = false;

  constructor(device: Device, compiled: CompiledPlan) {
    this.device = device;
    this.compiled = compiled;
    this.replicas = compiled.memory.layout.replicas;
    this.staging = new Staging(device.gpu);
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
      for (const { stretch, index } of targets) this.upload(stretch, values.subarray(index, index + stretch.length));
    });
  }

  writeEach(slice: Slice, data: readonly ArrayLike<number>[]): void {
    const pieces = this.compiled.memory.firstReplicas(slice, data.length);
    // between the replicas of a whole tensor lies nothing but padding
    const dense = data.every(({ length }) => length === slice.length) && pieces.every(({ stride, length }) => stride === aligned(length));
    if (!dense) return data.forEach((own, replica) => this.write(slice, own, replica));
    const targets = pieces.map(({ stretch, stride, index, length }) => {
      const rows = slice.dtype === "i32" ? new Int32Array(stretch.length) : new Float32Array(stretch.length);
      data.forEach((own, replica) => {
        for (let i = 0; i < length; i++) rows[replica * stride + i] = own[index + i];
      });
      return { stretch, rows };
    });
    this.enqueue(() => {
      for (const { stretch, rows } of targets) this.upload(stretch, rows);
    });
  }

  async read(slices: Slice[], replica = 0): Promise<Values[]> {
    const parts = slices.map((slice) => this.compiled.memory.replica(slice, replica));
    const bytes = await this.readBack(parts.flatMap((pieces) => pieces.map(({ stretch }) => stretch)));
    let at = 0;
    return slices.map((slice, n) => {
      const values = arrayOf(slice);
      for (const { stretch, index } of parts[n]) {
        values.set(view(bytes, slice, at, stretch.length), index);
        at += stretch.length;
      }
      return values;
    });
  }

  async readEach(slices: Slice[], replicas: number): Promise<Values[][]> {
    const parts = slices.map((slice) => this.compiled.memory.firstReplicas(slice, replicas));
    const bytes = await this.readBack(parts.flatMap((pieces) => pieces.map(({ stretch }) => stretch)));
    const all = Array.from({ length: replicas }, () => slices.map(arrayOf));
    let at = 0;
    slices.forEach((slice, n) => {
      for (const { stretch, stride, index, length } of parts[n]) {
        all.forEach((values, replica) => values[n].set(view(bytes, slice, at + replica * stride, length), index));
        at += stretch.length;
      }
    });
    return all;
  }

  run(list: ListName, first = true, replicas = this.replicas): void {
    if (!Number.isInteger(replicas) || replicas < 1 || replicas > this.replicas)
      throw new RangeError(`${replicas} of ${this.replicas} replicas`);
    this.enqueue(() => {
      this.submit(this.compiled.lists[list][first ? "first" : "later"], replicas);
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
    this.staging.dispose();
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

  private upload({ buffer, from }: Stretch, values: Values): void {
    if (values.length > 0) this.device.gpu.queue.writeBuffer(buffer, 4 * from, values);
  }

  private submit(dispatches: Dispatch[], replicas: number): void {
    const { gpu } = this.device;
    for (const chunk of chunks(dispatches, replicas / this.replicas)) {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const { pipeline, bindGroup, grid } of chunk) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(grid[0], grid[1], replicas);
      }
      pass.end();
      gpu.queue.submit([encoder.finish()]);
    }
  }

  /** Copies the stretches behind one another into one staging buffer and maps it once. */
  private async readBack(stretches: Stretch[]): Promise<ArrayBuffer> {
    const size = 4 * stretches.reduce((sum, { length }) => sum + length, 0);
    if (size === 0) return new ArrayBuffer(0);
    const staging = await new Promise<GPUBuffer>((resolve, reject) => {
      this.enqueue(() => {
        const { gpu } = this.device;
        const staging = this.staging.take(size);
        const encoder = gpu.createCommandEncoder();
        let at = 0;
        for (const { buffer, from, length } of stretches) {
          encoder.copyBufferToBuffer(buffer, 4 * from, staging, at, 4 * length);
          at += 4 * length;
        }
        gpu.queue.submit([encoder.finish()]);
        // GPUMapMode.READ
        staging.mapAsync(1, 0, size).then(() => resolve(staging), reject);
      }, reject);
    }).catch(async (error: unknown) => {
      throw await this.device.explain(error);
    });
    this.device.check();
    const bytes = staging.getMappedRange(0, size).slice(0);
    if (this.disposed) staging.destroy();
    else this.staging.give(staging);
    return bytes;
  }
}

const arrayOf = ({ dtype, length }: Slice): Values => (dtype === "i32" ? new Int32Array(length) : new Float32Array(length));

/** Elements of a slice's type in what was read. */
const view = (bytes: ArrayBuffer, { dtype }: Slice, from: number, length: number): Values =>
  dtype === "i32" ? new Int32Array(bytes, 4 * from, length) : new Float32Array(bytes, 4 * from, length);
