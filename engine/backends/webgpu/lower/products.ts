import type { OpKind } from "../../../program/ops.ts";
import { generateMatmul, type MatmulForm } from "../matmul/generate.ts";
import { productShape } from "../matmul/table.ts";
import { matmulVariants } from "../matmul/variants.ts";
import { input, type Launch, type Lower, output } from "../launch.ts";
import { elementwise } from "./common.ts";

type Kinds = Extract<OpKind, "matmul" | "groupedMatmul">;

export const products: { [Kind in Kinds]: Lower<Kind> } = {
  matmul: ({ kind, attrs, inputs: [a, b], outputs: [c], add }, { chooseMatmul, scratch }) => {
    const { m, n, k, transA, transB } = attrs;
    const { variant: name, splits } = chooseMatmul(productShape({ kind, attrs }));
    const variant = matmulVariants[name];
    // weight gradients have a small C and a deep K (the rows of a batch), which would leave most of a GPU idle
    const split = Math.ceil(k / splits);
    const parts = Math.ceil(k / split);
    const partial = parts > 1 ? scratch(parts * m * n) : undefined;
    const product: Launch = {
      kernel: `matmul ${name}`,
      body: generateMatmul({ transA, transB, grouped: "no" }, variant),
      shape: { M: m, N: n, K: k, split },
      bindings: { a: input(a), b: input(b), c: partial ? output(partial) : output(c, add[0]) },
      grid: [Math.ceil(n / variant.blockN), Math.ceil(m / variant.blockM) * parts],
    };
    if (!partial) return [product];
    return [product, elementwise("sum-rows", m * n, { partial: input(partial), y: output(c, add[0]) }, { counts: { rows: parts } })];
  },

  groupedMatmul: ({ kind, attrs, inputs: [a, b, starts], outputs: [c], add }, { chooseMatmul }) => {
    const { mode, experts } = attrs;
    const depth = mode === "TN";
    const form: MatmulForm = { transA: depth, transB: mode === "NT", grouped: depth ? "depth" : "rows" };
    const shape = productShape({ kind, attrs });
    const { variant: name } = chooseMatmul(shape);
    const variant = matmulVariants[name];
    const tiles = depth ? experts * Math.ceil(shape.m / variant.blockM) : Math.floor(shape.m / variant.blockM) + experts;
    return [
      {
        kernel: `matmul grouped ${mode} ${name}`,
        body: generateMatmul(form, variant),
        shape: { M: shape.m, N: shape.n, K: shape.k, experts },
        bindings: { a: input(a), b: input(b), starts: input(starts), c: output(c, add[0]) },
        grid: [Math.ceil(shape.n / variant.blockN), tiles],
      },
    ];
  },
};
