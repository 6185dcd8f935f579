import type { Lowerings } from "./lowering.ts";

export const movement: Lowerings<"add" | "copy" | "fill" | "concatColumns" | "splitColumns" | "sliceSequence" | "sliceSequenceGrad"> = {
  add({ attrs: { length }, inputs: [a, b, c], outputs: [y], kernels }) {
    if (c === undefined) return () => kernels.add2(a, b, y, length);
    return () => kernels.add3(a, b, c, y, length);
  },

  copy({ attrs: { length }, inputs: [x], outputs: [y], kernels }) {
    return () => kernels.copy(x, y, length);
  },

  fill({ attrs: { length, value }, outputs: [y], kernels }) {
    return () => kernels.fill(y, length, value);
  },

  concatColumns({ attrs: { rows, left, right }, inputs: [a, b], outputs: [c], kernels }) {
    const stride = 4 * (left + right);
    return () => {
      kernels.copyRows(a, 4 * left, c, stride, rows, left, 0);
      kernels.copyRows(b, 4 * right, c + 4 * left, stride, rows, right, 0);
    };
  },

  splitColumns({ attrs: { rows, left, right }, inputs: [dc], outputs: [da, db], kernels }) {
    const stride = 4 * (left + right);
    return () => {
      kernels.copyRows(dc, stride, da, 4 * left, rows, left, 0);
      kernels.copyRows(dc + 4 * left, stride, db, 4 * right, rows, right, 0);
    };
  },

  sliceSequence({ attrs: { batch, fromLen, offset, length, width }, inputs: [x], outputs: [y], kernels }) {
    return () => kernels.copyRows(x + 4 * offset * width, 4 * fromLen * width, y, 4 * length * width, batch, length * width, 0);
  },

  sliceSequenceGrad({ attrs: { batch, fromLen, offset, length, width }, inputs: [dy], outputs: [dx], add, kernels }) {
    return (first) => {
      const adds = add(first);
      if (!adds) kernels.fill(dx, batch * fromLen * width, 0);
      kernels.copyRows(dy, 4 * length * width, dx + 4 * offset * width, 4 * fromLen * width, batch, length * width, adds);
    };
  },
};
