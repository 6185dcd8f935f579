import type { Lowerings } from "./lowering.ts";

type RowKind =
  | "rmsNorm"
  | "rmsNormGradInput"
  | "rmsNormGradGain"
  | "rope"
  | "mlaAssemble"
  | "mlaAssembleGrad"
  | "swiglu"
  | "swigluGrad"
  | "add"
  | "copy"
  | "fill"
  | "concatColumns"
  | "splitColumns"
  | "sliceSequence"
  | "sliceSequenceGrad";

/** Norms, rotation, activation and movement: ops that walk over rows. */
export const rows: Lowerings<RowKind> = {
  rmsNorm({ attrs: { rows, width, eps }, inputs: [x, gain], outputs: [y, rstd], kernels }) {
    return () => kernels.rmsNorm(x, gain, y, rstd, rows, width, eps);
  },
  rmsNormGradInput({ attrs: { rows, width }, inputs: [dy, x, gain, rstd], outputs: [dx], add, kernels }) {
    return (first) => kernels.rmsNormGradInput(dy, x, gain, rstd, dx, rows, width, add(first));
  },
  rmsNormGradGain({ attrs: { rows, width }, inputs: [dy, x, rstd], outputs: [dGain], add, kernels }) {
    return (first) => kernels.rmsNormGradGain(dy, x, rstd, dGain, rows, width, add(first));
  },
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
  swiglu({ attrs: { rows, width }, inputs: [gu], outputs: [h], kernels }) {
    return () => kernels.swiglu(gu, h, rows, width);
  },
  swigluGrad({ attrs: { rows, width }, inputs: [gu, dh], outputs: [dgu], kernels }) {
    return () => kernels.swigluGrad(gu, dh, dgu, rows, width);
  },
  add({ attrs: { length }, inputs: [a, b, c], outputs: [y], kernels }) {
    if (c === undefined) return () => kernels.add2(a, b, y, length);
    return () => kernels.add3(a, b, c, y, length);
  },
  copy({ attrs: { length }, inputs: [x], outputs: [y], kernels }) {
    return () => kernels.copy(x, y, length);
  },
  fill({ attrs: { length, value }, outputs: [y], kernels }) {
    return () => kernels.fill(y, length, value);
  },
  concatColumns({ attrs: { rows, left, right }, inputs: [a, b], outputs: [c], kernels }) {
    const stride = 4 * (left + right);
    return () => {
      kernels.copyRows(a, 4 * left, c, stride, rows, left, 0);
      kernels.copyRows(b, 4 * right, c + 4 * left, stride, rows, right, 0);
    };
  },
  splitColumns({ attrs: { rows, left, right }, inputs: [dc], outputs: [da, db], kernels }) {
    const stride = 4 * (left + right);
    return () => {
      kernels.copyRows(dc, stride, da, 4 * left, rows, left, 0);
      kernels.copyRows(dc + 4 * left, stride, db, 4 * right, rows, right, 0);
    };
  },
  sliceSequence({ attrs: { batch, fromLen, offset, length, width }, inputs: [x], outputs: [y], kernels }) {
    return () => kernels.copyRows(x + 4 * offset * width, 4 * fromLen * width, y, 4 * length * width, batch, length * width, 0);
  },
  sliceSequenceGrad({ attrs: { batch, fromLen, offset, length, width }, inputs: [dy], outputs: [dx], add, kernels }) {
    return (first) => {
      const adds = add(first);
      if (!adds) kernels.fill(dx, batch * fromLen * width, 0);
      kernels.copyRows(dy, 4 * length * width, dx + 4 * offset * width, 4 * fromLen * width, batch, length * width, adds);
    };
  },
};
