import { describe, expect, test } from "vitest";
import { assemble } from "../../engine/backends/webgpu/assemble.ts";
import { generateMatmul, type MatmulForm } from "../../engine/backends/webgpu/matmul/generate.ts";
import { chooseMatmul, chooseSplits, invocations, matmulVariants } from "../../engine/backends/webgpu/matmul/variants.ts";

const forms: Record<string, MatmulForm> = {
  "nt": { transA: false, transB: true, grouped: "no" },
  "nn-rows": { transA: false, transB: false, grouped: "rows" },
  "tn-depth": { transA: true, transB: false, grouped: "depth" },
};
const tensor = (memory: "activations" | "gradients" | "inputs", write = false) => ({ operand: { memory, offset: 0, length: 64, dtype: "f32" as const }, write, add: write });
const starts = { operand: { memory: "state" as const, offset: 0, length: 64, dtype: "i32" as const }, write: false, add: false };

describe("the matrix product's WGSL", () => {
  for (const [name, form] of Object.entries(forms)) {
    for (const variant of ["small", "registers"] as const) {
      // so that a refactoring proves that it changed nothing, and a change can be read
      test(`is the golden text for ${name}, ${variant}`, async () => {
        const grouped = form.grouped !== "no";
        const { code } = assemble(
          {
            kernel: "matmul",
            body: generateMatmul(form, matmulVariants[variant]),
            shape: { M: 1, N: 1, K: 1, ...(grouped ? { experts: 1 } : { split: 1 }) },
            bindings: { a: tensor("activations"), b: tensor("inputs"), ...(grouped ? { starts } : {}), c: tensor("gradients", true) },
            grid: [1, 1],
          },
          () => 64,
        );
        await expect(code).toMatchFileSnapshot(`webgpu-golden/matmul-${name}-${variant}.wgsl`);
      });
    }
  }

  test("fits WebGPU's default limits in every variant", () => {
    for (const variant of Object.values(matmulVariants)) {
      expect(invocations(variant)).toBeLessThanOrEqual(256);
      if (variant.kind === "tiled") expect(4 * variant.blockK * (variant.blockM + 1 + variant.blockN + 1) + 16).toBeLessThanOrEqual(16_384);
    }
  });

  test("is chosen by shape and adapter class: registers for software, large tiles where they fill a GPU, a cut depth where they do not", () => {
    expect(chooseMatmul({ m: 4096, n: 4096 }, "software")).toBe(matmulVariants.registers);
    expect(chooseMatmul({ m: 4096, n: 4096 }, "hardware")).toBe(matmulVariants.large);
    expect(chooseMatmul({ m: 128, n: 64 }, "hardware")).toBe(matmulVariants.small);
    expect(chooseSplits({ m: 128, n: 64, k: 2048 }, matmulVariants.small)).toBe(16);
    expect(chooseSplits({ m: 4096, n: 4096, k: 4096 }, matmulVariants.large)).toBe(1);
    expect(chooseSplits({ m: 128, n: 64, k: 2048 }, matmulVariants.registers)).toBe(1);
  });
});
