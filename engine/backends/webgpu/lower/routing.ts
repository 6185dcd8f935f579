import type { OpKind } from "../../../program/ops.ts";
import { input, type Lower, output } from "../launch.ts";
import { elementwise, groupwise, rowwise } from "./common.ts";

/** Slots that share one histogram; within a block a slot's rank is found by walking the earlier ones. */
const blockSlots = 64;

type Kinds = Extract<OpKind, "sigmoid" | "sigmoidGrad" | "topk" | "gates" | "gatesGrad" | "dispatch" | "countLoad">;

export const routing: { [Kind in Kinds]: Lower<Kind> } = {
  sigmoid: ({ attrs: { length }, inputs: [logits], outputs: [s] }) => [
    elementwise("sigmoid", length, { logits: input(logits), s: output(s) }),
  ],

  sigmoidGrad: ({ attrs: { length }, inputs: [s, ds], outputs: [dlogits] }) => [
    elementwise("sigmoid-grad", length, { s: input(s), ds: input(ds), dlogits: output(dlogits) }),
  ],

  topk: ({ attrs: { rows, experts, k, nGroup, topkGroup, groupTop, form }, inputs: [s, bias], outputs: [idx] }) => [
    elementwise(
      "topk",
      rows,
      { s: input(s), ...(form === "none" ? {} : { bias: input(bias) }), idx: output(idx) },
      {
        counts: { experts, k, nGroup, topkGroup, groupTop: Math.min(groupTop, experts / nGroup) },
        flags: { unbiased: form === "none", additive: form === "additive", multiplicative: form === "multiplicative", grouped: nGroup > 1 },
      },
    ),
  ],

  gates: ({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx], outputs: [g] }) => [
    elementwise(
      "gates",
      rows,
      { s: input(s), idx: input(idx), g: output(g) },
      { counts: { experts, k }, floats: { scale }, flags: { normalise } },
    ),
  ],

  gatesGrad: ({ attrs: { rows, experts, k, normalise, scale }, inputs: [s, idx, dg], outputs: [ds], add }) => [
    elementwise(
      "gates-grad",
      rows * experts,
      { s: input(s), idx: input(idx), dg: input(dg), ds: output(ds, add[0]) },
      { counts: { experts, k }, floats: { scale }, flags: { normalise } },
    ),
  ],

  dispatch: ({ attrs: { rows, experts, k }, inputs: [idx], outputs: [starts, rowOfSlot, slotOfRow] }, { scratch }) => {
    const slots = rows * k;
    const blocks = Math.ceil(slots / blockSlots);
    const counts = scratch(blocks * experts, "i32");
    const firsts = scratch(blocks * experts, "i32");
    return [
      elementwise(
        "dispatch-histogram",
        blocks * experts,
        { idx: input(idx), counts: output(counts) },
        { counts: { slots, blockSlots, experts } },
      ),
      groupwise(
        "dispatch-scan",
        1,
        { counts: input(counts), starts: output(starts), firsts: output(firsts) },
        { counts: { blocks, experts } },
      ),
      elementwise(
        "dispatch-rank",
        slots,
        { idx: input(idx), firsts: input(firsts), rowOfSlot: output(rowOfSlot), slotOfRow: output(slotOfRow) },
        { counts: { blockSlots, experts } },
      ),
    ];
  },

  countLoad: ({ attrs: { rows, experts, k, groupRows }, inputs: [idx], outputs: [load], add }, context) => [
    rowwise(
      context,
      "count-load",
      (rows / groupRows) * experts,
      { idx: input(idx), load: output(load, add[0]) },
      { counts: { experts, groupSlots: groupRows * k } },
    ),
  ],
};
