import { aligned } from "../../plan/memory.ts";
import { type Plan, type PlannedOp, type PoolName, type Slice, poolNames } from "../../plan/plan-types.ts";
import type { BufferLimits } from "./device.ts";
import type { Piece } from "./launch.ts";

/** Pools of one layout: a slice of one of them may cover many parameters. */
const parameterPools = new Set<PoolName>(["parameters", "gradients", "moment1", "moment2"]);

/** Elements of a buffer of 128 MiB, which every driver gives and one binding covers: pools are cut there even where larger ones are allowed. */
const comfortableLength = 2 ** 25;

/**
 * Where slices of a plan for one replica lie when every pool is laid out `replicas` times: element i of replica r of a tensor at
 * tensor.offset·replicas + r·aligned(tensor.length) + i. The copies of a tensor are neighbours, so that one binding covers them
 * and never overlaps another tensor's; the distance between copies does not depend on their number, and neither do the shaders.
 */
export class Layout {
  readonly replicas: number;
  private readonly plan: Plan;
  /** offset and length of every parameter, ascending */
  private readonly tensors: { offset: number; length: number }[];

  constructor(plan: Plan, replicas: number) {
    this.plan = plan;
    this.replicas = replicas;
    this.tensors = plan.parameters.map(({ slice: { offset, length } }) => ({ offset, length })).sort((a, b) => a.offset - b.offset);
  }

  /** The dense parts of a slice; one, unless it covers several parameters. Padding between parameters is no part. */
  pieces({ pool, offset, length }: Pick<Slice, "pool" | "offset" | "length">): Piece[] {
    const end = offset + length;
    const covered = parameterPools.has(pool) ? this.tensors.filter((t) => t.offset < end && offset < t.offset + t.length) : [];
    if (covered.length === 0) return [{ place: offset * this.replicas, stride: aligned(length), index: 0, length }];
    return covered.map((tensor) => {
      const from = Math.max(offset, tensor.offset);
      return {
        place: tensor.offset * this.replicas + from - tensor.offset,
        stride: aligned(tensor.length),
        index: from - offset,
        length: Math.min(end, tensor.offset + tensor.length) - from,
      };
    });
  }

  /** Elements of a pool with all replicas. */
  poolLength(pool: PoolName): number {
    return this.plan.pools[pool] * this.replicas;
  }

  /**
   * Places (in elements, all replicas) where a pool is cut into buffers without cutting a tensor: ends of the buffers, the last being the pool's own.
   * A buffer has at most `comfortable` elements, more only if a single stretch of tensors does. Throws RangeError if one exceeds `limit`.
   */
  shards(pool: PoolName, limit: number, comfortable = Math.min(limit, comfortableLength)): number[] {
    const ends: number[] = [];
    let start = 0;
    let last = 0;
    for (const end of [...this.stretchEnds(pool), this.poolLength(pool)]) {
      if (end - start > comfortable) {
        if (last > start) ends.push(last);
        start = last;
      }
      if (end - start > limit) {
        throw new RangeError(
          `pool ${pool} needs ${4 * (end - start)} bytes in one buffer for ${this.replicas} replica(s); this adapter allows ${4 * limit}`,
        );
      }
      last = end;
    }
    return [...ends, this.poolLength(pool)];
  }

  /** Ends of the maximal stretches of overlapping tensors of a pool, in elements with all replicas. */
  private stretchEnds(pool: PoolName): number[] {
    const spans = planSlices(this.plan)
      .filter((slice) => slice.pool === pool)
      .flatMap((slice) => this.pieces(slice))
      .map(({ place, stride }) => ({ from: place, to: place + stride * this.replicas }))
      .sort((a, b) => a.from - b.from);
    const ends: number[] = [];
    let end = 0;
    for (const { from, to } of spans) {
      if (from >= end && end > 0) ends.push(end);
      end = Math.max(end, to);
    }
    return ends;
  }
}

/** Every slice that a plan's ops touch. */
export function planSlices(plan: Plan): Slice[] {
  const ops: PlannedOp[] = Object.values(plan.lists).flat();
  return ops.flatMap((op) => [...op.inputs, ...op.outputs]);
}

/** The most replicas whose bindings and buffers stay within an adapter's limits; 0 if not even one does. Says nothing of the memory there is. */
export function replicaLimit(plan: Plan, limits: BufferLimits): number {
  const alone = new Layout(plan, 1);
  const longest = planSlices(plan).reduce((most, slice) => alone.pieces(slice).reduce((top, { stride }) => Math.max(top, stride), most), 1);
  let fits = 0;
  let fails = Math.floor(limits.maxStorageBufferBindingSize / (4 * longest)) + 1;
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (buffersFit(new Layout(plan, middle), limits.maxBufferSize)) fits = middle;
    else fails = middle;
  }
  return fits;
}

function buffersFit(layout: Layout, maxBufferSize: number): boolean {
  try {
    for (const pool of poolNames) layout.shards(pool, Math.floor(maxBufferSize / 4));
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
