/** Tokens to their experts and back. */
import { f, i, only, type OpRecords } from "../op-record.ts";

export const experts: OpRecords<"gatherRows" | "gatherRowsGrad" | "groupedMatmul" | "combine" | "combineGrad"> = {
  gatherRows: {
    signature: (a) => ({ inputs: [f(a.rows, a.width), i(a.rows * a.k)], outputs: [f(a.rows * a.k, a.width)] }),
    gradient: (c, node, d) => {
      const rowOfSlot = c.rowOfSlot(node.inputs[1]);
      c.contribute(node.inputs[0], "gatherRowsGrad", node.attrs, [only(d), rowOfSlot]);
    },
  },

  gatherRowsGrad: {
    signature: (a) => ({ inputs: [f(a.rows * a.k, a.width), i(a.rows * a.k)], outputs: [f(a.rows, a.width)] }),
    accumulates: true,
  },

  groupedMatmul: {
    signature: (a) => {
      const starts = i(a.experts + 1);
      if (a.mode === "TN") return { inputs: [f(a.rows, a.n), f(a.rows, a.k), starts], outputs: [f(a.experts, a.n, a.k)] };
      const w = a.mode === "NT" ? f(a.experts, a.n, a.k) : f(a.experts, a.k, a.n);
      return { inputs: [f(a.rows, a.k), w, starts], outputs: [f(a.rows, a.n)] };
    },
    accumulates: true,
    flops: ({ rows, n, k }) => 2 * rows * n * k,
    gradient: (c, { attrs, inputs: [x, w, starts] }, d) => {
      if (attrs.mode !== "NT") throw new Error("only x·Wᵀ per expert is differentiated");
      const { rows, experts, n, k } = attrs;
      c.contribute(w, "groupedMatmul", { rows, experts, n, k, mode: "TN" }, [only(d), x, starts]);
      c.contribute(x, "groupedMatmul", { rows, experts, n: k, k: n, mode: "NN" }, [only(d), w, starts]);
    },
  },

  combine: {
    signature: (a) => ({
      inputs: [f(a.rows * a.k, a.width), f(a.rows, a.k), i(a.rows * a.k)],
      outputs: [f(a.rows, a.width)],
    }),
    gradient: (c, { attrs, inputs: [z, g, rowOfSlot] }, d) => {
      const [dz, dg] = c.emit("combineGrad", attrs, [only(d), z, g, rowOfSlot]);
      c.contributeTensor(z, dz);
      c.contributeTensor(g, dg);
    },
  },

  combineGrad: {
    signature: (a) => ({
      inputs: [f(a.rows, a.width), f(a.rows * a.k, a.width), f(a.rows, a.k), i(a.rows * a.k)],
      outputs: [f(a.rows * a.k, a.width), f(a.rows, a.k)],
    }),
  },
};
