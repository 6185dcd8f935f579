import type { Lowerings } from "./lowering.ts";

type RowKind =
  | "rmsNorm" | "rmsNormGradInput" | "rmsNormGradGain" | "rope" | "mlaAssemble" | "mlaAssembleGrad" | "swiglu" | "swigluGrad"
  | "add" | "copy" | "fill" | "concatColumns" | "splitColumns" | "sliceSequence" | "sliceSequenceGrad";

/** Norms, rotation, activation and movement: ops that walk over rows. */
export const rows: Lowerings<RowKind> = {
  rmsNorm({ attrs: { rows, width, eps }, inputs: [x, gain], outputs: [y, rstd], add: [addY, addRstd], kernels }) {
    return (first) => kernels.rmsNorm(x, gain, y, rstd, rows, width, eps, addY(first), addRstd(first));
  },
  rmsNormGradInput({ attrs: { rows, width }, inputs: [dy, x, gain, rstd], outputs: [dx], add: [add], kernels }) {
    return (first) => kernels.rmsNormGradInput(dy, x, gain, rstd, dx, rows, width, add(first));
  },
  rmsNormGradGain({ attrs: { rows, width }, inputs: [dy, x, rstd], outputs: [dGain], add: [add], kernels }) {
    return (first) => kernels.rmsNormGradGain(dy, x, rstd, dGain, rows, width, add(first));
  },
  rope({ attrs, inputs: [x], outputs: [y], add: [add], kernels, rope }) {
    const { rows, heads, headDim, ropeDim, seqLen } = attrs;
    const { cos, sin } = rope(attrs);
    return (first) => kernels.rope(x, cos, sin, y, rows, heads, headDim, ropeDim, seqLen, add(first));
  },
  mlaAssemble({ attrs: { rows, heads, nope, rope, v: vDim }, inputs: [kv, kRope], outputs: [k, v], add: [addK, addV], kernels }) {
    return (first) => kernels.mlaAssemble(kv, kRope, k, v, rows, heads, nope, rope, vDim, addK(first), addV(first));
  },
  mlaAssembleGrad({ attrs: { rows, heads, nope, rope, v }, inputs: [dk, dv], outputs: [dkv, dkRope], add: [addKv, addRope], kernels }) {
    return (first) => kernels.mlaAssembleGrad(dk, dv, dkv, dkRope, rows, heads, nope, rope, v, addKv(first), addRope(first));
  },
  swiglu({ attrs: { rows, width }, inputs: [gu], outputs: [h], add: [add], kernels }) {
    return (first) => kernels.swiglu(gu, h, rows, width, add(first));
  },
  swigluGrad({ attrs: { rows, width }, inputs: [gu, dh], outputs: [dgu], add: [add], kernels }) {
    return (first) => kernels.swigluGrad(gu, dh, dgu, rows, width, add(first));
  },
  add({ attrs: { length }, inputs: [a, b, c], outputs: [y], add: [add], kernels }) {
    if (c === undefined) return (first) => kernels.add2(a, b, y, length, add(first));
    return (first) => kernels.add3(a, b, c, y, length, add(first));
  },
  copy({ attrs: { length }, inputs: [x], outputs: [y], add: [add], kernels }) {
    return (first) => kernels.copy(x, y, length, add(first));
  },
  fill({ attrs: { length, value }, outputs: [y], add: [add], kernels }) {
    return (first) => kernels.fill(y, length, value, add(first));
  },
  concatColumns({ attrs: { rows, left, right }, inputs: [a, b], outputs: [c], add: [add], kernels }) {
    const stride = 4 * (left + right);
    return (first) => {
      kernels.copyRows(a, 4 * left, c, stride, rows, left, add(first));
      kernels.copyRows(b, 4 * right, c + 4 * left, stride, rows, right, add(first));
    };
  },
  splitColumns({ attrs: { rows, left, right }, inputs: [dc], outputs: [da, db], add: [addA, addB], kernels }) {
    const stride = 4 * (left + right);
    return (first) => {
      kernels.copyRows(dc, stride, da, 4 * left, rows, left, addA(first));
      kernels.copyRows(dc + 4 * left, stride, db, 4 * right, rows, right, addB(first));
    };
  },
  sliceSequence({ attrs: { batch, fromLen, offset, length, width }, inputs: [x], outputs: [y], add: [add], kernels }) {
    return (first) => kernels.copyRows(x + 4 * offset * width, 4 * fromLen * width, y, 4 * length * width, batch, length * width, add(first));
  },
  sliceSequenceGrad({ attrs: { batch, fromLen, offset, length, width }, inputs: [dy], outputs: [dx], add: [add], kernels }) {
    return (first) => {
      const adds = add(first);
      if (!adds) kernels.fill(dx, batch * fromLen * width, 0, 0);
      kernels.copyRows(dy, 4 * length * width, dx + 4 * offset * width, 4 * fromLen * width, batch, length * width, adds);
    };
  },
};
