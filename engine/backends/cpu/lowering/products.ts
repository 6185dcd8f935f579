import type { Lowerings } from "./lowering.ts";

/** Matrix products, embedding and attention. */
export const products: Lowerings<"matmul" | "groupedMatmul" | "embedding" | "embeddingGrad" | "attention" | "attentionGrad"> = {
  matmul({ attrs: { m, n, k, transA, transB }, inputs: [a, b], outputs: [c], add, scratch, kernels }) {
    return (first) => kernels.matmul(a, b, c, m, n, k, Number(transA), Number(transB), add(first), scratch);
  },
  groupedMatmul({ attrs: { experts, n, k, mode }, inputs: [a, b, starts], outputs: [c], add, scratch, kernels }) {
    const kernel = { NT: kernels.groupedMatmulNT, NN: kernels.groupedMatmulNN, TN: kernels.groupedMatmulTN }[mode];
    return (first) => kernel(a, b, starts, c, experts, n, k, add(first), scratch);
  },
  embedding({ attrs: { rows, width }, inputs: [ids, table], outputs: [y], kernels }) {
    return () => kernels.embedding(ids, table, y, rows, width);
  },
  embeddingGrad({ attrs: { vocab, width }, inputs: [dy, order, starts], outputs: [dTable], add, kernels }) {
    return (first) => kernels.embeddingGrad(dy, order, starts, dTable, vocab, width, add(first));
  },
  attention({ attrs: { batch, seqLen, heads, kvHeads, qkDim, vDim, scale }, inputs: [q, k, v], outputs: [o, lse], scratch, kernels }) {
    return () => kernels.attention(q, k, v, o, lse, batch, seqLen, heads, kvHeads, qkDim, vDim, scale, scratch);
  },
  attentionGrad({ attrs, inputs: [q, k, v, o, lse, dO], outputs: [dq, dk, dv, delta], scratch, kernels }) {
    const { batch, seqLen, heads, kvHeads, qkDim, vDim, scale } = attrs;
    return () => kernels.attentionGrad(q, k, v, o, lse, dO, dq, dk, dv, delta, batch, seqLen, heads, kvHeads, qkDim, vDim, scale, scratch);
  },
};
