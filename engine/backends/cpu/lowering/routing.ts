import type { Lowerings } from "./lowering.ts";

export const routing: Lowerings<"sigmoid" | "sigmoidGrad" | "topk" | "gates" | "gatesGrad" | "dispatch" | "countLoad"> = {
  sigmoid({ attrs: { length }, inputs: [logits], outputs: [s], kernels }) {
    return () => kernels.sigmoid(logits, s, length);
  },

  sigmoidGrad({ attrs: { length }, inputs: [s, ds], outputs: [dLogits], kernels }) {
    return () => kernels.sigmoidGrad(s, ds, dLogits, length);
  },

  topk({ attrs: { rows, experts, k, nGroup, topkGroup, groupTop, form }, inputs: [s, bias = 0], outputs: [idx], scratch, kernels }) {
    const formNumber = { none: 0, additive: 1, multiplicative: 2 }[form];
    return () => kernels.topk(s, bias, idx, rows, experts, k, nGroup, topkGroup, Math.min(groupTop, experts / nGroup), formNumber, scratch);
  },

  gates({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx], outputs: [g], kernels }) {
    return () => kernels.gates(s, idx, g, rows, experts, k, Number(normalise), scale);
  },

  gatesGrad({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx, dg], outputs: [ds], add, kernels }) {
    return (first) => kernels.gatesGrad(s, idx, dg, ds, rows, experts, k, Number(normalise), scale, add(first));
  },

  dispatch({ attrs: { rows, experts, k }, inputs: [idx], outputs: [starts, rowOfSlot, slotOfRow], scratch, kernels }) {
    return () => kernels.dispatch(idx, starts, rowOfSlot, slotOfRow, rows * k, experts, scratch);
  },

  countLoad({ attrs: { rows, experts, k, groupRows }, inputs: [idx], outputs: [load], add, kernels }) {
    return (first) => kernels.countLoad(idx, load, rows / groupRows, groupRows * k, experts, add(first));
  },
};
