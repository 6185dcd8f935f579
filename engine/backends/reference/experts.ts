import type { ReferenceOps } from "./reference-op.ts";

/** Rows to experts, one product per expert, and back to tokens (V3 Eq. 12). */
export const experts: ReferenceOps<"gatherRows" | "gatherRowsGrad" | "groupedMatmul" | "combine" | "combineGrad"> = {
  gatherRows({ rows, k, width }, [x, slotOfRow], [y]) {
    for (let r = 0; r < rows * k; r++) {
      const token = Math.floor(slotOfRow[r] / k);
      for (let c = 0; c < width; c++) y[r * width + c] = x[token * width + c];
    }
  },

  gatherRowsGrad({ rows, k, width }, [dy, rowOfSlot], [dx]) {
    dx.fill(0);
    for (let slot = 0; slot < rows * k; slot++) {
      const token = Math.floor(slot / k);
      for (let c = 0; c < width; c++) dx[token * width + c] += dy[rowOfSlot[slot] * width + c];
    }
  },

  groupedMatmul({ experts, n, k, mode }, [a, b, starts], [c]) {
    c.fill(0);
    for (let expert = 0; expert < experts; expert++) {
      const weights = expert * n * k;
      for (let row = starts[expert]; row < starts[expert + 1]; row++) {
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < k; j++) {
            if (mode === "NT") c[row * n + i] += a[row * k + j] * b[weights + i * k + j];
            else if (mode === "NN") c[row * n + i] += a[row * k + j] * b[weights + j * n + i];
            else c[weights + i * k + j] += a[row * n + i] * b[row * k + j];
          }
        }
      }
    }
  },

  combine({ rows, k, width }, [z, g, rowOfSlot], [y]) {
    y.fill(0);
    for (let slot = 0; slot < rows * k; slot++) {
      const token = Math.floor(slot / k);
      for (let c = 0; c < width; c++) y[token * width + c] += g[slot] * z[rowOfSlot[slot] * width + c];
    }
  },

  combineGrad({ rows, k, width }, [dy, z, g, rowOfSlot], [dz, dg]) {
    dg.fill(0);
    for (let slot = 0; slot < rows * k; slot++) {
      const token = Math.floor(slot / k);
      const row = rowOfSlot[slot];
      for (let c = 0; c < width; c++) {
        dz[row * width + c] = g[slot] * dy[token * width + c];
        dg[slot] += dy[token * width + c] * z[row * width + c];
      }
    }
  },
};
