import type { AccumulatingOps } from "../../engine/backends/reference/ops.ts";
import type { OpAttrs, OpKind } from "../../engine/program/ops.ts";
import { elements } from "../../engine/program/op-record.ts";
import { opRecords } from "../../engine/program/op-records.ts";

/** Runs one op of a table of ops; gradient rules get it handed in so that a test can break an op on purpose. */
export type Apply = <Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind], inputs: Float64Array[]) => Float64Array[];

export function applying(ops: AccumulatingOps): Apply {
  return (kind, attrs, inputs) => {
    const outputs = opRecords[kind].signature(attrs).outputs.map(({ shape }) => new Float64Array(elements(shape)));
    ops[kind](attrs, inputs, outputs, []);
    return outputs;
  };
}

export interface GradientRule<Kind extends OpKind> {
  /** Outputs that a loss may depend on. */
  through: number[];
  /** Upstream gradient of every element, for an op whose gradient knows its own weight; left out: random. */
  upstream?: number;
  /** Where left out, every row of the op is differentiated. */
  when?: (attrs: OpAttrs[Kind]) => boolean;
  /** The ops used below, apart from the op itself. */
  uses: OpKind[];
  /** Gradient per differentiable input: name → [its index, the gradient]. `d` holds upstream gradients by output. */
  gradient: (
    apply: Apply,
    attrs: OpAttrs[Kind],
    inputs: Float64Array[],
    outputs: Float64Array[],
    d: Float64Array[],
  ) => Record<string, [number, Float64Array]>;
}

const crossEntropyWeight = 0.25;

/** How each differentiable op's gradient is computed from the ops of `ops.ts`. */
export const gradientRules: { [Kind in OpKind]?: GradientRule<Kind> } = {
  embedding: {
    through: [0],
    uses: ["embeddingGrad"],
    gradient: (apply, a, [ids], _, [dy]) => {
      const order = Float64Array.from([...ids.keys()].sort((i, j) => ids[i] - ids[j] || i - j));
      const starts = Float64Array.from({ length: a.vocab + 1 }, (_, id) => ids.filter((other) => other < id).length);
      return { table: [1, apply("embeddingGrad", a, [dy, order, starts])[0]] };
    },
  },
  rmsNorm: {
    through: [0],
    uses: ["rmsNormGradInput", "rmsNormGradGain"],
    gradient: (apply, a, [x, gain], [, rstd], [dy]) => ({
      x: [0, apply("rmsNormGradInput", a, [dy, x, gain, rstd])[0]],
      gain: [1, apply("rmsNormGradGain", a, [dy, x, rstd])[0]],
    }),
  },
  matmul: {
    through: [0],
    uses: ["matmul"],
    when: ({ transA, transB }) => !transA && transB,
    gradient: (apply, { m, n, k }, [x, w], _, [dy]) => ({
      x: [0, apply("matmul", { m, n: k, k: n, transA: false, transB: false }, [dy, w])[0]],
      w: [1, apply("matmul", { m: n, n: k, k: m, transA: true, transB: false }, [dy, x])[0]],
    }),
  },
  rope: {
    through: [0],
    uses: ["rope"],
    gradient: (apply, a, _, __, [dy]) => ({ x: [0, apply("rope", { ...a, inverse: !a.inverse }, [dy])[0]] }),
  },
  mlaAssemble: {
    through: [0, 1],
    uses: ["mlaAssembleGrad"],
    gradient: (apply, a, _, __, [dk, dv]) => {
      const [dkv, dkRope] = apply("mlaAssembleGrad", a, [dk, dv]);
      return { kv: [0, dkv], kRope: [1, dkRope] };
    },
  },
  attention: {
    through: [0],
    uses: ["attentionGrad"],
    gradient: (apply, a, [q, k, v], [o, lse], [dO]) => {
      const [dq, dk, dv] = apply("attentionGrad", a, [q, k, v, o, lse, dO]);
      return { q: [0, dq], k: [1, dk], v: [2, dv] };
    },
  },
  swiglu: {
    through: [0],
    uses: ["swigluGrad"],
    gradient: (apply, a, [gu], _, [dh]) => ({ gu: [0, apply("swigluGrad", a, [gu, dh])[0]] }),
  },
  concatColumns: {
    through: [0],
    uses: ["splitColumns"],
    gradient: (apply, a, _, __, [dc]) => {
      const [da, db] = apply("splitColumns", a, [dc]);
      return { a: [0, da], b: [1, db] };
    },
  },
  sliceSequence: {
    through: [0],
    uses: ["sliceSequenceGrad"],
    gradient: (apply, a, _, __, [dy]) => ({ x: [0, apply("sliceSequenceGrad", a, [dy])[0]] }),
  },
  sigmoid: {
    through: [0],
    uses: ["sigmoidGrad"],
    gradient: (apply, a, _, [s], [ds]) => ({ logits: [0, apply("sigmoidGrad", a, [s, ds])[0]] }),
  },
  gates: {
    through: [0],
    uses: ["gatesGrad"],
    gradient: (apply, a, [s, idx], _, [dg]) => ({ s: [0, apply("gatesGrad", a, [s, idx, dg])[0]] }),
  },
  gatherRows: {
    through: [0],
    uses: ["gatherRowsGrad"],
    gradient: (apply, a, [, slotOfRow], _, [dy]) => {
      const rowOfSlot = new Float64Array(slotOfRow.length);
      slotOfRow.forEach((slot, row) => (rowOfSlot[slot] = row));
      return { x: [0, apply("gatherRowsGrad", a, [dy, rowOfSlot])[0]] };
    },
  },
  groupedMatmul: {
    through: [0],
    uses: ["groupedMatmul"],
    when: ({ mode }) => mode === "NT",
    gradient: (apply, { rows, experts, n, k }, [a, w, starts], _, [dc]) => ({
      a: [0, apply("groupedMatmul", { rows, experts, n: k, k: n, mode: "NN" }, [dc, w, starts])[0]],
      w: [1, apply("groupedMatmul", { rows, experts, n, k, mode: "TN" }, [dc, a, starts])[0]],
    }),
  },
  combine: {
    through: [0],
    uses: ["combineGrad"],
    gradient: (apply, a, [z, g, rowOfSlot], _, [dy]) => {
      const [dz, dg] = apply("combineGrad", a, [dy, z, g, rowOfSlot]);
      return { z: [0, dz], g: [1, dg] };
    },
  },
  balanceLoss: {
    through: [0],
    upstream: 1,
    uses: ["balanceLossGrad"],
    gradient: (apply, a, [s, , numbers], [, f]) => ({ s: [0, apply("balanceLossGrad", a, [s, f, numbers])[0]] }),
  },
  zLoss: {
    through: [0],
    upstream: 1,
    uses: ["zLossGrad"],
    gradient: (apply, a, [logits, numbers]) => ({ logits: [0, apply("zLossGrad", a, [logits, numbers])[0]] }),
  },
  crossEntropy: {
    through: [0],
    upstream: crossEntropyWeight,
    uses: ["crossEntropyGrad"],
    gradient: (apply, a, [logits, targets], [, lse]) => {
      const weighted = { ...a, factor: crossEntropyWeight, number: -1 };
      return { logits: [0, apply("crossEntropyGrad", weighted, [logits, targets, lse, new Float64Array()])[0]] };
    },
  },
};
