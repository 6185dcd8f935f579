/** Attention and what is done to its queries, keys and values. */
import type { OpAttrs } from "../ops.ts";
import { f, only, type OpRecords } from "../op-record.ts";

/** Query-key pairs that attend: a causal half, the diagonal included. */
const causalPairs = (a: OpAttrs["attention"]): number => (a.batch * a.heads * a.seqLen * (a.seqLen + 1)) / 2;

export const attention: OpRecords<"rope" | "mlaAssemble" | "mlaAssembleGrad" | "attention" | "attentionGrad"> = {
  rope: {
    signature: (a) => ({ inputs: [f(a.rows, a.heads * a.headDim)], outputs: [f(a.rows, a.heads * a.headDim)] }),
    gradient: (c, { attrs, inputs: [x] }, d) => c.contribute(x, "rope", { ...attrs, inverse: !attrs.inverse }, [only(d)]),
  },

  mlaAssemble: {
    signature: (a) => ({
      inputs: [f(a.rows, a.heads * (a.nope + a.v)), f(a.rows, a.rope)],
      outputs: [f(a.rows, a.heads * (a.nope + a.rope)), f(a.rows, a.heads * a.v)],
    }),
    gradient: (c, { attrs, inputs: [kv, kRope] }, [dk, dv]) => {
      if (!dk || !dv) throw new Error("mlaAssemble wants both gradients");
      const [dkv, dkRope] = c.emit("mlaAssembleGrad", attrs, [dk, dv]);
      c.contributeTensor(kv, dkv);
      c.contributeTensor(kRope, dkRope);
    },
  },

  mlaAssembleGrad: {
    signature: (a) => ({
      inputs: [f(a.rows, a.heads * (a.nope + a.rope)), f(a.rows, a.heads * a.v)],
      outputs: [f(a.rows, a.heads * (a.nope + a.v)), f(a.rows, a.rope)],
    }),
  },

  attention: {
    signature: (a) => {
      const rows = a.batch * a.seqLen;
      return {
        inputs: [f(rows, a.heads * a.qkDim), f(rows, a.kvHeads * a.qkDim), f(rows, a.kvHeads * a.vDim)],
        outputs: [f(rows, a.heads * a.vDim), f(rows, a.heads)],
      };
    },
    /** q·k and p·v */
    flops: (a) => 2 * causalPairs(a) * (a.qkDim + a.vDim),
    gradient: (c, { attrs, inputs: [q, k, v], outputs: [o, lse] }, d) => {
      const [dq, dk, dv] = c.emit("attentionGrad", attrs, [q, k, v, o, lse, only(d)]);
      c.contributeTensor(q, dq);
      c.contributeTensor(k, dk);
      c.contributeTensor(v, dv);
    },
  },

  attentionGrad: {
    signature: (a) => {
      const rows = a.batch * a.seqLen;
      const [q, k, v] = [f(rows, a.heads * a.qkDim), f(rows, a.kvHeads * a.qkDim), f(rows, a.kvHeads * a.vDim)];
      const [o, lse] = [f(rows, a.heads * a.vDim), f(rows, a.heads)];
      return { inputs: [q, k, v, o, lse, o], outputs: [q, k, v, lse] };
    },
    /** q·k again, do·v, and the three products dq, dk, dv */
    flops: (a) => 2 * causalPairs(a) * (3 * a.qkDim + 2 * a.vDim),
  },
};
