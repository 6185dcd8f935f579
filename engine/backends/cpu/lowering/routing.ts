import type { Lowerings } from "./lowering.ts";

type RoutingKind =
  | "sigmoid" | "sigmoidGrad" | "topk" | "gates" | "gatesGrad" | "dispatch" | "countLoad"
  | "gatherRows" | "gatherRowsGrad" | "combine" | "combineGrad";

/** From router logits to chosen experts and their rows, and back. */
export const routing: Lowerings<RoutingKind> = {
  sigmoid({ attrs: { length }, inputs: [logits], outputs: [s], add: [add], kernels }) {
    return (first) => kernels.sigmoid(logits, s, length, add(first));
  },
  sigmoidGrad({ attrs: { length }, inputs: [s, ds], outputs: [dLogits], add: [add], kernels }) {
    return (first) => kernels.sigmoidGrad(s, ds, dLogits, length, add(first));
  },
  topk({ attrs: { rows, experts, k, nGroup, topkGroup, form }, inputs: [s, bias = 0], outputs: [idx], scratch, kernels }) {
    const formNumber = { none: 0, additive: 1, multiplicative: 2 }[form];
    return () => kernels.topk(s, bias, idx, rows, experts, k, nGroup, topkGroup, formNumber, scratch);
  },
  gates({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx], outputs: [g], add: [add], kernels }) {
    return (first) => kernels.gates(s, idx, g, rows, experts, k, Number(normalise), scale, add(first));
  },
  gatesGrad({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx, dg], outputs: [ds], add: [add], kernels }) {
    return (first) => kernels.gatesGrad(s, idx, dg, ds, rows, experts, k, Number(normalise), scale, add(first));
  },
  dispatch({ attrs: { rows, experts, k }, inputs: [idx], outputs: [starts, rowOfSlot, slotOfRow], scratch, kernels }) {
    return () => kernels.dispatch(idx, starts, rowOfSlot, slotOfRow, rows * k, experts, scratch);
  },
  countLoad({ attrs: { rows, experts, k, groupRows }, inputs: [idx], outputs: [load], add: [add], kernels }) {
    return (first) => kernels.countLoad(idx, load, rows / groupRows, groupRows * k, experts, add(first));
  },
  gatherRows({ attrs: { rows, k, width }, inputs: [x, slotOfRow], outputs: [y], add: [add], kernels }) {
    return (first) => kernels.gatherRows(x, slotOfRow, y, rows * k, k, width, add(first));
  },
  gatherRowsGrad({ attrs: { rows, k, width }, inputs: [dy, rowOfSlot], outputs: [dx], add: [add], kernels }) {
    return (first) => kernels.gatherRowsGrad(dy, rowOfSlot, dx, rows, k, width, add(first));
  },
  combine({ attrs: { rows, k, width }, inputs: [z, g, rowOfSlot], outputs: [y], add: [add], kernels }) {
    return (first) => kernels.combine(z, g, rowOfSlot, y, rows, k, width, add(first));
  },
  combineGrad({ attrs: { rows, k, width }, inputs: [dy, z, g, rowOfSlot], outputs: [dz, dg], add: [addZ, addG], kernels }) {
    return (first) => kernels.combineGrad(dy, z, g, rowOfSlot, dz, dg, rows, k, width, addZ(first), addG(first));
  },
};
