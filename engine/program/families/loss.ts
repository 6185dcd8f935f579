/** Losses and their gradients. */
import { f, i, numbers, type OpRecords } from "../op-record.ts";

export const loss: OpRecords<
  "balanceLoss" | "balanceLossGrad" | "zLoss" | "zLossGrad" | "crossEntropy" | "crossEntropyGrad" | "overlap" | "mean"
> = {
  balanceLoss: {
    isLoss: true,
    signature: (a) => ({
      inputs: [f(a.rows, a.experts), i(a.rows, a.k), numbers],
      outputs: [f(1), f(a.rows / a.groupRows, a.experts)],
    }),
    accumulates: true,
    gradient: (c, { attrs, inputs: [s, , numbers], outputs: [, f] }) => c.contribute(s, "balanceLossGrad", attrs, [s, f, numbers]),
  },

  balanceLossGrad: {
    signature: (a) => ({
      inputs: [f(a.rows, a.experts), f(a.rows / a.groupRows, a.experts), numbers],
      outputs: [f(a.rows, a.experts)],
    }),
    accumulates: true,
  },

  zLoss: {
    isLoss: true,
    signature: (a) => ({ inputs: [f(a.rows, a.experts), numbers], outputs: [f(1)] }),
    accumulates: true,
    gradient: (c, { attrs, inputs: [logits, numbers] }) => c.contribute(logits, "zLossGrad", attrs, [logits, numbers]),
  },

  zLossGrad: {
    signature: (a) => ({ inputs: [f(a.rows, a.experts), numbers], outputs: [f(a.rows, a.experts)] }),
    accumulates: true,
  },

  crossEntropy: {
    signature: (a) => ({
      inputs: [f(a.rows, a.vocab), i((a.rows / a.seqLen) * a.targetLen)],
      outputs: [f(a.rows), f(a.rows), i(a.rows)],
    }),
    gradient: (c, { attrs, inputs: [logits, targets], outputs: [nll, lse] }) => {
      const { factor, number } = c.seed(nll);
      c.contribute(logits, "crossEntropyGrad", { ...attrs, factor, number }, [logits, targets, lse, c.given.numbers]);
    },
  },

  crossEntropyGrad: {
    signature: (a) => ({
      inputs: [f(a.rows, a.vocab), i((a.rows / a.seqLen) * a.targetLen), f(a.rows), numbers],
      outputs: [f(a.rows, a.vocab)],
    }),
  },

  overlap: {
    signature: (a) => {
      const mainRows = (a.rows / a.seqLen) * a.mainLen;
      return { inputs: [f(a.rows, a.vocab), f(a.rows), f(mainRows, a.vocab), f(mainRows)], outputs: [f(a.rows)] };
    },
  },

  mean: {
    signature: (a) => ({ inputs: [f(a.length)], outputs: [f(1)] }),
    accumulates: true,
  },
};
