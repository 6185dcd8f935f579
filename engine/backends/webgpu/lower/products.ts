import type { OpKind } from "../../../program/ops.ts";
import { generateMatmul, type MatmulForm } from "../matmul/generate.ts";
import { chooseMatmul, chooseSplits } from "../matmul/variants.ts";
import { input, type Launch, type Lower, output } from "../launch.ts";
import { elementwise } from "./common.ts";

type Kinds = Extract<OpKind, "matmul" | "groupedMatmul">;

export const products: { [Kind in Kinds]: Lower<Kind> } = {
  matmul: ({ attrs: { m, n, k, transA, transB }, inputs: [a, b], outputs: [c], add }, { adapterClass, scratch }) => {
    const variant = chooseMatmul({ m, n }, adapterClass);
    const splits = chooseSplits({ m, n, k }, variant);
    const split = Math.ceil(k / splits);
    const parts = Math.ceil(k / split);
    const partial = parts > 1 ? scratch(parts * m * n) : undefined;
    const product: Launch = {
      kernel: `matmul ${variant.kind}`,
      body: generateMatmul({ transA, transB, grouped: "no" }, variant),
      shape: { M: m, N: n, K: k, split },
      bindings: { a: input(a), b: input(b), c: partial ? output(partial) : output(c, add[0]) },
      grid: [Math.ceil(n / variant.blockN), Math.ceil(m / variant.blockM) * parts],
    };
    if (!partial) return [product];
    return [product, elementwise("sum-rows", m * n, { partial: input(partial), y: output(c, add[0]) }, { counts: { rows: parts } })];
  },

  groupedMatmul: ({ attrs: { rows, experts, n, k, mode }, inputs: [a, b, starts], outputs: [c], add }, { adapterClass }) => {
    const depth = mode === "TN";
    const form: MatmulForm = { transA: depth, transB: mode === "NT", grouped: depth ? "depth" : "rows" };
    const shape = depth ? { m: n, n: k, k: rows } : { m: rows, n, k };
    const variant = chooseMatmul(depth ? { m: experts * n, n: k } : shape, adapterClass);
    const tiles = depth ? experts * Math.ceil(n / variant.blockM) : Math.floor(rows / variant.blockM) + experts;
    return [
      {
        kernel: `matmul grouped ${mode} ${variant.kind}`,
        body: generateMatmul(form, variant),
        shape: { M: shape.m, N: shape.n, K: shape.k, experts },
        bindings: { a: input(a), b: input(b), starts: input(starts), c: output(c, add[0]) },
        grid: [Math.ceil(shape.n / variant.blockN), tiles],
      },
    ];
  },
};
