/** Dense layers: embedding, norm, products, activation. */
import { f, i, only, type OpRecords } from "../op-record.ts";

export const dense: OpRecords<
  "embedding" | "embeddingGrad" | "rmsNorm" | "rmsNormGradInput" | "rmsNormGradGain" | "matmul" | "swiglu" | "swigluGrad"
> = {
  embedding: {
    signature: (a) => ({ inputs: [i(a.rows), f(a.vocab, a.width)], outputs: [f(a.rows, a.width)] }),
    gradient: (c, { attrs, inputs: [, table] }, d) => c.contribute(table, "embeddingGrad", attrs, [only(d), c.given.order, c.given.starts]),
  },

  embeddingGrad: {
    signature: (a) => ({ inputs: [f(a.rows, a.width), i(a.rows), i(a.vocab + 1)], outputs: [f(a.vocab, a.width)] }),
    accumulates: true,
  },

  rmsNorm: {
    signature: (a) => ({ inputs: [f(a.rows, a.width), f(a.width)], outputs: [f(a.rows, a.width), f(a.rows)] }),
    gradient: (c, { attrs, inputs: [x, gain], outputs: [, rstd] }, d) => {
      const size = { rows: attrs.rows, width: attrs.width };
      c.contribute(gain, "rmsNormGradGain", size, [only(d), x, rstd]);
      c.contribute(x, "rmsNormGradInput", size, [only(d), x, gain, rstd]);
    },
  },

  rmsNormGradInput: {
    signature: (a) => ({
      inputs: [f(a.rows, a.width), f(a.rows, a.width), f(a.width), f(a.rows)],
      outputs: [f(a.rows, a.width)],
    }),
    accumulates: true,
  },

  rmsNormGradGain: {
    signature: (a) => ({ inputs: [f(a.rows, a.width), f(a.rows, a.width), f(a.rows)], outputs: [f(a.width)] }),
    accumulates: true,
  },

  matmul: {
    signature: (a) => ({
      inputs: [a.transA ? f(a.k, a.m) : f(a.m, a.k), a.transB ? f(a.n, a.k) : f(a.k, a.n)],
      outputs: [f(a.m, a.n)],
    }),
    accumulates: true,
    flops: ({ m, n, k }) => 2 * m * n * k,
    /** The linear layer y = x·Wᵀ: dx = dy·W, dW = dyᵀ·x. */
    gradient: (c, { attrs: { m, n, k, transA, transB }, inputs: [x, w] }, d) => {
      if (transA || !transB) throw new Error("only x·Wᵀ is differentiated");
      c.contribute(w, "matmul", { m: n, n: k, k: m, transA: true, transB: false }, [only(d), x]);
      c.contribute(x, "matmul", { m, n: k, k: n, transA: false, transB: false }, [only(d), w]);
    },
  },

  swiglu: {
    signature: (a) => ({ inputs: [f(a.rows, 2 * a.width)], outputs: [f(a.rows, a.width)] }),
    gradient: (c, { attrs, inputs: [gu] }, d) => c.contribute(gu, "swigluGrad", attrs, [gu, only(d)]),
  },

  swigluGrad: {
    signature: (a) => ({ inputs: [f(a.rows, 2 * a.width), f(a.rows, a.width)], outputs: [f(a.rows, 2 * a.width)] }),
  },
};
