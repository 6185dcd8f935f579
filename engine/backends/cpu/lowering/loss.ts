import { NumberSlot } from "../../../program/ops.ts";
import type { Lowerings } from "./lowering.ts";

export const loss: Lowerings<
  "balanceLoss" | "balanceLossGrad" | "zLoss" | "zLossGrad" | "crossEntropy" | "crossEntropyGrad" | "overlap" | "mean"
> = {
  balanceLoss({ attrs, inputs: [s, idx, numbers], outputs: [loss, f], add, scratch, kernels, number }) {
    const { rows, experts, k, groupRows, number: slot } = attrs;
    return (first) => kernels.balanceLoss(s, idx, loss, f, rows, experts, k, groupRows, number(numbers, slot), add(first), scratch);
  },

  balanceLossGrad({ attrs: { rows, experts, groupRows, number: slot }, inputs: [s, f, numbers], outputs: [ds], add, kernels, number }) {
    return (first) => kernels.balanceLossGrad(s, f, ds, rows, experts, groupRows, number(numbers, slot), add(first));
  },

  zLoss({ attrs: { rows, experts }, inputs: [logits, numbers], outputs: [loss], add, kernels, number }) {
    return (first) => kernels.zLoss(logits, loss, rows, experts, number(numbers, NumberSlot.zLoss), add(first));
  },

  zLossGrad({ attrs: { rows, experts }, inputs: [logits, numbers], outputs: [dLogits], add, kernels, number }) {
    return (first) => kernels.zLossGrad(logits, dLogits, rows, experts, number(numbers, NumberSlot.zLoss), add(first));
  },

  crossEntropy({
    attrs: { rows, vocab, seqLen, targetLen, targetOffset },
    inputs: [logits, targets],
    outputs: [nll, lse, argmax],
    kernels,
  }) {
    return () => kernels.crossEntropy(logits, targets, nll, lse, argmax, rows, vocab, seqLen, targetLen, targetOffset);
  },

  crossEntropyGrad({ attrs, inputs: [logits, targets, lse, numbers], outputs: [dLogits], kernels, number }) {
    const { rows, vocab, seqLen, targetLen, targetOffset, factor, number: slot } = attrs;
    return () => {
      const scaled = slot >= 0 ? factor * number(numbers, slot) : factor;
      kernels.crossEntropyGrad(logits, targets, lse, dLogits, rows, vocab, seqLen, targetLen, targetOffset, scaled);
    };
  },

  overlap({ attrs: { rows, vocab, seqLen, mainLen, mainOffset }, inputs: [ahead, aheadLse, main, mainLse], outputs: [overlap], kernels }) {
    return () => kernels.overlap(ahead, aheadLse, main, mainLse, overlap, rows, vocab, seqLen, mainLen, mainOffset);
  },

  mean({ attrs: { length }, inputs: [x], outputs: [mean], add, kernels }) {
    return (first) => kernels.mean(x, mean, length, add(first));
  },
};
