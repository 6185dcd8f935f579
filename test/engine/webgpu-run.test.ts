import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeviceLostError } from "../../engine/backends/backend.ts";
import { createWebGpuBackend, type WebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import type { WebGpuExecutable } from "../../engine/backends/webgpu/executable.ts";
import { Layout } from "../../engine/backends/webgpu/layout.ts";
import { NumberSlot } from "../../engine/program/ops.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { type Plan, type PlannedOp, type PoolName, poolNames, type Slice } from "../../engine/plan/plan-types.ts";
import { tinyConfig } from "./configs.ts";
import { createRandom } from "./random.ts";
import { nodeGpu } from "./webgpu-node.ts";

const { gpu, reason } = await nodeGpu();
if (!gpu && process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);
if (!gpu) console.log(`WebGPU is not tested: ${reason}`);

/** Everything that has several tensors per pool: parameters, biases, loads, losses. */
const plan = planRun(
  tinyConfig({
    balance: {
      losses: [{ group: "sequence", alpha: 0.1 }],
      zLoss: 1e-3,
      bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" },
    },
    train: { microBatch: 2 },
  }),
);

/** Weights, batch and numbers of one run; `seed` sets them all. */
function begin(
  executable: WebGpuExecutable,
  seed: number,
  replica: number,
  changes: Partial<Record<keyof typeof NumberSlot, number>> = {},
): void {
  const random = createRandom(seed);
  for (const { slice, init } of plan.parameters) {
    executable.write(slice, init === "ones" ? Array<number>(slice.length).fill(1) : random.normal(slice.length, 0.2), replica);
  }
  for (const { slice, initial } of plan.biases) executable.write(slice, Array<number>(slice.length).fill(initial), replica);
  const rows = plan.batch * plan.seqLen;
  const tokens = random.ints(rows, 256);
  const order = [...tokens.keys()].sort((a, b) => tokens[a] - tokens[b] || a - b);
  const starts = Array.from({ length: plan.inputs.starts.length }, (_, id) => tokens.filter((token) => token < id).length);
  executable.write(plan.inputs.tokens, tokens, replica);
  executable.write(plan.inputs.targets, random.ints(rows, 256), replica);
  executable.write(plan.inputs.order, order, replica);
  executable.write(plan.inputs.starts, starts, replica);
  const numbers = new Float32Array(plan.inputs.numbers.length).fill(0.1);
  const values = {
    lr: 1e-2 * seed,
    correction1: 0.1,
    correction2: 0.05,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    clipNorm: 1,
    gradScale: 0.5,
    gamma: 1e-2,
  };
  for (const [name, value] of Object.entries({ ...values, ...changes })) numbers[NumberSlot[name as keyof typeof NumberSlot]] = value;
  executable.write(plan.inputs.numbers, numbers, replica);
}

function twoSteps(executable: WebGpuExecutable): void {
  for (let step = 0; step < 2; step++) {
    executable.run("microstep", true);
    executable.run("microstep", false);
    executable.run("step");
  }
}

const whole = (pool: PoolName, of: Plan = plan): Slice => ({
  pool,
  offset: 0,
  length: of.pools[pool],
  dtype: "f32",
  shape: [of.pools[pool]],
  name: `all ${pool}`,
});
const results = [
  whole("parameters"),
  whole("moment1"),
  whole("moment2"),
  ...plan.biases.map(({ slice }) => slice),
  plan.metrics.trainLoss,
  plan.metrics.gradNorm,
  plan.metrics.clipScale,
  ...plan.metrics.load,
];

/** A plan of given ops over the one pool `activations`. */
function planOf(ops: PlannedOp[], length: number): Plan {
  const pools = { ...(Object.fromEntries(poolNames.map((name) => [name, 64])) as Record<PoolName, number>), activations: length };
  return { ...plan, pools, parameters: [], biases: [], lists: { microstep: ops, step: [], evaluate: [] } };
}
const at = (offset: number, length: number, name = `at ${offset}`): Slice => ({
  pool: "activations",
  offset,
  length,
  dtype: "f32",
  shape: [length],
  name,
});
const addOp = (inputs: Slice[], output: Slice, accumulate: PlannedOp["accumulate"] = ["never"]) =>
  ({ kind: "add", attrs: { length: output.length }, name: "sum", inputs, outputs: [output], accumulate, flops: 0, bytes: 0 }) as PlannedOp;
const copyOp = (input: Slice, output: Slice) =>
  ({
    kind: "copy",
    attrs: { length: output.length },
    name: "copied",
    inputs: [input],
    outputs: [output],
    accumulate: ["never"],
    flops: 0,
    bytes: 0,
  }) as PlannedOp;

describe.skipIf(!gpu)("the WebGPU backend", () => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await createWebGpuBackend(gpu!, { limits: "default" });
  });
  afterAll(() => backend.dispose());

  test("needs no more than WebGPU's default limits", async () => {
    // asking for nothing gives the defaults of everything else too: 8 storage buffers, 16 KiB of workgroup memory, 65,535 workgroups
    const executable = await backend.compile(planOf([copyOp(at(0, 3), at(64, 3))], 128));
    const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = executable["device"].gpu.limits;
    expect({ maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize }).toEqual({
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 16_384,
    });
    executable.dispose();
    expect(backend.info.limits).toEqual({ maxStorageBufferBindingSize: 128 * 2 ** 20, maxBufferSize: 256 * 2 ** 20 });
  });

  test("says which kernels it runs and whether they run on a CPU", () => {
    expect(backend.info.kernels).toMatch(/^[0-9a-f]{64}$/);
    expect(backend.info).toMatchObject({ name: "webgpu", adapter: expect.stringMatching(/./), software: expect.any(Boolean) });
  });

  for (const adapterClass of ["software", "hardware"] as const) {
    test(`trains replicas side by side with the bits of each alone (${adapterClass} kernels)`, async () => {
      const own = await createWebGpuBackend(gpu!, { limits: "default", adapterClass });
      const together = await own.compile(plan, { replicas: 3 });
      for (const replica of [0, 1, 2]) begin(together, replica + 1, replica);
      twoSteps(together);
      for (const replica of [0, 1, 2]) {
        const alone = await own.compile(plan);
        begin(alone, replica + 1, 0);
        twoSteps(alone);
        const [got, wanted] = [await together.read(results, replica), await alone.read(results)];
        got.forEach((values, n) =>
          expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(wanted[n].buffer)), `replica ${replica}: ${results[n].name}`).toBe(
            0,
          ),
        );
        alone.dispose();
      }
      own.dispose();
    }, 120_000);
  }

  test("trains with the same bits when pools are cut into small buffers", async () => {
    const limits = { maxBufferSize: 50_000, maxStorageBufferBindingSize: 33_000 };
    expect(new Layout(plan, 2).shards("parameters", limits.maxBufferSize / 4).length).toBeGreaterThan(1);
    const cut = await createWebGpuBackend(gpu!, { limits });
    const [small, large] = [await cut.compile(plan, { replicas: 2 }), await backend.compile(plan, { replicas: 2 })];
    expect(small.dispatches.step).toBeGreaterThan(large.dispatches.step);
    for (const executable of [small, large]) {
      begin(executable, 1, 0);
      begin(executable, 2, 1);
      twoSteps(executable);
    }
    for (const replica of [0, 1]) expect(await small.read(results, replica)).toEqual(await large.read(results, replica));
    cut.dispose();
  }, 120_000);

  test("skips only the replica whose gradients are not finite", async () => {
    const executable = await backend.compile(plan, { replicas: 2 });
    begin(executable, 1, 0);
    begin(executable, 2, 1);
    const { slice } = plan.parameters[0];
    executable.write(slice, Array<number>(slice.length).fill(NaN), 1);
    const before = await executable.read(results.slice(0, 4), 1);
    const healthy = await executable.read(results.slice(0, 1), 0);
    twoSteps(executable);
    expect((await executable.read([plan.metrics.clipScale], 1))[0][0]).toBe(0);
    expect(await executable.read(results.slice(0, 4), 1)).toEqual(before);
    expect((await executable.read([plan.metrics.clipScale], 0))[0][0]).toBeGreaterThan(0);
    expect(await executable.read(results.slice(0, 1), 0)).not.toEqual(healthy);
    executable.dispose();
  });

  test("keeps the order of calls, however far the host runs ahead", async () => {
    const [x, y, sum] = [at(0, 5), at(64, 5), at(128, 5)];
    const executable = await backend.compile(planOf([copyOp(x, y), addOp([y, sum], at(192, 5)), copyOp(at(192, 5), sum)], 256));
    const pending: Promise<ArrayLike<number>[]>[] = [];
    const data = new Float32Array(5);
    for (let n = 1; n <= 20; n++) {
      data.fill(n); // the same array each time: a write must have taken its own copy
      executable.write(x, data);
      executable.run("microstep");
      pending.push(executable.read([sum, y]));
    }
    const read = await Promise.all(pending);
    read.forEach(([sums, last], n) => {
      expect([...Array.from(last)]).toEqual(Array(5).fill(n + 1));
      expect([...Array.from(sums)]).toEqual(Array(5).fill(((n + 1) * (n + 2)) / 2));
    });
    executable.dispose();
  });

  test("lets one tensor be several inputs of an op", async () => {
    const executable = await backend.compile(planOf([addOp([at(0, 3), at(0, 3), at(0, 3)], at(64, 3))], 128));
    executable.write(at(0, 3), [1, 2, 3]);
    executable.run("microstep");
    expect((await executable.read([at(64, 3)]))[0]).toEqual(Float32Array.of(3, 6, 9));
    executable.dispose();
  });

  test("covers more elements than one dimension of a grid has invocations", async () => {
    const length = 65_535 * 64 + 1;
    const [x, y] = [at(0, length), at(Math.ceil(length / 64) * 64, length)];
    const executable = await backend.compile(planOf([copyOp(x, y)], 2 * Math.ceil(length / 64) * 64));
    const data = Float32Array.from({ length }, (_, i) => i);
    executable.write(x, data);
    executable.run("microstep");
    const [copied] = await executable.read([y]);
    expect(Buffer.compare(Buffer.from(copied.buffer), Buffer.from(data.buffer))).toBe(0);
    executable.dispose();
  });

  test("reports progress up to the number of kernels that were not there yet, each rising, the last complete", async () => {
    const own = await createWebGpuBackend(gpu!);
    const sums = planOf(
      [
        copyOp(at(0, 64), at(128, 64)),
        addOp([at(0, 64), at(128, 64)], at(256, 64)),
        addOp([at(0, 64), at(64, 64), at(128, 64)], at(320, 64)),
      ],
      512,
    );
    const progressOf = async () => {
      const progress: [number, number][] = [];
      (await own.compile(sums, { onProgress: (done, total) => progress.push([done, total]) })).dispose();
      return progress;
    };
    const progress = await progressOf();
    expect(progress.map(([done]) => done)).toEqual([...new Set(progress.map(([done]) => done))].sort((a, b) => a - b));
    expect(progress.at(-1)).toEqual([3, 3]);
    expect(await progressOf()).toEqual([]);
    own.dispose();
  });

  test("times every op of a list, and leaves what running it leaves", async () => {
    const [timed, run] = [await backend.compile(plan), await backend.compile(plan)];
    for (const executable of [timed, run]) begin(executable, 1, 0);
    for (const [list, first] of [
      ["microstep", true],
      ["microstep", false],
      ["step", true],
    ] as const) {
      const times = await timed.profile(list, first);
      expect(times).toHaveLength(plan.lists[list].length);
      for (const time of times) expect(time).toBeGreaterThanOrEqual(0);
      expect(times.reduce((sum, time) => sum + time, 0)).toBeGreaterThan(0);
      run.run(list, first);
    }
    expect(await timed.read(results)).toEqual(await run.read(results));
    for (const executable of [timed, run]) executable.dispose();
  });

  test("counts dispatches, bytes and memory", async () => {
    const executable = await backend.compile(plan);
    expect(executable.dispatches.microstep).toBeGreaterThanOrEqual(plan.lists.microstep.length);
    expect(executable.bytes.step).toBe(plan.lists.step.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(executable.memoryBytes).toBeGreaterThanOrEqual(4 * Object.values(plan.pools).reduce((sum, length) => sum + length, 0));
    executable.dispose();
  });

  test("refuses a plan that WebGPU refuses, naming the op", async () => {
    await expect(backend.compile(planOf([copyOp(at(1, 3), at(64, 3))], 128))).rejects.toThrow(/copied/);
  });

  test("refuses more replicas than the adapter's buffers hold", async () => {
    await expect(backend.compile(planOf([copyOp(at(0, 64), at(64, 64))], 2 ** 20), { replicas: 4096 })).rejects.toThrow(RangeError);
  });

  test("refuses slices and replicas that do not exist", async () => {
    const executable = await backend.compile(planOf([copyOp(at(0, 3), at(64, 3))], 128));
    expect(() => executable.write(at(0, 3), [1, 2, 3, 4])).toThrow(RangeError);
    expect(() => executable.write(at(0, 3), [1, 2, 3], 1)).toThrow(RangeError);
    await expect(executable.read([at(128, 64)])).rejects.toThrow(RangeError);
    executable.dispose();
    expect(() => executable.run("microstep")).toThrow(/disposed/);
  });

  test("throws at the next read or finish what WebGPU reported beside the calls", async () => {
    const own = await createWebGpuBackend(gpu!);
    const executable = await own.compile(planOf([copyOp(at(0, 3), at(64, 3))], 128));
    executable["device"].gpu.createBuffer({ label: "nonsense", size: 4, usage: 0x1 | 0x80 });
    await expect(executable.read([at(64, 3)])).rejects.toThrow(/WebGPU: .*usage/i);
    await expect(executable.finish()).rejects.toThrow(/WebGPU: .*usage/i);
    own.dispose();
  });

  test("throws DeviceLostError from read and finish once the device is gone", async () => {
    const doomed = await createWebGpuBackend(gpu!);
    const executable = await doomed.compile(planOf([copyOp(at(0, 3), at(64, 3))], 128));
    doomed.dispose();
    executable.run("microstep");
    await expect(executable.read([at(64, 3)])).rejects.toThrow(DeviceLostError);
    await expect(executable.finish()).rejects.toThrow(DeviceLostError);
  });
});
