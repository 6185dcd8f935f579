import fc from "fast-check";
import type { OpAttrs, OpKind } from "../../../engine/program/ops.ts";

const upTo = (max: number) => fc.integer({ min: 1, max });
/** Even, as rotated pairs are. */
const pairs = (max: number) => upTo(max / 2).map((n) => 2 * n);
const form = fc.constantFrom("none", "additive", "multiplicative") as fc.Arbitrary<OpAttrs["topk"]["form"]>;

/** E experts of which K ≤ E are chosen. */
const choice = fc
  .record({ rows: upTo(80), experts: upTo(24) })
  .chain(({ rows, experts }) => fc.record({ rows: fc.constant(rows), experts: fc.constant(experts), k: upTo(Math.min(experts, 8)) }));

/** Groups of equal size of which enough stay to choose K from. */
const grouped = fc
  .record({ rows: upTo(60), nGroup: upTo(6), size: upTo(6), form })
  .chain(({ rows, nGroup, size, form }) =>
    upTo(nGroup).chain((topkGroup) =>
      upTo(Math.min(topkGroup * size, 8)).chain((k) =>
        upTo(Math.min(size, 4)).map((groupTop) => ({ rows, experts: nGroup * size, k, nGroup, topkGroup, groupTop, form })),
      ),
    ),
  );

const attention = fc
  .record({ batch: upTo(3), seqLen: upTo(70), kvHeads: upTo(3), share: upTo(3), qkDim: upTo(33), vDim: upTo(33) })
  .map(({ share, ...a }) => ({ ...a, heads: a.kvHeads * share, scale: a.qkDim ** -0.5 }));

const entropy = fc
  .record({ batch: upTo(4), seqLen: upTo(20), vocab: upTo(140), targetOffset: fc.nat(3) })
  .map(({ batch, seqLen, vocab, targetOffset }) => ({
    rows: batch * seqLen,
    vocab,
    seqLen,
    targetLen: seqLen + targetOffset,
    targetOffset,
  }));

const slice = fc
  .record({ batch: upTo(4), offset: fc.nat(5), length: upTo(40), width: upTo(70), rest: fc.nat(3) })
  .map(({ rest, ...a }) => ({ ...a, fromLen: a.offset + a.length + rest }));

/** Shapes for the ops whose kernels cut them into tiles or blocks: any that the program could ask for. */
export const randomShapes: { [Kind in OpKind]?: fc.Arbitrary<OpAttrs[Kind]> } = {
  embeddingGrad: fc.record({ rows: upTo(100), vocab: upTo(70), width: upTo(70) }),
  rmsNorm: fc.record({ rows: upTo(70), width: upTo(140), eps: fc.constant(1e-6) }),
  rmsNormGradInput: fc.record({ rows: upTo(70), width: upTo(140) }),
  rmsNormGradGain: fc.record({ rows: upTo(140), width: upTo(140) }),
  matmul: fc
    .record({ m: upTo(140), n: upTo(140), k: upTo(140), form: fc.constantFrom("NN", "NT", "TN") })
    .map(({ form, ...size }) => ({ ...size, transA: form === "TN", transB: form === "NT" })),
  rope: fc
    .record({ batch: upTo(3), seqLen: upTo(40), heads: upTo(4), nope: fc.nat(20), ropeDim: pairs(16), inverse: fc.boolean() })
    .map(({ batch, seqLen, heads, nope, ropeDim, inverse }) => ({
      rows: batch * seqLen,
      heads,
      headDim: nope + ropeDim,
      ropeDim,
      seqLen,
      theta: 10000,
      inverse,
    })),
  mlaAssemble: fc.record({ rows: upTo(70), heads: upTo(5), nope: upTo(33), rope: pairs(16), v: upTo(33) }),
  mlaAssembleGrad: fc.record({ rows: upTo(70), heads: upTo(5), nope: upTo(33), rope: pairs(16), v: upTo(33) }),
  attention,
  attentionGrad: attention,
  swiglu: fc.record({ rows: upTo(70), width: upTo(140) }),
  swigluGrad: fc.record({ rows: upTo(70), width: upTo(140) }),
  sliceSequence: slice,
  sliceSequenceGrad: slice,
  topk: grouped,
  dispatch: choice,
  countLoad: choice.chain((a) => upTo(3).map((groups) => ({ ...a, rows: a.rows * groups, groupRows: a.rows }))),
  groupedMatmul: fc.record({
    rows: upTo(140),
    experts: upTo(17),
    n: upTo(70),
    k: upTo(70),
    mode: fc.constantFrom("NT", "NN", "TN") as fc.Arbitrary<OpAttrs["groupedMatmul"]["mode"]>,
  }),
  balanceLoss: choice.chain((a) => upTo(3).map((groups) => ({ ...a, rows: a.rows * groups, groupRows: a.rows, number: 11 }))),
  balanceLossGrad: choice.chain((a) => upTo(3).map((groups) => ({ ...a, rows: a.rows * groups, groupRows: a.rows, number: 11 }))),
  crossEntropy: entropy,
  overlap: entropy.map(({ targetLen, targetOffset, ...a }) => ({ ...a, mainLen: targetLen, mainOffset: targetOffset })),
  crossEntropyGrad: entropy.map((a) => ({ ...a, factor: 1 / a.rows, number: -1 })),
};
