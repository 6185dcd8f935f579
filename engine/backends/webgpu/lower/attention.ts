import { cos, sin } from "../../../numerics/elementary.ts";
import { pow } from "../../../numerics/pow.ts";
import type { OpAttrs, OpKind } from "../../../program/ops.ts";
import { input, type Lower, output } from "../launch.ts";
import { elementwise } from "./common.ts";

type Kinds = Extract<OpKind, "rope" | "mlaAssemble" | "mlaAssembleGrad" | "attention" | "attentionGrad">;

export const attention: { [Kind in Kinds]: Lower<Kind> } = {
  rope: ({ attrs: { rows, heads, headDim, ropeDim, seqLen, theta, inverse }, inputs: [x], outputs: [y] }, { table }) => [
    elementwise(
      "rope",
      rows * heads * headDim,
      { x: input(x), angles: input(table(`rope ${seqLen} ${ropeDim} ${theta}`, () => ropeAngles(seqLen, ropeDim, theta))), y: output(y) },
      { counts: { heads, headDim, ropeDim, seqLen }, flags: { inverse } },
    ),
  ],

  mlaAssemble: ({ attrs: { rows, heads, nope, rope, v: vDim }, inputs: [kv, kRope], outputs: [k, v] }) => [
    elementwise(
      "mla-assemble",
      rows * heads * (nope + rope + vDim),
      { kv: input(kv), kRope: input(kRope), k: output(k), v: output(v) },
      { counts: { heads, nope, rope, vDim } },
    ),
  ],

  mlaAssembleGrad: ({ attrs: { rows, heads, nope, rope, v: vDim }, inputs: [dk, dv], outputs: [dkv, dkRope] }) => [
    elementwise(
      "mla-assemble-grad",
      rows * (heads * (nope + vDim) + rope),
      { dk: input(dk), dv: input(dv), dkv: output(dkv), dkRope: output(dkRope) },
      { counts: { heads, nope, rope, vDim } },
    ),
  ],

  attention: ({ attrs, inputs: [q, k, v], outputs: [o, lse] }) => [
    elementwise(
      "attention",
      attrs.batch * attrs.heads * attrs.seqLen,
      { q: input(q), k: input(k), v: input(v), o: output(o), lse: output(lse) },
      constantsOf(attrs),
    ),
  ],

  attentionGrad: ({ attrs, inputs: [q, k, v, o, lse, dOut], outputs: [dq, dk, dv, delta] }) => {
    const { batch, seqLen, heads, kvHeads, vDim } = attrs;
    const rows = batch * seqLen;
    const given = { q: input(q), k: input(k), v: input(v), lse: input(lse), dOut: input(dOut), delta: input(delta) };
    return [
      elementwise("attention-grad-delta", rows * heads, { dOut: input(dOut), o: input(o), delta: output(delta) }, { counts: { vDim } }),
      elementwise("attention-grad-query", rows * heads, { ...given, dq: output(dq) }, constantsOf(attrs)),
      elementwise("attention-grad-key-value", rows * kvHeads, { ...given, dk: output(dk), dv: output(dv) }, constantsOf(attrs)),
    ];
  },
};

const constantsOf = ({ seqLen, heads, kvHeads, qkDim, vDim, scale }: OpAttrs["attention"]) => ({
  counts: { seqLen, heads, kvHeads, qk: qkDim, vDim },
  floats: { scale },
});

/** [seqLen, ropeDim/2, 2]: cos and sin of p·theta^(−2j/ropeDim). */
function ropeAngles(seqLen: number, ropeDim: number, theta: number): Float32Array {
  const angles = new Float32Array(seqLen * ropeDim);
  for (let column = 0; column < ropeDim; column += 2) {
    const frequency = pow(theta, -column / ropeDim);
    for (let p = 0; p < seqLen; p++) {
      angles[p * ropeDim + column] = cos(p * frequency);
      angles[p * ropeDim + column + 1] = sin(p * frequency);
    }
  }
  return angles;
}
