/** Notebooks for pictures: the gallery's default study made small, and studies that go wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { smallStudy } from "./notebooks.ts";
import { root } from "./paths.ts";

/** A value in place of another in a notebook's text; the text must hold it. */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the notebook does not hold ${from}`);
  return text.replace(from, to);
}

/** The default study with its own arms and model, over fewer steps and seeds. */
export const defaultStudy = (): string =>
  [
    ["steps: 400", "steps: 60"],
    ["seeds: 3,", "seeds: 2,"],
  ].reduce((text, [from, to]) => replaced(text, from, to), readFileSync(join(root, "experiments/gallery/balancing.md"), "utf8"));

const tiny = `model: {
    hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2,
    attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 8, qkRopeHeadDim: 4, vHeadDim: 8 },
    nRoutedExperts: 4, numExpertsPerTok: 2, moeIntermediateSize: 16,
  },`;

/** One experiment with more experts per token than there are, one with an arm whose loss leaves the numbers, and a view that throws. */
export const troubledStudies = `---
switchyard: 1
title: When things go wrong
---
A specification that cannot be met is refused before anything trains, with the path and the reason.

\`\`\`ts {#refused}
import { experiment } from "switchyard";

export const refused = experiment("Too many experts", {
  model: { nRoutedExperts: 16 },
  arms: {
    "two": { model: { numExpertsPerTok: 2 } },
    "twenty": { model: { numExpertsPerTok: 20 } },
  },
  baseline: "two",
});
\`\`\`

A run whose loss diverges says at which step, and the others go on.

\`\`\`ts {#diverged}
import { experiment } from "switchyard";

export const diverged = experiment("A learning rate that is too high", {
  ${tiny}
  train: { steps: 30, batchSize: 4, seqLen: 32, evalEvery: 10 },
  validation: { windowsPerDomain: 2 },
  arms: {
    "lr 3e-3": { train: { optimizer: { lr: 3e-3 } } },
    "lr 1e6": { train: { optimizer: { lr: 1e6 } } },
  },
  baseline: "lr 3e-3",
  seeds: 2,
});
\`\`\`

A view that goes wrong says where.

\`\`\`ts {#throws}
const best = diverged.arms.find((arm) => arm.name === "lr 1e-3");
best.mean.valLoss
\`\`\`
`;

/** A cell to write in: completions of a study upstream, and a name that is not there. */
export const writing = `---
switchyard: 1
title: Writing a cell
---
\`\`\`ts {#study}
import { experiment } from "switchyard";

export const study = experiment("Small study", {
  ${tiny}
  train: { steps: 12, batchSize: 3, seqLen: 32, evalEvery: 6 },
  arms: { "plain": {}, "loss-free": { balance: { bias: { gamma: 5e-3 } } } },
  baseline: "plain",
});
\`\`\`

\`\`\`ts {#view}
const runs = study.arms.flatMap((arm) => arm.runs);
runs.length
\`\`\`
`;

/** A cell that draws with Plot, besides the study that it draws. */
export const drawnStudy = `${smallStudy}
What the figures of the notebook do not draw, a cell draws itself.

\`\`\`ts {#plot}
import * as Plot from "@observablehq/plot";

Plot.plot({
  title: "Routing entropy while training",
  width: 860,
  height: 300,
  color: { ...study.colors, legend: true },
  x: { label: "optimizer step" },
  y: { label: "share of the largest entropy", grid: true },
  marks: [
    Plot.line(study.points("routingEntropy"), {
      x: "step", y: "value", stroke: "arm", z: (point) => point.arm + point.seed,
    }),
  ],
})
\`\`\`
`;

/** The small study over more steps, for a second notebook. */
export const longerStudy = replaced(
  replaced(smallStudy, "steps: 12", "steps: 48"),
  'experiment("Small study"',
  'experiment("Longer study"',
);
