import type { Lowerings } from "./lowering.ts";

export const experts: Lowerings<"gatherRows" | "gatherRowsGrad" | "groupedMatmul" | "combine" | "combineGrad"> = {
  gatherRows({ attrs: { rows, k, width }, inputs: [x, slotOfRow], outputs: [y], kernels }) {
    return () => kernels.gatherRows(x, slotOfRow, y, rows * k, k, width);
  },

  gatherRowsGrad({ attrs: { rows, k, width }, inputs: [dy, rowOfSlot], outputs: [dx], add, kernels }) {
    return (first) => kernels.gatherRowsGrad(dy, rowOfSlot, dx, rows, k, width, add(first));
  },

  groupedMatmul({ attrs: { experts, n, k, mode }, inputs: [a, b, starts], outputs: [c], add, scratch, kernels }) {
    const kernel = { NT: kernels.groupedMatmulNT, NN: kernels.groupedMatmulNN, TN: kernels.groupedMatmulTN }[mode];
    return (first) => kernel(a, b, starts, c, experts, n, k, add(first), scratch);
  },

  combine({ attrs: { rows, k, width }, inputs: [z, g, rowOfSlot], outputs: [y], kernels }) {
    return () => kernels.combine(z, g, rowOfSlot, y, rows, k, width);
  },

  combineGrad({ attrs: { rows, k, width }, inputs: [dy, z, g, rowOfSlot], outputs: [dz, dg], kernels }) {
    return () => kernels.combineGrad(dy, z, g, rowOfSlot, dz, dg, rows, k, width);
  },
};
