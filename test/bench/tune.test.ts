import { mkdtempSync, writeFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebGpuBackend, type WebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import {
  type Choice,
  chooseMatmul,
  type KernelTable,
  type ProductShape,
  shapeClassOf,
  tableFor,
  tableHash,
} from "../../engine/backends/webgpu/matmul/table.ts";
import { matmulVariants } from "../../engine/backends/webgpu/matmul/variants.ts";
import { benchModels } from "../../engine/bench/models.ts";
import { productPlan, productsOf } from "../../engine/bench/one-product.ts";
import { isProduct } from "../../engine/bench/products.ts";
import { candidatesFor, tune, type TunedProduct } from "../../engine/bench/tune.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { tunedTable } from "../../experiments/bench/tuned-table.ts";
import { kernelTablePath, readKernelTable, removeKernelTable, writeKernelTable } from "../../experiments/runs/devices/node/kernel-table.ts";
import { buildCli, switchyard } from "../cli/bundle.ts";
import { tinyConfig } from "../engine/configs.ts";
import { nodeGpu } from "../engine/webgpu-node.ts";

const shape: ProductShape = { op: "matmul NN", m: 100, n: 100, k: 1000, experts: 1 };
const other: Choice = { variant: "64x64-4x4-k8", splits: 2 };
const settle = (chosen: Choice, changes: Partial<ProductShape> = {}) => ({ shape: { ...shape, ...changes }, chosen });
const usual = (at: ProductShape = shape) => chooseMatmul(tableFor("nvidia ampere"), at);

describe("the table that tuning leaves", () => {
  test("chooses what was measured, and keeps what was measured before of other adapters and other products", () => {
    const first = tunedTable(null, "nvidia ampere", [settle(other), settle(other, { n: 300 })]);
    const second = tunedTable(first, "amd rdna-3", [settle(other)]);
    const third = tunedTable(second, "nvidia ampere", [settle({ variant: "128x64-8x8-k8", splits: 1 })]);
    expect(chooseMatmul(tableFor("nvidia ampere", third), shape)).toEqual({ variant: "128x64-8x8-k8", splits: 1 });
    expect(chooseMatmul(tableFor("nvidia ampere", third), { ...shape, n: 300 })).toEqual(other);
    expect(chooseMatmul(tableFor("amd rdna-3", third), shape)).toEqual(other);
    expect(third.measured).toHaveLength(3);
  });

  test("has no entry where Switchyard's own table chooses alike: such tuning changes no provenance", () => {
    expect(tunedTable(null, "nvidia ampere", [settle(usual())]).measured).toEqual([]);
    // nor one of before
    const before = tunedTable(null, "nvidia ampere", [settle(other)]);
    expect(tunedTable(before, "nvidia ampere", [settle(usual())]).measured).toEqual([]);
    expect(tableHash(tableFor("nvidia ampere", tunedTable(null, "nvidia ampere", [])))).toBe(tableHash(tableFor("nvidia ampere")));
  });

  test("takes the first of products that share a class", () => {
    const table = tunedTable(null, "nvidia ampere", [settle(other), settle({ variant: "32x32-4x4-k8", splits: 1 }, { m: 99 })]);
    expect(table.measured).toEqual([{ adapter: "nvidia ampere", ...shapeClassOf(shape), ...other }]);
  });
});

describe("the user's file", () => {
  const folder = () => mkdtempSync(join(tmpdir(), "switchyard-table-"));

  test("comes back as it was written, whole, and is gone after a reset", async () => {
    const data = join(folder(), "not", "yet");
    const path = kernelTablePath(data);
    expect(await readKernelTable(path)).toEqual({ path, table: null, problem: null });
    const table = tunedTable(null, "nvidia ampere", [settle(other)]);
    await writeKernelTable(table, path);
    expect(await readKernelTable(path)).toEqual({ path, table, problem: null });
    expect(await readdir(data)).toEqual(["kernel-table.json"]);
    expect(await removeKernelTable(path)).toBe(true);
    expect(await removeKernelTable(path)).toBe(false);
  });

  test("is not used when it is damaged, with the reason", async () => {
    const path = kernelTablePath(folder());
    for (const [text, reason] of [
      ["{", /JSON/],
      ['{"schema":"switchyard.kernel-table/9","measured":[]}', /schema/],
    ] as const) {
      writeFileSync(path, text);
      const { table, problem } = await readKernelTable(path);
      expect(table).toBeNull();
      expect(problem).toMatch(reason);
      expect(problem).toContain(path);
    }
  });
});

test("every variant that the adapter's limits allow is a candidate, with K cut as finely as is worth a workgroup", () => {
  const limits = { maxComputeInvocationsPerWorkgroup: 128, maxComputeWorkgroupSizeX: 256, maxComputeWorkgroupStorageSize: 16_384 };
  const candidates = candidatesFor(shape, { workgroupLimits: limits });
  expect(new Set(candidates.map(({ variant }) => variant))).toEqual(
    new Set(Object.keys(matmulVariants).filter((name) => !name.startsWith("64x64-4x4"))),
  );
  expect(new Set(candidates.map(({ splits }) => splits))).toEqual(new Set([1, 2, 4]));
  expect(new Set(candidatesFor({ ...shape, op: "groupedMatmul TN" }, { workgroupLimits: limits }).map(({ splits }) => splits))).toEqual(
    new Set([1]),
  );
});

const { gpu, reason } = await nodeGpu();
if (!gpu && process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);

describe.skipIf(!gpu)("tuning", () => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await createWebGpuBackend(gpu!);
  });
  afterAll(() => backend.dispose());

  test("measures each product of the models in every way, however little time it has, the best ones again, and never chooses what is slower", async () => {
    const whole = planRun(tinyConfig());
    const plan = { ...whole, lists: { ...whole.lists, microstep: whole.lists.microstep.filter(isProduct).slice(0, 4) } };
    const told: TunedProduct[] = [];
    // kernels with slabs take SwiftShader seconds to compile
    const small: WebGpuBackend = { ...backend, workgroupLimits: { ...backend.workgroupLimits, maxComputeWorkgroupStorageSize: 0 } };
    const products = await tune(small, [plan, plan], { seconds: 1, onProduct: (product) => void told.push(product) });
    expect(told).toEqual(products);
    const classes = products.map(({ shape: of }) => JSON.stringify(of));
    expect(new Set(classes).size).toBe(classes.length);
    for (const { candidates, before, chosen, shape: of } of products) {
      expect(before).toMatchObject(backend.chooseMatmul(of));
      const names = (choices: Choice[]) => choices.map(({ variant, splits }) => `${variant} ${splits}`).sort();
      expect(names(candidates)).toEqual(names(candidatesFor(of, small)));
      for (const { time, rounds } of candidates) expect(time * rounds).toBeGreaterThan(0);
      // what is chosen was the fastest more than once
      expect(Math.min(chosen.rounds, before.rounds)).toBeGreaterThanOrEqual(3);
      expect(chosen.time).toBeLessThanOrEqual(before.time);
    }
  }, 120_000);
});

test.skipIf(!gpu)(
  "the same table gives the same bits on every device that is opened with it; another table, other bits and another hash",
  async () => {
    const { op, shape: deep } = productsOf(planRun(benchModels.XS)).find(
      (product) => product.shape.op === "matmul TN" && product.shape.k === 1024,
    )!;
    const compute = async (splits: number): Promise<{ bits: Buffer; table: string | undefined }> => {
      const entry = { adapter: "software", ...shapeClassOf(deep), variant: "registers-32x32-4x4" as const, splits };
      const backend = await createWebGpuBackend(gpu!, {
        adapterClass: "software",
        table: { schema: "switchyard.kernel-table/1", measured: [entry], rules: [] },
      });
      const { plan, fill } = productPlan(planRun(benchModels.XS), op, 1);
      const executable = await backend.compile(plan);
      fill(executable);
      executable.run("evaluate");
      const [c] = await executable.read(plan.lists.evaluate[0].outputs);
      backend.dispose();
      return { bits: Buffer.from(c.buffer, c.byteOffset, c.byteLength), table: backend.info.table };
    };
    const [cut, again, whole] = [await compute(8), await compute(8), await compute(1)];
    expect(again.table).toBe(cut.table);
    expect(again.bits.equals(cut.bits)).toBe(true);
    expect(whole.table).not.toBe(cut.table);
    expect(whole.bits.equals(cut.bits)).toBe(false);
  },
);

describe.skipIf(!gpu)("switchyard tune", () => {
  const data = mkdtempSync(join(tmpdir(), "switchyard-tune-"));
  const file = join(data, "switchyard", "kernel-table.json");
  const before = process.env.XDG_DATA_HOME;
  beforeAll(() => {
    buildCli();
    process.env.XDG_DATA_HOME = data;
  }, 120_000);
  afterAll(() => {
    process.env.XDG_DATA_HOME = before;
  });
  const family = "software";
  const handmade: KernelTable = {
    schema: "switchyard.kernel-table/1",
    measured: [{ adapter: family, ...shapeClassOf(shape), variant: "registers-32x32-4x4", splits: 1 }],
    rules: [],
  };
  const webgpu = async () => {
    const { stdout, stderr } = await switchyard(["devices", "--json"]);
    const told = JSON.parse(stdout) as { available: { name: string; table?: string }[]; kernelTable: { path: string; used: boolean } };
    return { table: told.available.find(({ name }) => name === "webgpu")?.table, kernelTable: told.kernelTable, stderr };
  };

  test("its file decides what devices say and runs record, a damaged one is told and left aside, --reset removes it", async () => {
    const brought = tableHash(tableFor(family));
    expect(await webgpu()).toMatchObject({ table: brought, kernelTable: { path: file, used: false } });
    await mkdir(join(data, "switchyard"), { recursive: true });
    await writeKernelTable(handmade, file);
    expect(await webgpu()).toMatchObject({ table: tableHash(tableFor(family, handmade)), kernelTable: { path: file, used: true } });
    expect((await switchyard(["devices"])).stdout).toContain(`table ${tableHash(tableFor(family, handmade)).slice(0, 8)} (${file})`);
    writeFileSync(file, "{}");
    expect(await webgpu()).toMatchObject({
      table: brought,
      kernelTable: { used: false },
      stderr: expect.stringContaining("is not used: schema"),
    });
    expect(await switchyard(["tune", "--reset"])).toMatchObject({ code: 0, stdout: expect.stringContaining("removed") });
    expect(await switchyard(["tune", "--reset"])).toMatchObject({ code: 0, stdout: expect.stringContaining("already") });
  }, 60_000);

  test("says in words what a person asked wrongly", async () => {
    expect(await switchyard(["tune", "--models", "XS,XXS"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--models XXS: did you mean XS?"),
    });
    expect(await switchyard(["tune", "--seconds", "0"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--seconds 0") });
  });
});
