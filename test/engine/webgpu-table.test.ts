import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benchModels } from "../../engine/bench/models.ts";
import { productsOf } from "../../engine/bench/one-product.ts";
import {
  builtInTable,
  chooseMatmul,
  classKey,
  type KernelTable,
  mostSplits,
  parseKernelTable,
  productOps,
  type ProductShape,
  shapeClassOf,
  tableFor,
  tableHash,
} from "../../engine/backends/webgpu/matmul/table.ts";
import { variantNames } from "../../engine/backends/webgpu/matmul/variants.ts";
import { planRun } from "../../engine/plan/plan.ts";

const size = fc.integer({ min: 1, max: 100_000 });
const shapes: fc.Arbitrary<ProductShape> = fc.record({
  op: fc.constantFrom(...productOps),
  m: size,
  n: size,
  k: size,
  experts: fc.integer({ min: 1, max: 256 }),
});
const families = ["software", "hardware", "nvidia ampere", "apple metal-3", "intel gen-12lp"];

const measured = (changes: Partial<KernelTable["measured"][number]> = {}): KernelTable => ({
  schema: "switchyard.kernel-table/1",
  measured: [
    { adapter: "nvidia ampere", op: "matmul TN", m: 128, n: 64, k: 2048, experts: 1, variant: "128x64-8x8-k8", splits: 8, ...changes },
  ],
  rules: [],
});
const product: ProductShape = { op: "matmul TN", m: 128, n: 64, k: 2048, experts: 1 };

describe("the table of kernels that Switchyard brings", () => {
  test("has a choice for every product on every adapter, cutting K no finer than is worth a workgroup", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...families), (shape, family) => {
        const { variant, splits } = chooseMatmul(tableFor(family), shape);
        expect(variantNames).toContain(variant);
        expect(splits).toBeGreaterThanOrEqual(1);
        expect(splits).toBeLessThanOrEqual(mostSplits(shape));
        if (splits > 1) expect(shape.k / splits).toBeGreaterThanOrEqual(128);
      }),
    );
  });

  test("takes registers for software and Apple, large tiles where they fill a GPU, and cuts K where the output does not", () => {
    const at = (family: string, shape: Partial<ProductShape>) => chooseMatmul(tableFor(family), { ...product, ...shape });
    expect(at("software", { m: 4096, n: 4096 })).toEqual({ variant: "registers-64x64-8x8", splits: 1 });
    expect(at("apple metal-3", { m: 4096, n: 4096 })).toEqual({ variant: "registers-64x64-8x8", splits: 1 });
    expect(at("hardware", { m: 4096, n: 4096 })).toEqual({ variant: "64x64-8x8-k16", splits: 1 });
    expect(at("nvidia ampere", { m: 128, n: 64 })).toEqual({ variant: "32x32-4x4-k16", splits: 16 });
    // how deep an expert's K is, only the device knows
    expect(at("hardware", { op: "groupedMatmul TN", experts: 1 }).splits).toBe(1);
  });
});

describe("a table that was measured", () => {
  test("decides for the adapters and the class of shapes it was measured on, and for no others", () => {
    const choice = (family: string, shape: Partial<ProductShape> = {}) =>
      chooseMatmul(tableFor(family, measured()), { ...product, ...shape });
    const [own, brought] = [{ variant: "128x64-8x8-k8", splits: 8 }, chooseMatmul(tableFor("hardware"), product)];
    expect(choice("nvidia ampere")).toEqual(own);
    // 65 … 128 × 33 … 64 × 1025 … 2048 are one class
    expect(choice("nvidia ampere", { m: 65, n: 33, k: 1100 })).toEqual(own);
    expect(choice("nvidia turing")).toEqual(brought);
    expect(choice("nvidia ampere", { m: 129 })).not.toEqual(own);
    expect(choice("nvidia ampere", { op: "matmul NN" })).toEqual(brought);
    // an entry for a vendor or for all hardware holds for each of them, never for software
    for (const [adapter, family, holds] of [
      ["nvidia", "nvidia ampere", true],
      ["hardware", "nvidia ampere", true],
      ["nvid", "nvidia ampere", false],
      ["hardware", "software", false],
    ] as const) {
      expect(chooseMatmul(tableFor(family, measured({ adapter })), product).variant === own.variant, `${adapter} for ${family}`).toBe(
        holds,
      );
    }
  });

  test("has one hash for the same choices in any order, another for other choices, and none of its own for adapters it does not concern", () => {
    const [a, b] = [measured().measured[0], measured({ op: "matmul NT", splits: 1 }).measured[0]];
    const table = (...entries: KernelTable["measured"]): KernelTable => ({ ...measured(), measured: entries });
    const hash = (override: KernelTable | null, family = "nvidia ampere") => tableHash(tableFor(family, override));
    expect(hash(table(a, b))).toBe(hash(table(b, a)));
    expect(hash(table(a))).not.toBe(hash(table(a, b)));
    expect(hash(table({ ...a, splits: 4 }))).not.toBe(hash(table(a)));
    expect(hash(table(a), "apple metal-3")).toBe(hash(null, "apple metal-3"));
    expect(hash(table())).toBe(hash(null));
  });

  test("is refused where it is damaged, with the place", () => {
    const refuse = (table: unknown, message: RegExp) => expect(() => parseKernelTable(table)).toThrow(message);
    refuse({ ...measured(), schema: "switchyard.kernel-table/2" }, /^schema: /);
    refuse(measured({ variant: "99x99" as never }), /^measured\.0\.variant: /);
    refuse(measured({ m: 100 }), /^measured\.0\.m: a power of two/);
    refuse(measured({ splits: 0 }), /^measured\.0\.splits: /);
    refuse("no table", /./);
    expect(parseKernelTable(JSON.parse(JSON.stringify(builtInTable)))).toEqual(builtInTable);
  });
});

test("a model's products as the table sees them: each once, with how often a step needs it", () => {
  const plan = planRun(benchModels.XS);
  const products = productsOf(plan);
  expect(new Set(products.map(({ shape }) => JSON.stringify(shape))).size).toBe(products.length);
  expect(products.reduce((sum, { calls }) => sum + calls, 0)).toBe(plan.lists.microstep.filter(({ kind }) => /matmul/i.test(kind)).length);
  // both gradients of a layer's first projection: XS has 1,024 tokens of width 64
  expect(products.map(({ shape }) => classKey(shapeClassOf(shape)))).toContain("groupedMatmul TN 64×32×2048 16");
});
