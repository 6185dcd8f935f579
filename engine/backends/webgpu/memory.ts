import { aligned } from "../../plan/memory.ts";
import type { DType } from "../../program/ops.ts";
import { type Plan, type PoolName, poolNames, type Slice } from "../../plan/plan-types.ts";
import type { Layout } from "./layout.ts";
import type { Memory, Operand } from "./launch.ts";

/** GPUBufferUsage, a global that Node lacks. */
export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;

/** A range of one buffer in elements. */
export interface Stretch {
  buffer: GPUBuffer;
  from: number;
  length: number;
}

interface Shard {
  buffer: GPUBuffer;
  from: number;
  end: number;
}

/**
 * The buffers of one compiled plan: pools with all replicas (cut where the adapter's largest buffer asks for it), scratch that every op may use
 * from its start, and constants. Scratch and constants grow while ops are lowered; `allocate` then makes the buffers.
 */
export class DeviceMemory {
  readonly layout: Layout;
  private readonly plan: Plan;
  private readonly limit: number;
  private readonly ends: Map<Memory, number[]>;
  private readonly shards = new Map<Memory, Shard[]>();
  private readonly tables = new Map<string, { operand: Operand; data: Float32Array | Int32Array }>();
  private readonly shapes = new Map<string, { operand: Operand; data: Uint32Array<ArrayBuffer> }>();
  private readonly constantLength = { tables: 0, shapes: 0 };
  private scratchLength = 0;
  private scratchUsed = 0;

  /** `limit`: elements of the largest buffer. */
  constructor(plan: Plan, layout: Layout, limit: number) {
    this.plan = plan;
    this.layout = layout;
    this.limit = limit;
    this.ends = new Map(poolNames.map((pool) => [pool, layout.shards(pool, limit)]));
  }

  /** Before an op is lowered: all scratch is free again. */
  freeScratch(): void {
    this.scratchUsed = 0;
  }

  scratch(length: number, dtype: DType = "f32"): Operand {
    const operand: Operand = { memory: "scratch", offset: this.scratchUsed, length, dtype };
    this.scratchUsed += aligned(length);
    this.scratchLength = Math.max(this.scratchLength, this.scratchUsed);
    return operand;
  }

  table(key: string, make: () => Float32Array | Int32Array): Operand {
    let table = this.tables.get(key);
    if (!table) {
      const data = make();
      const dtype = data instanceof Int32Array ? "i32" : "f32";
      table = { data, operand: { memory: "tables", offset: this.constant("tables", data.length), length: data.length, dtype } };
      this.tables.set(key, table);
    }
    return table.operand;
  }

  shape(data: Uint32Array): Operand {
    const key = data.join();
    let shape = this.shapes.get(key);
    if (!shape) {
      const operand: Operand = { memory: "shapes", offset: this.constant("shapes", data.length), length: data.length, dtype: "i32" };
      shape = { data: Uint32Array.from(data), operand };
      this.shapes.set(key, shape);
    }
    return shape.operand;
  }

  private constant(memory: "tables" | "shapes", length: number): number {
    const offset = this.constantLength[memory];
    this.constantLength[memory] += aligned(length);
    return offset;
  }

  sameBuffer(pool: PoolName, a: number, b: number): boolean {
    const ends = this.ends.get(pool)!;
    return ends.findIndex((end) => a < end) === ends.findIndex((end) => b < end);
  }

  strideOf({ memory, offset, length }: Operand): number {
    if (memory === "tables" || memory === "shapes") return 0;
    return memory === "scratch" ? aligned(length) : this.layout.pieces({ pool: memory, offset, length })[0].stride;
  }

  /** Creates the buffers and uploads the tables; returns the bytes taken. */
  allocate(gpu: GPUDevice): number {
    const scratch = this.scratchLength * this.layout.replicas;
    const { tables, shapes } = this.constantLength;
    if (Math.max(scratch, tables) > this.limit)
      throw new RangeError(`scratch of ${4 * scratch} bytes exceeds the adapter's largest buffer`);
    this.ends.set("scratch", [scratch]).set("tables", [tables]).set("shapes", [shapes]);
    let bytes = 0;
    for (const [memory, ends] of this.ends) {
      const shards = ends.map((end, n): Shard => {
        const from = n === 0 ? 0 : ends[n - 1];
        const size = 4 * Math.max(64, end - from);
        bytes += size;
        const role = memory === "shapes" ? usage.uniform : usage.storage;
        const buffer = gpu.createBuffer({ label: memory, size, usage: role | usage.copySource | usage.copyTarget });
        return { buffer, from, end };
      });
      this.shards.set(memory, shards);
    }
    for (const { operand, data } of [...this.tables.values(), ...this.shapes.values()]) {
      const { buffer } = this.shards.get(operand.memory)![0];
      gpu.queue.writeBuffer(buffer, 4 * operand.offset, data as ArrayBufferView<ArrayBuffer>);
    }
    return bytes;
  }

  /** What to bind for an operand: all its replicas. */
  bound({ memory, offset, length }: Operand): Stretch {
    if (memory === "tables" || memory === "shapes") return this.find(memory, offset, offset + length);
    const { replicas } = this.layout;
    if (memory === "scratch") {
      const from = offset * replicas;
      return this.find(memory, from, from + (replicas - 1) * aligned(length) + length);
    }
    const pieces = this.layout.pieces({ pool: memory, offset, length });
    const last = pieces[pieces.length - 1];
    return this.find(memory, pieces[0].place, last.place + (replicas - 1) * last.stride + last.length);
  }

  /** Where the elements of one replica of a slice lie: pairs of a stretch and its first index in the slice. */
  replica(slice: Slice, replica: number): { stretch: Stretch; index: number }[] {
    if (!Number.isInteger(replica) || replica < 0 || replica >= this.layout.replicas) {
      throw new RangeError(`replica ${replica} of ${this.layout.replicas}`);
    }
    if (slice.offset < 0 || slice.offset + slice.length > this.plan.pools[slice.pool])
      throw new RangeError(`${slice.name} leaves pool ${slice.pool}`);
    return this.layout.pieces(slice).map(({ place, stride, index, length }) => {
      const from = place + replica * stride;
      return { stretch: this.find(slice.pool, from, from + length), index };
    });
  }

  /** Where the first `count` replicas of a slice lie: each piece's stretch covers them all, `stride` elements apart. */
  firstReplicas(slice: Slice, count: number): { stretch: Stretch; stride: number; index: number; length: number }[] {
    if (!Number.isInteger(count) || count < 1 || count > this.layout.replicas)
      throw new RangeError(`${count} of ${this.layout.replicas} replicas`);
    if (slice.offset < 0 || slice.offset + slice.length > this.plan.pools[slice.pool])
      throw new RangeError(`${slice.name} leaves pool ${slice.pool}`);
    return this.layout.pieces(slice).map(({ place, stride, index, length }) => ({
      stretch: this.find(slice.pool, place, place + (count - 1) * stride + length),
      stride,
      index,
      length,
    }));
  }

  dispose(): void {
    for (const { buffer } of [...this.shards.values()].flat()) buffer.destroy();
  }

  private find(memory: Memory, from: number, end: number): Stretch {
    const shard = this.shards.get(memory)?.find((s) => from < s.end && end <= s.end && from >= s.from);
    if (!shard) throw new RangeError(`${memory} has no buffer with elements ${from} to ${end}`);
    return { buffer: shard.buffer, from: from - shard.from, length: end - from };
  }
}
