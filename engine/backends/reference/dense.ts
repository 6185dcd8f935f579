import { exp } from "../../numerics/elementary.ts";
import type { ReferenceOps } from "./reference-op.ts";

/** Embedding, RMSNorm, matrix product and SwiGLU: the layers of a dense transformer block, attention aside. */
export const dense: ReferenceOps<
  "embedding" | "embeddingGrad" | "rmsNorm" | "rmsNormGradInput" | "rmsNormGradGain" | "matmul" | "swiglu" | "swigluGrad"
> = {
  embedding({ rows, width }, [ids, table], [y]) {
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < width; c++) y[row * width + c] = table[ids[row] * width + c];
    }
  },

  embeddingGrad({ vocab, width }, [dy, order, starts], [dTable]) {
    dTable.fill(0);
    for (let id = 0; id < vocab; id++) {
      for (let place = starts[id]; place < starts[id + 1]; place++) {
        const row = order[place];
        for (let c = 0; c < width; c++) dTable[id * width + c] += dy[row * width + c];
      }
    }
  },

  rmsNorm({ rows, width, eps }, [x, gain], [y, rstd]) {
    for (let row = 0; row < rows; row++) {
      let squares = 0;
      for (let c = 0; c < width; c++) squares += x[row * width + c] ** 2;
      rstd[row] = 1 / Math.sqrt(squares / width + eps);
      for (let c = 0; c < width; c++) y[row * width + c] = x[row * width + c] * rstd[row] * gain[c];
    }
  },

  /** y_c = x_c·r·gain_c with r = (mean(x²)+eps)^−½, so ∂r/∂x_c = −r³·x_c/width. */
  rmsNormGradInput({ rows, width }, [dy, x, gain, rstd], [dx]) {
    for (let row = 0; row < rows; row++) {
      const r = rstd[row];
      let dot = 0;
      for (let c = 0; c < width; c++) dot += dy[row * width + c] * gain[c] * x[row * width + c];
      for (let c = 0; c < width; c++) {
        const i = row * width + c;
        dx[i] = r * (dy[i] * gain[c] - (x[i] * r * r * dot) / width);
      }
    }
  },

  rmsNormGradGain({ rows, width }, [dy, x, rstd], [dGain]) {
    dGain.fill(0);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < width; c++) dGain[c] += dy[row * width + c] * x[row * width + c] * rstd[row];
    }
  },

  matmul({ m, n, k, transA, transB }, [a, b], [c]) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          sum += (transA ? a[p * m + row] : a[row * k + p]) * (transB ? b[column * k + p] : b[p * n + column]);
        }
        c[row * n + column] = sum;
      }
    }
  },

  swiglu({ rows, width }, [gu], [h]) {
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < width; c++) {
        const gate = gu[row * 2 * width + c];
        const up = gu[row * 2 * width + width + c];
        h[row * width + c] = gate * sigmoid(gate) * up;
      }
    }
  },

  /** silu(g) = g·σ(g), so silu′(g) = σ(g)·(1 + g·(1 − σ(g))). */
  swigluGrad({ rows, width }, [gu, dh], [dgu]) {
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < width; c++) {
        const gateAt = row * 2 * width + c;
        const upAt = gateAt + width;
        const s = sigmoid(gu[gateAt]);
        const d = dh[row * width + c];
        dgu[gateAt] = d * gu[upAt] * s * (1 + gu[gateAt] * (1 - s));
        dgu[upAt] = d * gu[gateAt] * s;
      }
    }
  },
};

export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}
