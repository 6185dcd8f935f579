import { NumberSlot } from "../../../program/ops.ts";
import type { Lowerings } from "./lowering.ts";

type LossKind =
  | "balanceLoss"
  | "balanceLossGrad"
  | "zLoss"
  | "zLossGrad"
  | "crossEntropy"
  | "crossEntropyGrad"
  | "overlap"
  | "mean"
  | "clipScale"
  | "adamw"
  | "biasUpdate";

/** Losses, their gradients, and the optimizer. */
export const losses: Lowerings<LossKind> = {
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
  clipScale({ attrs: { length }, inputs: [gradients, numbers], outputs: [norm, scale], kernels, number }) {
    return () =>
      kernels.clipScale(gradients, norm, scale, length, number(numbers, NumberSlot.clipNorm), number(numbers, NumberSlot.gradScale));
  },
  adamw({ attrs: { length, decayLength }, inputs: [param, grad, m, v, scale, numbers], kernels, number }) {
    const update = (from: number, to: number, weightDecay: number): void => {
      const at = (pool: number) => pool + 4 * from;
      kernels.adamw(
        at(param),
        at(grad),
        at(m),
        at(v),
        to - from,
        number(scale, 0),
        number(numbers, NumberSlot.lr),
        number(numbers, NumberSlot.correction1),
        number(numbers, NumberSlot.correction2),
        number(numbers, NumberSlot.beta1),
        number(numbers, NumberSlot.beta2),
        number(numbers, NumberSlot.eps),
        weightDecay,
      );
    };
    return () => {
      update(0, decayLength, number(numbers, NumberSlot.weightDecay));
      update(decayLength, length, 0);
    };
  },
  biasUpdate({ attrs: { experts, groups, rule }, inputs: [bias, loads, scale, numbers], kernels, number }) {
    return () =>
      kernels.biasUpdate(bias, loads, number(scale, 0), experts, groups, Number(rule === "magnitude"), number(numbers, NumberSlot.gamma));
  },
};
