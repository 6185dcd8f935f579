/** Who goes where: scores, choice, gates, dispatch. */
import { f, i, only, type OpRecords } from "../op-record.ts";

export const routing: OpRecords<"sigmoid" | "sigmoidGrad" | "topk" | "gates" | "gatesGrad" | "dispatch" | "countLoad"> = {
  sigmoid: {
    signature: (a) => ({ inputs: [f(a.length)], outputs: [f(a.length)] }),
    gradient: (c, { attrs, inputs: [logits], outputs: [s] }, d) => c.contribute(logits, "sigmoidGrad", attrs, [s, only(d)]),
  },

  sigmoidGrad: {
    signature: (a) => ({ inputs: [f(a.length), f(a.length)], outputs: [f(a.length)] }),
  },

  topk: {
    signature: (a) => ({
      inputs: a.form === "none" ? [f(a.rows, a.experts)] : [f(a.rows, a.experts), f(a.experts)],
      outputs: [i(a.rows, a.k)],
    }),
  },

  gates: {
    signature: (a) => ({ inputs: [f(a.rows, a.experts), i(a.rows, a.k)], outputs: [f(a.rows, a.k)] }),
    gradient: (c, { attrs, inputs: [s, idx] }, d) => c.contribute(s, "gatesGrad", attrs, [s, idx, only(d)]),
  },

  gatesGrad: {
    signature: (a) => ({ inputs: [f(a.rows, a.experts), i(a.rows, a.k), f(a.rows, a.k)], outputs: [f(a.rows, a.experts)] }),
    accumulates: true,
  },

  dispatch: {
    signature: (a) => ({ inputs: [i(a.rows, a.k)], outputs: [i(a.experts + 1), i(a.rows * a.k), i(a.rows * a.k)] }),
  },

  countLoad: {
    signature: (a) => ({ inputs: [i(a.rows, a.k)], outputs: [f(a.rows / a.groupRows, a.experts)] }),
    accumulates: true,
  },
};
