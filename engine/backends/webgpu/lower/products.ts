import type { OpKind } from "../../../program/ops.ts";
import { generateMatmul, type MatmulForm } from "../matmul/generate.ts";
import { chooseMatmul } from "../matmul/variants.ts";
import { input, type Lower, output } from "../launch.ts";

type Kinds = Extract<OpKind, "matmul" | "groupedMatmul">;

export const products: { [Kind in Kinds]: Lower<Kind> } = {
  matmul: ({ attrs: { m, n, k, transA, transB }, inputs: [a, b], outputs: [c], add }, { adapterClass }) => {
    const variant = chooseMatmul({ m, n }, adapterClass);
    return [
      {
        kernel: `matmul ${variant.kind}`,
        body: generateMatmul({ transA, transB, grouped: "no" }, variant),
        shape: { M: m, N: n, K: k, experts: 1 },
        bindings: { a: input(a), b: input(b), c: output(c, add[0]) },
        grid: [Math.ceil(n / variant.blockN), Math.ceil(m / variant.blockM)],
      },
    ];
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
