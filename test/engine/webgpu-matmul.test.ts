import { describe, expect, test } from "vitest";
import { assemble } from "../../engine/backends/webgpu/assemble.ts";
import { createWebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import { generateMatmul, type MatmulForm } from "../../engine/backends/webgpu/matmul/generate.ts";
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import { matmulVariants, type VariantName, variantFits, variantNames } from "../../engine/backends/webgpu/matmul/variants.ts";
import { agreeSuite } from "./agree-suite.ts";
import type { OpCase } from "./cases/op-case.ts";
import { nodeGpu } from "./webgpu-node.ts";

const forms: Record<string, MatmulForm> = {
  nt: { transA: false, transB: true, grouped: "no" },
  "nn-rows": { transA: false, transB: false, grouped: "rows" },
  "tn-depth": { transA: true, transB: false, grouped: "depth" },
};
const tensor = (memory: "activations" | "gradients" | "inputs", write = false) => ({
  operand: { memory, offset: 0, length: 64, dtype: "f32" as const },
  write,
  add: write,
});
const starts = { operand: { memory: "state" as const, offset: 0, length: 64, dtype: "i32" as const }, write: false, add: false };

/** WebGPU's guaranteed limits. */
const defaults = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupSizeX: 256, maxComputeWorkgroupStorageSize: 16_384 };

describe("the matrix product's WGSL", () => {
  for (const name of variantNames) {
    // so that a refactoring proves that it changed nothing, and a change can be read
    const written = name === "32x32-4x4-k16" || name === "registers-64x64-8x8" ? Object.keys(forms) : ["nt"];
    test.each(written)(`is the golden text of ${name} for %s`, async (formName) => {
      const form = forms[formName];
      const grouped = form.grouped !== "no";
      const { code } = assemble(
        {
          kernel: "matmul",
          body: generateMatmul(form, matmulVariants[name]),
          shape: { M: 1, N: 1, K: 1, ...(grouped ? { experts: 1 } : { split: 1 }) },
          bindings: { a: tensor("activations"), b: tensor("inputs"), ...(grouped ? { starts } : {}), c: tensor("gradients", true) },
          grid: [1, 1],
        },
        () => 64,
      );
      await expect(code).toMatchFileSnapshot(`webgpu-golden/matmul-${formName}-${name}.wgsl`);
    });
  }

  test("fits WebGPU's default limits in every variant, and what does not fit is known before it is compiled", () => {
    for (const name of variantNames) expect(variantFits(matmulVariants[name], defaults), name).toBe(true);
    expect(variantFits(matmulVariants["64x64-4x4-k8"], { ...defaults, maxComputeInvocationsPerWorkgroup: 128 })).toBe(false);
    expect(variantFits(matmulVariants["128x64-8x8-k16"], { ...defaults, maxComputeWorkgroupStorageSize: 12_288 })).toBe(false);
    expect(variantFits(matmulVariants["registers-64x64-8x8"], { ...defaults, maxComputeWorkgroupStorageSize: 0 })).toBe(true);
  });
});

/** A table that takes one variant for everything. */
const always = (variant: VariantName, splits: number): KernelTable => ({
  schema: "switchyard.kernel-table/1",
  measured: [],
  rules: [
    { adapter: "hardware", outputsFrom: 0, variant, splits },
    { adapter: "software", outputsFrom: 0, variant, splits },
  ],
});

/** Every op that uses the variant; of two that differ only in the depth of their slabs, one takes the experts' products too: SwiftShader compiles for seconds. */
const productsFor =
  (variant: VariantName) =>
  ({ kind }: OpCase) =>
    kind === "matmul" || (kind === "groupedMatmul" && !variant.endsWith("-k8"));

const { gpu, reason } = await nodeGpu();
if (gpu) {
  for (const variant of variantNames) {
    // K is cut into as many parts as it allows: 2 from a depth of 256 on
    agreeSuite(
      `webgpu with ${variant} for every product`,
      () => createWebGpuBackend(gpu, { limits: "default", table: always(variant, 4) }),
      {
        only: productsFor(variant),
        replicas: 2,
        shapes: 3,
      },
    );
  }
} else if (process.env.CI) {
  test("finds an adapter where CI is set", () => expect.fail(reason));
} else {
  console.log(`WebGPU is not tested: ${reason}`);
  test.skip(`webgpu (${reason})`);
}
