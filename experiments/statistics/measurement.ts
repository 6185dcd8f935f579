/**
 * What a metric is measured on. Losses and loads on different text, or in windows of different length, are different quantities:
 * their difference says nothing about the arms.
 */
import type { RunConfig } from "../../engine/model/config.ts";

type Measured = Pick<RunConfig, "train" | "validation" | "data">;

/** Measured on the validation windows, whose length is that of the training sequences. */
const onValidation = new Set([
  "valLoss",
  "valLossError",
  "valBpb",
  "mtpLoss",
  "agreement",
  "acceptance",
  "maxVioGlobal",
  "maxVioShift",
  "maxVio",
  "maxVioSequence",
  "starvedExperts",
  "loadCv",
  "routingEntropy",
  "specialisation",
]);
/** Measured on what is trained on. */
const onTraining = new Set(["trainLoss"]);
/** Measured on single training batches: the fewer tokens, the more of it is chance. */
const onBatches = new Set(["maxVioBatch"]);

type Aspect = [setting: string, of: (config: Measured) => number | string | undefined];

const seqLen: Aspect = ["train.seqLen", ({ train }) => train?.seqLen];
const batchSize: Aspect = ["train.batchSize", ({ train }) => train?.batchSize];
const windows: Aspect = ["validation.windowsPerDomain", ({ validation }) => validation?.windowsPerDomain];
/** runs of the first version were summarised by the windows of their curves */
const final: Aspect = ["validation.final", ({ validation }) => validation?.final ?? validation?.windowsPerDomain];
/** every domain is validated on, whatever its weight in training */
const domains: Aspect = ["the domains", ({ data }) => data && Object.keys(data.mixture).join(", ")];
const mixture: Aspect = ["data.mixture", ({ data }) => data && weightsOf(data.mixture)];

function aspectsOf(metric: string): Aspect[] {
  const [family] = metric.split(".", 1);
  if (onValidation.has(family)) return [seqLen, windows, final, domains];
  if (onTraining.has(family)) return [seqLen, mixture];
  return onBatches.has(family) ? [seqLen, batchSize, mixture] : [];
}

/** Weights are parts: only their proportions count. */
function weightsOf(weights: Readonly<Record<string, number>>): string {
  const used = Object.entries(weights).filter(([, weight]) => weight > 0);
  const total = used.reduce((sum, [, weight]) => sum + weight, 0);
  return used.map(([name, weight]) => `${name} ${Number((weight / total).toPrecision(6))}`).join(", ");
}

/**
 * Where the measurements of `metric` under two configs differ, in words; null where they are one and the same.
 * @param metric flat name
 */
export function measuredDifferently(metric: string, config: Measured, other: Measured): string | null {
  const differing = aspectsOf(metric).flatMap(([setting, of]) => {
    const [here, there] = [of(config), of(other)];
    return here === there ? [] : [`${setting} ${here} against ${there}`];
  });
  return differing.length === 0 ? null : differing.join(", ");
}
