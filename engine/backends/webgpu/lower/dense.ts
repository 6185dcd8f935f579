import type { OpKind } from "../../../program/ops.ts";
import { generateMatmul } from "../matmul/generate.ts";
import { productShape } from "../matmul/table.ts";
import { matmulVariants } from "../matmul/variants.ts";
import { input, type Launch, type Lower, output } from "../launch.ts";
import { elementwise, rowwise } from "./common.ts";

/** Rows that one invocation of rms-norm-grad-gain sums before the partial sums are added up. */
const gainBlock = 32;

type Kinds = Extract<
  OpKind,
  "matmul" | "embedding" | "embeddingGrad" | "rmsNorm" | "rmsNormGradInput" | "rmsNormGradGain" | "swiglu" | "swigluGrad"
>;

export const dense: { [Kind in Kinds]: Lower<Kind> } = {
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

  embedding: ({ attrs: { rows, width }, inputs: [ids, table], outputs: [y] }) => [
    elementwise("embedding", rows * width, { ids: input(ids), table: input(table), y: output(y) }, { counts: { width } }),
  ],

  embeddingGrad: ({ attrs: { vocab, width }, inputs: [dy, order, starts], outputs: [dTable], add }) => [
    elementwise(
      "embedding-grad",
      vocab * width,
      { dy: input(dy), order: input(order), starts: input(starts), dTable: output(dTable, add[0]) },
      { counts: { width } },
    ),
  ],

  rmsNorm: ({ attrs: { rows, width, eps }, inputs: [x, gain], outputs: [y, rstd] }, context) => [
    rowwise(
      context,
      "rms-norm",
      rows,
      { x: input(x), gain: input(gain), y: output(y), rstd: output(rstd) },
      { counts: { width }, floats: { eps } },
    ),
  ],

  rmsNormGradInput: ({ attrs: { rows, width }, inputs: [dy, x, gain, rstd], outputs: [dx], add }, context) => [
    rowwise(
      context,
      "rms-norm-grad-input",
      rows,
      { dy: input(dy), x: input(x), gain: input(gain), rstd: input(rstd), dx: output(dx, add[0]) },
      { counts: { width } },
    ),
  ],

  rmsNormGradGain: ({ attrs: { rows, width }, inputs: [dy, x, rstd], outputs: [dGain], add }, { scratch }) => {
    const blocks = Math.ceil(rows / gainBlock);
    const partial = scratch(blocks * width);
    return [
      elementwise(
        "rms-norm-grad-gain",
        blocks * width,
        { dy: input(dy), x: input(x), rstd: input(rstd), partial: output(partial) },
        { counts: { width, rows, blockRows: gainBlock } },
      ),
      elementwise("sum-rows", width, { partial: input(partial), y: output(dGain, add[0]) }, { counts: { rows: blocks } }),
    ];
  },

  swiglu: ({ attrs: { rows, width }, inputs: [gu], outputs: [h] }) => [
    elementwise("swiglu", rows * width, { gu: input(gu), h: output(h) }, { counts: { width } }),
  ],

  swigluGrad: ({ attrs: { rows, width }, inputs: [gu, dh], outputs: [dgu] }) => [
    elementwise("swiglu-grad", rows * width, { gu: input(gu), dh: input(dh), dgu: output(dgu) }, { counts: { width } }),
  ],
};
