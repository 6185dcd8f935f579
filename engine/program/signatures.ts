import type { DType, OpAttrs, OpKind } from "./ops.ts";

/** Shape and type of one operand. */
export interface Operand {
  shape: number[];
  dtype: DType;
}

export interface Signature {
  inputs: Operand[];
  outputs: Operand[];
}

const f = (...shape: number[]): Operand => ({ shape, dtype: "f32" });
const i = (...shape: number[]): Operand => ({ shape, dtype: "i32" });
/** The table of per-step scalars has no fixed length. */
export const anyLength = -1;
const numbers = f(anyLength);

/** Operand shapes of every op, as `ops.ts` states them: the one place the builder, the verifier and the tests ask. */
export const signatures: { [Kind in OpKind]: (a: OpAttrs[Kind]) => Signature } = {
  embedding: (a) => ({ inputs: [i(a.rows), f(a.vocab, a.width)], outputs: [f(a.rows, a.width)] }),
  embeddingGrad: (a) => ({ inputs: [f(a.rows, a.width), i(a.rows), i(a.vocab + 1)], outputs: [f(a.vocab, a.width)] }),
  rmsNorm: (a) => ({ inputs: [f(a.rows, a.width), f(a.width)], outputs: [f(a.rows, a.width), f(a.rows)] }),
  rmsNormGradInput: (a) => ({
    inputs: [f(a.rows, a.width), f(a.rows, a.width), f(a.width), f(a.rows)],
    outputs: [f(a.rows, a.width)],
  }),
  rmsNormGradGain: (a) => ({ inputs: [f(a.rows, a.width), f(a.rows, a.width), f(a.rows)], outputs: [f(a.width)] }),
  matmul: (a) => ({
    inputs: [a.transA ? f(a.k, a.m) : f(a.m, a.k), a.transB ? f(a.n, a.k) : f(a.k, a.n)],
    outputs: [f(a.m, a.n)],
  }),
  rope: (a) => ({ inputs: [f(a.rows, a.heads * a.headDim)], outputs: [f(a.rows, a.heads * a.headDim)] }),
  mlaAssemble: (a) => ({
    inputs: [f(a.rows, a.heads * (a.nope + a.v)), f(a.rows, a.rope)],
    outputs: [f(a.rows, a.heads * (a.nope + a.rope)), f(a.rows, a.heads * a.v)],
  }),
  mlaAssembleGrad: (a) => ({
    inputs: [f(a.rows, a.heads * (a.nope + a.rope)), f(a.rows, a.heads * a.v)],
    outputs: [f(a.rows, a.heads * (a.nope + a.v)), f(a.rows, a.rope)],
  }),
  attention: (a) => {
    const rows = a.batch * a.seqLen;
    return {
      inputs: [f(rows, a.heads * a.qkDim), f(rows, a.kvHeads * a.qkDim), f(rows, a.kvHeads * a.vDim)],
      outputs: [f(rows, a.heads * a.vDim), f(rows, a.heads)],
    };
  },
  attentionGrad: (a) => {
    const rows = a.batch * a.seqLen;
    const [q, k, v] = [f(rows, a.heads * a.qkDim), f(rows, a.kvHeads * a.qkDim), f(rows, a.kvHeads * a.vDim)];
    const [o, lse] = [f(rows, a.heads * a.vDim), f(rows, a.heads)];
    return { inputs: [q, k, v, o, lse, o], outputs: [q, k, v, lse] };
  },
  swiglu: (a) => ({ inputs: [f(a.rows, 2 * a.width)], outputs: [f(a.rows, a.width)] }),
  swigluGrad: (a) => ({ inputs: [f(a.rows, 2 * a.width), f(a.rows, a.width)], outputs: [f(a.rows, 2 * a.width)] }),
  add: (a) => ({ inputs: [f(a.length), f(a.length), f(a.length)], outputs: [f(a.length)] }),
  copy: (a) => ({ inputs: [f(a.length)], outputs: [f(a.length)] }),
  fill: (a) => ({ inputs: [], outputs: [f(a.length)] }),
  concatColumns: (a) => ({ inputs: [f(a.rows, a.left), f(a.rows, a.right)], outputs: [f(a.rows, a.left + a.right)] }),
  splitColumns: (a) => ({ inputs: [f(a.rows, a.left + a.right)], outputs: [f(a.rows, a.left), f(a.rows, a.right)] }),
  sliceSequence: (a) => ({ inputs: [f(a.batch * a.fromLen, a.width)], outputs: [f(a.batch * a.length, a.width)] }),
  sliceSequenceGrad: (a) => ({ inputs: [f(a.batch * a.length, a.width)], outputs: [f(a.batch * a.fromLen, a.width)] }),
  sigmoid: (a) => ({ inputs: [f(a.length)], outputs: [f(a.length)] }),
  sigmoidGrad: (a) => ({ inputs: [f(a.length), f(a.length)], outputs: [f(a.length)] }),
  topk: (a) => ({
    inputs: a.form === "none" ? [f(a.rows, a.experts)] : [f(a.rows, a.experts), f(a.experts)],
    outputs: [i(a.rows, a.k)],
  }),
  gates: (a) => ({ inputs: [f(a.rows, a.experts), i(a.rows, a.k)], outputs: [f(a.rows, a.k)] }),
  gatesGrad: (a) => ({ inputs: [f(a.rows, a.experts), i(a.rows, a.k), f(a.rows, a.k)], outputs: [f(a.rows, a.experts)] }),
  dispatch: (a) => ({ inputs: [i(a.rows, a.k)], outputs: [i(a.experts + 1), i(a.rows * a.k), i(a.rows * a.k)] }),
  countLoad: (a) => ({ inputs: [i(a.rows, a.k)], outputs: [f(a.rows / a.groupRows, a.experts)] }),
  gatherRows: (a) => ({ inputs: [f(a.rows, a.width), i(a.rows * a.k)], outputs: [f(a.rows * a.k, a.width)] }),
  gatherRowsGrad: (a) => ({ inputs: [f(a.rows * a.k, a.width), i(a.rows * a.k)], outputs: [f(a.rows, a.width)] }),
  groupedMatmul: (a) => {
    const starts = i(a.experts + 1);
    if (a.mode === "TN") return { inputs: [f(a.rows, a.n), f(a.rows, a.k), starts], outputs: [f(a.experts, a.n, a.k)] };
    const w = a.mode === "NT" ? f(a.experts, a.n, a.k) : f(a.experts, a.k, a.n);
    return { inputs: [f(a.rows, a.k), w, starts], outputs: [f(a.rows, a.n)] };
  },
  combine: (a) => ({
    inputs: [f(a.rows * a.k, a.width), f(a.rows, a.k), i(a.rows * a.k)],
    outputs: [f(a.rows, a.width)],
  }),
  combineGrad: (a) => ({
    inputs: [f(a.rows, a.width), f(a.rows * a.k, a.width), f(a.rows, a.k), i(a.rows * a.k)],
    outputs: [f(a.rows * a.k, a.width), f(a.rows, a.k)],
  }),
  balanceLoss: (a) => ({
    inputs: [f(a.rows, a.experts), i(a.rows, a.k), numbers],
    outputs: [f(1), f(a.rows / a.groupRows, a.experts)],
  }),
  balanceLossGrad: (a) => ({
    inputs: [f(a.rows, a.experts), f(a.rows / a.groupRows, a.experts), numbers],
    outputs: [f(a.rows, a.experts)],
  }),
  zLoss: (a) => ({ inputs: [f(a.rows, a.experts), numbers], outputs: [f(1)] }),
  zLossGrad: (a) => ({ inputs: [f(a.rows, a.experts), numbers], outputs: [f(a.rows, a.experts)] }),
  crossEntropy: (a) => ({
    inputs: [f(a.rows, a.vocab), i((a.rows / a.seqLen) * a.targetLen)],
    outputs: [f(a.rows), f(a.rows), i(a.rows)],
  }),
  crossEntropyGrad: (a) => ({
    inputs: [f(a.rows, a.vocab), i((a.rows / a.seqLen) * a.targetLen), f(a.rows), numbers],
    outputs: [f(a.rows, a.vocab)],
  }),
  overlap: (a) => {
    const mainRows = (a.rows / a.seqLen) * a.mainLen;
    return { inputs: [f(a.rows, a.vocab), f(a.rows), f(mainRows, a.vocab), f(mainRows)], outputs: [f(a.rows)] };
  },
  mean: (a) => ({ inputs: [f(a.length)], outputs: [f(1)] }),
  clipScale: (a) => ({ inputs: [f(a.length), numbers], outputs: [f(1), f(1)] }),
  adamw: (a) => {
    const pool = f(a.length);
    return { inputs: [pool, pool, pool, pool, f(1), numbers], outputs: [pool, pool, pool] };
  },
  biasUpdate: (a) => ({ inputs: [f(a.experts), f(a.groups, a.experts), f(1), numbers], outputs: [f(a.experts)] }),
};

/** Inputs beyond these are optional (`add` takes two or three). */
export const minimumInputs: Partial<Record<OpKind, number>> = { add: 2 };

export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Floating-point operations: products count 2 per multiply-add, attention its causal half; the rest about one per element touched. */
export function flopsOf<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind]): number {
  switch (kind) {
    case "matmul": {
      const a = attrs as OpAttrs["matmul"];
      return 2 * a.m * a.n * a.k;
    }
    case "groupedMatmul": {
      const a = attrs as OpAttrs["groupedMatmul"];
      return 2 * a.rows * a.n * a.k;
    }
    case "attention":
    case "attentionGrad": {
      const a = attrs as OpAttrs["attention"];
      const pairs = (a.batch * a.heads * a.seqLen * (a.seqLen + 1)) / 2;
      // forward: q·k and p·v; backward: q·k again, do·v, and the three products dq, dk, dv
      return kind === "attention" ? 2 * pairs * (a.qkDim + a.vDim) : 2 * pairs * (3 * a.qkDim + 2 * a.vDim);
    }
    default: {
      const { inputs, outputs } = signatures[kind](attrs);
      return [...inputs, ...outputs].reduce((sum, o) => sum + Math.max(0, elements(o.shape)), 0);
    }
  }
}
