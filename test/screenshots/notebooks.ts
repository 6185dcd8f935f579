/** The default question, small enough to be photographed. */
export const study = `---
switchyard: 1
title: Does an auxiliary loss cost quality?
---
DeepSeek-V3 balances its experts with a bias instead of a loss. A balance loss over every single sequence,

$$\\mathcal L_{\\mathrm{Bal}} = \\alpha \\sum_{i=1}^{N_r} f_i P_i,$$

asks each sequence to use all experts alike.

\`\`\`ts {#study}
import { experiment, mixture } from "switchyard";

export const study = experiment("Auxiliary loss or loss-free balancing", {
  question: "Which ways of balancing balance, and what do they cost?",
  data: mixture({ prose: 1, code: 1, math: 1 }),
  train: { steps: 60, evalEvery: 10 },
  validation: { windowsPerDomain: 16 },
  arms: {
    "no balancing": {},
    "sequence-wise loss": { balance: { losses: [{ group: "sequence", alpha: 3e-2 }] } },
    "batch-wise loss": { balance: { losses: [{ group: "batch", alpha: 3e-2 }] } },
    "loss-free": { balance: { bias: { gamma: 5e-3 } } },
  },
  baseline: "no balancing",
  seeds: 2,
});
\`\`\`

\`\`\`ts {#tradeoff}
import { tradeOff } from "switchyard";

display(tradeOff(study));
\`\`\`
`;

/** One cell that cannot be run, and one whose runs diverge. */
export const wrongStudy = `---
switchyard: 1
title: What can go wrong
---
\`\`\`ts {#impossible}
import { experiment } from "switchyard";

export const impossible = experiment("Too many active experts", { model: { numExpertsPerTok: 20 }, arms: { a: {} }, baseline: "a" });
\`\`\`

\`\`\`ts {#hot}
import { experiment } from "switchyard";

export const hot = experiment("A learning rate too far", {
  model: { hiddenSize: 16, numHiddenLayers: 1, nRoutedExperts: 4, moeIntermediateSize: 16 },
  train: { steps: 60, batchSize: 4, seqLen: 16, clipNorm: 1e9, schedule: { kind: "constant", warmup: 0 } },
  validation: { windowsPerDomain: 4 },
  arms: { "as usual": {}, "lr 1e4": { train: { optimizer: { lr: 1e4, weightDecay: 0 } } } },
  baseline: "as usual",
  seeds: 1,
});
\`\`\`
`;
