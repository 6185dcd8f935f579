import { NumberSlot, type OpKind } from "../../../program/ops.ts";
import { input, type Lower, output } from "../launch.ts";
import { elementwise, groupwise, rowwise } from "./common.ts";

type Kinds = Extract<
  OpKind,
  "balanceLoss" | "balanceLossGrad" | "zLoss" | "zLossGrad" | "crossEntropy" | "crossEntropyGrad" | "overlap" | "mean"
>;

export const loss: { [Kind in Kinds]: Lower<Kind> } = {
  balanceLoss: ({ attrs: { rows, experts, k, groupRows, number }, inputs: [s, idx, numbers], outputs: [loss, f], add }, context) => {
    const groups = rows / groupRows;
    const sums = context.scratch(rows);
    const terms = context.scratch(groups * experts);
    return [
      elementwise("row-sums", rows, { s: input(s), sums: output(sums) }, { counts: { experts } }),
      rowwise(
        context,
        "balance-loss-terms",
        groups * experts,
        { s: input(s), idx: input(idx), sums: input(sums), f: output(f), terms: output(terms) },
        { counts: { experts, k, groupRows } },
      ),
      groupwise(
        "balance-loss",
        1,
        { terms: input(terms), numbers: input(numbers), loss: output(loss, add[0]) },
        { counts: { length: groups * experts, groups, number } },
      ),
    ];
  },

  balanceLossGrad: ({ attrs: { rows, experts, groupRows, number }, inputs: [s, f, numbers], outputs: [ds], add }) => [
    elementwise(
      "balance-loss-grad",
      rows,
      { s: input(s), f: input(f), numbers: input(numbers), ds: output(ds, add[0]) },
      { counts: { experts, groupRows, number } },
    ),
  ],

  zLoss: ({ attrs: { rows, experts }, inputs: [logits, numbers], outputs: [loss], add }, { scratch }) => {
    const squares = scratch(rows);
    return [
      elementwise("z-loss-rows", rows, { logits: input(logits), squares: output(squares) }, { counts: { experts } }),
      groupwise(
        "balance-loss",
        1,
        { terms: input(squares), numbers: input(numbers), loss: output(loss, add[0]) },
        { counts: { length: rows, groups: rows, number: NumberSlot.zLoss } },
      ),
    ];
  },

  zLossGrad: ({ attrs: { rows, experts }, inputs: [logits, numbers], outputs: [dlogits], add }) => [
    elementwise(
      "z-loss-grad",
      rows,
      { logits: input(logits), numbers: input(numbers), dlogits: output(dlogits, add[0]) },
      { counts: { experts, number: NumberSlot.zLoss } },
    ),
  ],

  crossEntropy: (
    { attrs: { rows, vocab, seqLen, targetLen, targetOffset }, inputs: [logits, targets], outputs: [nll, lse, argmax] },
    context,
  ) => [
    rowwise(
      context,
      "cross-entropy",
      rows,
      { logits: input(logits), targets: input(targets), nll: output(nll), lse: output(lse), argmax: output(argmax) },
      { counts: { vocab, seqLen, targetLen, targetOffset } },
    ),
  ],

  crossEntropyGrad: ({ attrs, inputs: [logits, targets, lse, numbers], outputs: [dlogits] }) => {
    const { rows, vocab, seqLen, targetLen, targetOffset, factor, number } = attrs;
    return [
      elementwise(
        "cross-entropy-grad",
        rows * vocab,
        { logits: input(logits), targets: input(targets), lse: input(lse), numbers: input(numbers), dlogits: output(dlogits) },
        {
          counts: { vocab, seqLen, targetLen, targetOffset, number: Math.max(0, number) },
          floats: { factor },
          flags: { weighted: number >= 0 },
        },
      ),
    ];
  },

  overlap: (
    { attrs: { rows, vocab, seqLen, mainLen, mainOffset }, inputs: [ahead, aheadLse, main, mainLse], outputs: [overlap] },
    context,
  ) => [
    rowwise(
      context,
      "overlap",
      rows,
      { ahead: input(ahead), aheadLse: input(aheadLse), head: input(main), headLse: input(mainLse), overlap: output(overlap) },
      { counts: { vocab, seqLen, mainLen, mainOffset } },
    ),
  ],

  mean: ({ attrs: { length }, inputs: [x], outputs: [mean], add }) => [
    groupwise("sum", 1, { x: input(x), y: output(mean, add[0]) }, { counts: { length }, floats: { factor: 1 / length } }),
  ],
};
