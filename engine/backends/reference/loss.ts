import { exp, log } from "../../numerics/elementary.ts";
import { NumberSlot } from "../../program/ops.ts";
import type { ReferenceOps } from "./reference-op.ts";

/** Sequence balance loss (V3 Eq. 17-20), router z-loss (ST-MoE, arXiv 2202.08906 Eq. 5), cross-entropy, overlap of predictions, and a mean. */
export const loss: ReferenceOps<
  "balanceLoss" | "balanceLossGrad" | "zLoss" | "zLossGrad" | "crossEntropy" | "crossEntropyGrad" | "overlap" | "mean"
> = {
  balanceLoss({ rows, experts, k, groupRows, number }, [s, idx, numbers], [loss, f]) {
    const groups = rows / groupRows;
    const p = new Float64Array(groups * experts);
    f.fill(0);
    for (let row = 0; row < rows; row++) {
      const group = Math.floor(row / groupRows);
      for (let slot = 0; slot < k; slot++) f[group * experts + idx[row * k + slot]] += experts / (k * groupRows);
      const scores = s.subarray(row * experts, (row + 1) * experts);
      const total = sum(scores);
      for (let e = 0; e < experts; e++) p[group * experts + e] += scores[e] / total / groupRows;
    }
    loss[0] = (numbers[number] * dot(f, p)) / groups;
  },

  /** f is a count and passes no gradient; with S = Σ_j s_j: ∂(s_j/S)/∂s_i = (δ_ij − s_j/S)/S. */
  balanceLossGrad({ rows, experts, groupRows, number }, [s, f, numbers], [ds]) {
    for (let row = 0; row < rows; row++) {
      const group = Math.floor(row / groupRows);
      const scores = s.subarray(row * experts, (row + 1) * experts);
      const fractions = f.subarray(group * experts, (group + 1) * experts);
      const total = sum(scores);
      const mean = dot(fractions, scores) / total;
      for (let e = 0; e < experts; e++) ds[row * experts + e] = ((numbers[number] / rows) * (fractions[e] - mean)) / total;
    }
  },

  zLoss({ rows, experts }, [logits, numbers], [loss]) {
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += logSumExp(logits.subarray(row * experts, (row + 1) * experts)) ** 2;
    loss[0] = (numbers[NumberSlot.zLoss] * squares) / rows;
  },

  zLossGrad({ rows, experts }, [logits, numbers], [dLogits]) {
    for (let row = 0; row < rows; row++) {
      const lse = logSumExp(logits.subarray(row * experts, (row + 1) * experts));
      for (let e = 0; e < experts; e++) {
        const i = row * experts + e;
        dLogits[i] = (numbers[NumberSlot.zLoss] * 2 * lse * exp(logits[i] - lse)) / rows;
      }
    }
  },

  crossEntropy({ rows, vocab, seqLen, targetLen, targetOffset }, [logits, targets], [nll, lse, argmax]) {
    for (let row = 0; row < rows; row++) {
      const scores = logits.subarray(row * vocab, (row + 1) * vocab);
      const target = targets[targetOf(row, seqLen, targetLen, targetOffset)];
      lse[row] = logSumExp(scores);
      nll[row] = lse[row] - scores[target];
      argmax[row] = 0;
      for (let id = 1; id < vocab; id++) if (scores[id] > scores[argmax[row]]) argmax[row] = id;
    }
  },

  crossEntropyGrad(attrs, [logits, targets, lse, numbers], [dLogits]) {
    const { rows, vocab, seqLen, targetLen, targetOffset, factor, number } = attrs;
    const weight = factor * (number >= 0 ? numbers[number] : 1);
    for (let row = 0; row < rows; row++) {
      const target = targets[targetOf(row, seqLen, targetLen, targetOffset)];
      for (let id = 0; id < vocab; id++) {
        const i = row * vocab + id;
        dLogits[i] = (exp(logits[i] - lse[row]) - (id === target ? 1 : 0)) * weight;
      }
    }
  },

  overlap({ rows, vocab, seqLen, mainLen, mainOffset }, [ahead, aheadLse, main, mainLse], [overlap]) {
    for (let row = 0; row < rows; row++) {
      const other = targetOf(row, seqLen, mainLen, mainOffset);
      overlap[row] = 0;
      for (let id = 0; id < vocab; id++)
        overlap[row] += Math.exp(Math.min(ahead[row * vocab + id] - aheadLse[row], main[other * vocab + id] - mainLse[other]));
    }
  },

  mean({ length }, [x], [mean]) {
    mean[0] = sum(x) / length;
  },
};

/** Where a row of sequences of `seqLen` finds its partner among sequences of `targetLen`. */
function targetOf(row: number, seqLen: number, targetLen: number, targetOffset: number): number {
  return Math.floor(row / seqLen) * targetLen + targetOffset + (row % seqLen);
}

function logSumExp(x: Float64Array): number {
  const top = x.reduce((a, b) => Math.max(a, b));
  return top + log(x.reduce((total, value) => total + exp(value - top), 0));
}

function sum(x: Float64Array): number {
  return x.reduce((a, b) => a + b, 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * b[i], 0);
}
