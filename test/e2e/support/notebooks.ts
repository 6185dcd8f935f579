/** A study small enough to train within seconds on two cores. */
export const smallStudy = `---
switchyard: 1
title: A small study
---
Two arms, two seeds. $L = -\\log p$

\`\`\`ts {#study}
import { experiment } from "switchyard";

export const study = experiment("Small study", {
  model: {
    hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2,
    attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 8, qkRopeHeadDim: 4, vHeadDim: 8 },
    nRoutedExperts: 4, numExpertsPerTok: 2, moeIntermediateSize: 16,
  },
  train: { steps: 12, batchSize: 3, seqLen: 32, evalEvery: 6 },
  validation: { windowsPerDomain: 2 },
  arms: {
    "plain": {},
    "loss-free": { balance: { bias: { gamma: 5e-3 } } },
  },
  baseline: "plain",
  seeds: 2,
});
\`\`\`

\`\`\`ts {#view}
import { tradeOff } from "switchyard";

display(tradeOff(study));
study.arms.length
\`\`\`
`;
