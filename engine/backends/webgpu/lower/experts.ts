import type { OpKind } from "../../../program/ops.ts";
import { generateMatmul, type MatmulForm } from "../matmul/generate.ts";
import { productShape } from "../matmul/table.ts";
import { matmulVariants } from "../matmul/variants.ts";
import { input, type Lower, output } from "../launch.ts";
import { elementwise, rowwise } from "./common.ts";

type Kinds = Extract<OpKind, "gatherRows" | "gatherRowsGrad" | "groupedMatmul" | "combine" | "combineGrad">;

export const experts: { [Kind in Kinds]: Lower<Kind> } = {
  gatherRows: ({ attrs: { rows, k, width }, inputs: [x, slotOfRow], outputs: [y] }) => [
    elementwise("gather-rows", rows * k * width, { x: input(x), slotOfRow: input(slotOfRow), y: output(y) }, { counts: { k, width } }),
  ],

  gatherRowsGrad: ({ attrs: { rows, k, width }, inputs: [dy, rowOfSlot], outputs: [dx], add }) => [
    elementwise(
      "gather-rows-grad",
      rows * width,
      { dy: input(dy), rowOfSlot: input(rowOfSlot), dx: output(dx, add[0]) },
      { counts: { k, width } },
    ),
  ],

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

  combine: ({ attrs: { rows, k, width }, inputs: [z, g, rowOfSlot], outputs: [y] }) => [
    elementwise("combine", rows * width, { z: input(z), g: input(g), rowOfSlot: input(rowOfSlot), y: output(y) }, { counts: { k, width } }),
  ],

  combineGrad: ({ attrs: { rows, k, width }, inputs: [dy, z, g, rowOfSlot], outputs: [dz, dg] }, context) => [
    rowwise(
      context,
      "combine-grad",
      rows * k,
      { dy: input(dy), z: input(z), g: input(g), rowOfSlot: input(rowOfSlot), dz: output(dz), dg: output(dg) },
      { counts: { k, width } },
    ),
  ],
};
