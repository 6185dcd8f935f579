import type { Lowerings } from "./lowering.ts";

export const dense: Lowerings<
  "embedding" | "embeddingGrad" | "rmsNorm" | "rmsNormGradInput" | "rmsNormGradGain" | "matmul" | "swiglu" | "swigluGrad"
> = {
  embedding({ attrs: { rows, width }, inputs: [ids, table], outputs: [y], kernels }) {
    return () => kernels.embedding(ids, table, y, rows, width);
  },

  embeddingGrad({ attrs: { vocab, width }, inputs: [dy, order, starts], outputs: [dTable], add, kernels }) {
    return (first) => kernels.embeddingGrad(dy, order, starts, dTable, vocab, width, add(first));
  },

  rmsNorm({ attrs: { rows, width, eps }, inputs: [x, gain], outputs: [y, rstd], kernels }) {
    return () => kernels.rmsNorm(x, gain, y, rstd, rows, width, eps);
  },

  rmsNormGradInput({ attrs: { rows, width }, inputs: [dy, x, gain, rstd], outputs: [dx], add, kernels }) {
    return (first) => kernels.rmsNormGradInput(dy, x, gain, rstd, dx, rows, width, add(first));
  },

  rmsNormGradGain({ attrs: { rows, width }, inputs: [dy, x, rstd], outputs: [dGain], add, kernels }) {
    return (first) => kernels.rmsNormGradGain(dy, x, rstd, dGain, rows, width, add(first));
  },

  matmul({ attrs: { m, n, k, transA, transB }, inputs: [a, b], outputs: [c], add, scratch, kernels }) {
    return (first) => kernels.matmul(a, b, c, m, n, k, Number(transA), Number(transB), add(first), scratch);
  },

  swiglu({ attrs: { rows, width }, inputs: [gu], outputs: [h], kernels }) {
    return () => kernels.swiglu(gu, h, rows, width);
  },

  swigluGrad({ attrs: { rows, width }, inputs: [gu, dh], outputs: [dgu], kernels }) {
    return () => kernels.swigluGrad(gu, dh, dgu, rows, width);
  },
};
