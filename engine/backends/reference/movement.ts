import type { ReferenceOps } from "./reference-op.ts";

/** Sums, copies, and cutting or joining along one axis. */
export const movement: ReferenceOps<"add" | "copy" | "fill" | "concatColumns" | "splitColumns" | "sliceSequence" | "sliceSequenceGrad"> = {
  add({ length }, inputs, [y]) {
    for (let i = 0; i < length; i++) y[i] = inputs.reduce((sum, x) => sum + x[i], 0);
  },

  copy(_, [x], [y]) {
    y.set(x);
  },

  fill({ value }, _, [y]) {
    y.fill(value);
  },

  concatColumns({ rows, left, right }, [a, b], [c]) {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < left; i++) c[row * (left + right) + i] = a[row * left + i];
      for (let i = 0; i < right; i++) c[row * (left + right) + left + i] = b[row * right + i];
    }
  },

  splitColumns({ rows, left, right }, [dc], [da, db]) {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < left; i++) da[row * left + i] = dc[row * (left + right) + i];
      for (let i = 0; i < right; i++) db[row * right + i] = dc[row * (left + right) + left + i];
    }
  },

  sliceSequence({ batch, fromLen, offset, length, width }, [x], [y]) {
    for (let b = 0; b < batch; b++) {
      for (let p = 0; p < length; p++) {
        for (let c = 0; c < width; c++) y[(b * length + p) * width + c] = x[(b * fromLen + offset + p) * width + c];
      }
    }
  },

  sliceSequenceGrad({ batch, fromLen, offset, length, width }, [dy], [dx]) {
    dx.fill(0);
    for (let b = 0; b < batch; b++) {
      for (let p = 0; p < length; p++) {
        for (let c = 0; c < width; c++) dx[(b * fromLen + offset + p) * width + c] = dy[(b * length + p) * width + c];
      }
    }
  },
};
