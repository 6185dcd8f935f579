import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunks } from "../../engine/backends/webgpu/chunks.ts";
import type { Dispatch } from "../../engine/backends/webgpu/compile.ts";
import { Layout, planSlices, replicaLimit } from "../../engine/backends/webgpu/layout.ts";
import { gridOf, maxGroups } from "../../engine/backends/webgpu/launch.ts";
import { benchModels } from "../../engine/bench/models.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { type Plan, poolNames } from "../../engine/plan/plan-types.ts";
import { tinyConfig } from "./configs.ts";

const plan = planRun(
  tinyConfig({
    model: { mtp: { depth: 1 } },
    balance: { losses: [{ group: "sequence", alpha: 1 }], bias: { gamma: 1, rule: "sign", form: "additive", group: "batch" } },
  }),
);

/** Element ranges that one replica of a slice takes. */
const ranges = (layout: Layout, slice: Parameters<Layout["pieces"]>[0], replica: number) =>
  layout.pieces(slice).map(({ place, stride, length }) => ({ from: place + replica * stride, to: place + replica * stride + length }));

describe("Layout", () => {
  test("keeps slices and their replicas apart wherever the plan keeps the slices apart", () => {
    const slices = [...new Map(planSlices(plan).map((slice) => [`${slice.pool} ${slice.offset} ${slice.length}`, slice])).values()];
    fc.assert(
      fc.property(
        fc.constantFrom(...slices),
        fc.constantFrom(...slices),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(4),
        fc.nat(4),
        (a, b, replicas, i, j) => {
          const layout = new Layout(plan, replicas);
          const [ra, rb] = [i % replicas, j % replicas];
          const overlap = a.pool === b.pool && a.offset < b.offset + b.length && b.offset < a.offset + a.length;
          if (a.pool !== b.pool || (overlap && ra === rb)) return;
          // activations that are never alive together may share memory, also with each other's replicas
          if (overlap && a !== b && a.pool === "activations") return;
          for (const x of ranges(layout, a, ra)) for (const y of ranges(layout, b, rb)) expect(x.to <= y.from || y.to <= x.from).toBe(true);
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
  });

  test("stays inside the pool", () => {
    for (const replicas of [1, 3]) {
      const layout = new Layout(plan, replicas);
      for (const slice of planSlices(plan)) {
        for (const { to } of ranges(layout, slice, replicas - 1)) expect(to).toBeLessThanOrEqual(layout.poolLength(slice.pool));
      }
    }
  });

  test("gives a whole pool and its parameters the same places", () => {
    const layout = new Layout(plan, 3);
    const whole = layout.pieces({ pool: "moment1", offset: 0, length: plan.pools.moment1 });
    expect(whole).toHaveLength(plan.parameters.length);
    for (const { slice } of plan.parameters) {
      const [own] = layout.pieces(slice);
      expect(whole).toContainEqual({ ...own, index: slice.offset });
    }
  });

  test("puts all replicas of a tensor a fixed distance apart, whatever their number", () => {
    for (const slice of planSlices(plan)) {
      const strides = [1, 2, 7].map((replicas) => new Layout(plan, replicas).pieces(slice).map(({ stride }) => stride));
      expect(strides[1]).toEqual(strides[0]);
      expect(strides[2]).toEqual(strides[0]);
    }
  });

  test("cuts pools into buffers within the limit and never cuts a tensor", () => {
    const limit = 6144;
    for (const replicas of [1, 2]) {
      const layout = new Layout(plan, replicas);
      const ends = layout.shards("parameters", limit);
      expect(ends.length).toBeGreaterThan(1);
      expect(ends.at(-1)).toBe(layout.poolLength("parameters"));
      ends.forEach((end, n) => expect(end - (ends[n - 1] ?? 0)).toBeLessThanOrEqual(limit));
      for (const { slice } of plan.parameters) {
        const [{ place, stride }] = layout.pieces(slice);
        for (const end of ends) expect(end <= place || end >= place + stride * replicas).toBe(true);
      }
    }
  });

  test("cuts pools of a large model at 128 MiB even where larger buffers are allowed, unless one tensor is larger", () => {
    const comfortable = 2 ** 27 / 4;
    const layout = new Layout(planRun(benchModels.L), 1);
    const lengths = (ends: number[]) => ends.map((end, n) => end - (ends[n - 1] ?? 0));
    const parameters = lengths(layout.shards("parameters", 2 ** 30));
    expect(parameters.length).toBeGreaterThan(1);
    expect(Math.max(...parameters)).toBeLessThanOrEqual(comfortable);
    // all replicas of one tensor lie together
    const many = new Layout(plan, comfortable / 64 + 1);
    expect(Math.max(...lengths(many.shards("metrics", 2 ** 30)))).toBeGreaterThan(comfortable);
  });

  test("says which pool does not fit into the adapter's buffers", () => {
    expect(() => new Layout(plan, 1000).shards("activations", 1024)).toThrow(/pool activations needs \d+ bytes .* 1000 replica/);
  });
});

describe("replicaLimit", () => {
  test("is the last number of replicas that fits", () => {
    const limits = { maxBufferSize: 1 << 20, maxStorageBufferBindingSize: 1 << 19 };
    const most = replicaLimit(plan, limits);
    const fits = (replicas: number) => {
      const layout = new Layout(plan, replicas);
      for (const pool of poolNames) layout.shards(pool, limits.maxBufferSize / 4);
      return planSlices(plan).every((slice) =>
        layout.pieces(slice).every(({ stride }) => 4 * stride * replicas <= limits.maxStorageBufferBindingSize),
      );
    };
    expect(most).toBeGreaterThan(1);
    expect(fits(most)).toBe(true);
    expect(() => {
      if (!fits(most + 1)) throw new RangeError();
    }).toThrow(RangeError);
  });

  test("is 0 if not even one replica fits", () => {
    expect(replicaLimit(plan as Plan, { maxBufferSize: 256, maxStorageBufferBindingSize: 256 })).toBe(0);
  });
});

describe("command buffers", () => {
  const dispatch = (flops: number) => ({ flops }) as Dispatch;

  test("take every dispatch in order, at most 256 of them, and no more than one after they have 2 GFLOP", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1, max: 4e9, noNaN: true })), { maxLength: 900 }),
        fc.constantFrom(1, 0.25),
        (flops, share) => {
          const all = flops.map(dispatch);
          const cut = chunks(all, share);
          expect(cut.flat()).toEqual(all);
          for (const chunk of cut) {
            expect(chunk.length).toBeGreaterThan(0);
            expect(chunk.length).toBeLessThanOrEqual(256);
            expect(chunk.slice(0, -1).reduce((sum, { flops: own }) => sum + own * share, 0)).toBeLessThan(2e9);
          }
        },
      ),
    );
  });

  test("are few: a small step is one, with fewer replicas than there are as many more", () => {
    const step = Array.from({ length: 200 }, () => dispatch(2e7));
    expect(chunks(step)).toHaveLength(2);
    expect(chunks(step, 0.5)).toHaveLength(1);
  });
});

describe("gridOf", () => {
  test("covers the count, within WebGPU's limit per dimension", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (count) => {
        const [x, y] = gridOf(count);
        expect(x * y).toBeGreaterThanOrEqual(count);
        expect(Math.max(x, y)).toBeLessThanOrEqual(maxGroups);
        expect(x * y - count).toBeLessThanOrEqual(Math.max(y, 1));
      }),
    );
  });
});
