import type { Lowerings } from "./lowering.ts";

export const attention: Lowerings<"rope" | "mlaAssemble" | "mlaAssembleGrad" | "attention" | "attentionGrad"> = {
  rope({ attrs, inputs: [x], outputs: [y], kernels, rope }) {
    const { rows, heads, headDim, ropeDim, seqLen } = attrs;
    const { cos, sin } = rope(attrs);
    return () => kernels.rope(x, cos, sin, y, rows, heads, headDim, ropeDim, seqLen);
  },

  mlaAssemble({ attrs: { rows, heads, nope, rope, v: vDim }, inputs: [kv, kRope], outputs: [k, v], kernels }) {
    return () => kernels.mlaAssemble(kv, kRope, k, v, rows, heads, nope, rope, vDim);
  },

  mlaAssembleGrad({ attrs: { rows, heads, nope, rope, v }, inputs: [dk, dv], outputs: [dkv, dkRope], kernels }) {
    return () => kernels.mlaAssembleGrad(dk, dv, dkv, dkRope, rows, heads, nope, rope, v);
  },

  attention({ attrs: { batch, seqLen, heads, kvHeads, qkDim, vDim, scale }, inputs: [q, k, v], outputs: [o, lse], scratch, kernels }) {
    return () => kernels.attention(q, k, v, o, lse, batch, seqLen, heads, kvHeads, qkDim, vDim, scale, scratch);
  },

  attentionGrad({ attrs, inputs: [q, k, v, o, lse, dO], outputs: [dq, dk, dv, delta], scratch, kernels }) {
    const { batch, seqLen, heads, kvHeads, qkDim, vDim, scale } = attrs;
    return () => kernels.attentionGrad(q, k, v, o, lse, dO, dq, dk, dv, delta, batch, seqLen, heads, kvHeads, qkDim, vDim, scale, scratch);
  },
};
