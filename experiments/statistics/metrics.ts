/** Names, units and meaning of every metric, and the flat form in which statistics and figures read them. */
import { nameMap, own } from "../own-keys.ts";
import type { FinalMetrics, MetricDefinition, RunResult } from "../results.ts";

/** Keyed by the name before the first dot: `valBpb.prose` and `agreement.2` are looked up with `metricDefinition`. */
export const metricDefinitions: Record<string, MetricDefinition> = {
  trainLoss: {
    unit: "nats per token",
    better: "lower",
    definition: "Cross-entropy of the next token on training batches, without balance and MTP terms; mean over the last 10 % of steps.",
  },
  valLoss: {
    unit: "nats per token",
    better: "lower",
    definition:
      "Cross-entropy of the next token after the last step, over fixed windows of all domains' validation text (`validation.final` of each), every token weighing the same whatever was trained on. Points of a curve are over fewer (`validation.windowsPerDomain`), so the curve's last one may differ by a few thousandths.",
  },
  valLossError: {
    unit: "nats per token",
    better: "neither",
    definition:
      "Standard error of valLoss that comes from which windows of the validation text it is taken over, domain by domain. All runs read the same windows, so that it largely cancels in differences; intervals over seeds do not contain what is left of it.",
  },
  valBpb: {
    unit: "bits per byte",
    better: "lower",
    definition: "Validation loss per byte of text, base 2; `all` over all domains, else over one domain.",
  },
  mtpLoss: {
    unit: "nats per token",
    better: "lower",
    definition: "Validation cross-entropy of the multi-token-prediction module of that depth (DeepSeek-V3 Eq. 24).",
  },
  agreement: {
    unit: "fraction",
    better: "higher",
    definition:
      "Share of validation positions at which the likeliest token of the MTP module of that depth is the main model's likeliest when it gets there. Both read the true text, so depth k is given that the tokens before its own are those of the text. No acceptance rate: that is of text which the model writes.",
  },
  acceptance: {
    unit: "fraction",
    better: "higher",
    definition:
      "Chance that speculative sampling (arXiv 2211.17192) keeps a token drawn from the MTP module of that depth: the sum over tokens of the smaller of the module's and the main model's probability, mean over validation positions. Both read the true text, so depth k is the chance given that all guesses before it were kept; the mean weighs all positions alike, those too at which an earlier guess would have been rejected. On text that a model writes itself the figure differs.",
  },
  balanceLoss: {
    unit: "nats per token",
    better: "neither",
    definition:
      "Sum of the auxiliary balance losses of the main model's MoE layers (DeepSeek-V3 Eq. 17), each times its alpha, as they were added to the training loss; mean over the last 10 % of steps. It adds up over layers.",
  },
  zLoss: {
    unit: "nats per token",
    better: "neither",
    definition:
      "Router z-loss of the main model's MoE layers (arXiv 2202.08906 Eq. 5), times its coefficient; mean over the last 10 % of steps.",
  },
  mtpRouterLoss: {
    unit: "nats per token",
    better: "neither",
    definition:
      "Balance losses and z-losses of the multi-token-prediction modules' MoE layers, each times its weight; mean over the last 10 % of steps.",
  },
  gradNorm: {
    unit: "1",
    better: "neither",
    definition: "Global L2 norm of the gradient before clipping; mean over the last 10 % of steps.",
  },
  skippedSteps: {
    unit: "steps",
    better: "lower",
    definition: "Optimizer steps that changed nothing because the gradient norm was not finite.",
  },
  clippedSteps: {
    unit: "steps",
    better: "neither",
    definition: "Optimizer steps whose gradient was scaled down to the clip norm.",
  },
  tokensPerSecond: {
    unit: "tokens per second",
    better: "higher",
    definition:
      "Training tokens per second of training time, without validation and pauses. Depends on the device and on what else it does.",
  },
  maxVioGlobal: {
    unit: "1",
    better: "lower",
    definition:
      "Load of the busiest expert over the mean load, minus 1 (arXiv 2408.15664 Eq. 4), from the experts tokens were sent to over all validation tokens, domains weighted as in the training mixture; mean over MoE layers. 0 is perfect balance.",
  },
  maxVioShift: {
    unit: "1",
    better: "lower",
    definition: "The same with every domain weighing the same: what a mixture unlike the training one does to balance.",
  },
  maxVio: {
    unit: "1",
    better: "lower",
    definition: "The same over one domain's validation tokens.",
  },
  maxVioSequence: {
    unit: "1",
    better: "lower",
    definition:
      "The same within single validation windows; mean over windows and MoE layers. A window is short: chance alone makes it large.",
  },
  starvedExperts: {
    unit: "fraction",
    better: "lower",
    definition:
      "Share of experts that get less than a tenth of the mean load over the validation tokens, domains weighted as in the training mixture; mean over MoE layers.",
  },
  loadCv: {
    unit: "1",
    better: "lower",
    definition:
      "Standard deviation of the experts' loads over their mean, over the validation tokens, domains weighted as in the training mixture; mean over MoE layers.",
  },
  maxVioBatch: {
    unit: "1",
    better: "lower",
    definition: "Load of the busiest expert over the mean load, minus 1, within single training batches; mean over the last 10 % of steps.",
  },
  routingEntropy: {
    unit: "1",
    better: "neither",
    definition:
      "Entropy of the experts' shares of the validation tokens, domains weighted as in the training mixture, over its largest possible value; mean over MoE layers: 1 is even use.",
  },
  specialisation: {
    unit: "bits",
    better: "neither",
    definition:
      "Jensen-Shannon divergence, base 2, between the domains' expert loads, mean over MoE layers: 0 when every domain uses the experts alike.",
  },
};

/** Short names for axes and sentences. */
const titles: Record<string, string> = {
  trainLoss: "Training loss",
  valLoss: "Validation loss",
  valLossError: "Validation loss, error from windows",
  valBpb: "Validation bits per byte",
  mtpLoss: "MTP loss",
  agreement: "MTP agreement",
  acceptance: "MTP acceptance",
  balanceLoss: "Balance loss",
  gradNorm: "Gradient norm",
  skippedSteps: "Skipped steps",
  clippedSteps: "Clipped steps",
  tokensPerSecond: "Throughput",
  maxVioGlobal: "MaxVio, validation",
  maxVioBatch: "MaxVio, batch",
  maxVioShift: "MaxVio, domains alike",
  maxVio: "MaxVio",
  maxVioSequence: "MaxVio, sequence",
  starvedExperts: "Starved experts",
  loadCv: "Spread of load",
  zLoss: "Router z-loss",
  mtpRouterLoss: "MTP router losses",
  routingEntropy: "Routing entropy",
  specialisation: "Domain specialisation",
};

const unknownMetric: MetricDefinition = { unit: "", better: "neither", definition: "" };

/** @param metric flat name, e.g. `valBpb.prose` */
export function metricDefinition(metric: string): MetricDefinition {
  return own(metricDefinitions, metric.split(".", 1)[0]) ?? unknownMetric;
}

/** @param metric flat name: `valBpb.prose` → "Validation bits per byte, prose"; `acceptance.2` → "MTP acceptance, depth 2" */
export function metricTitle(metric: string): string {
  const dot = metric.indexOf(".");
  const family = dot < 0 ? metric : metric.slice(0, dot);
  const title = own(titles, family) ?? family;
  if (dot < 0) return title;
  const part = metric.slice(dot + 1);
  if (part === "all") return title;
  return ["mtpLoss", "agreement", "acceptance"].includes(family) ? `${title}, depth ${part}` : `${title}, ${part}`;
}

/** Unit for an axis; "" for pure numbers. */
export function metricUnit(metric: string): string {
  const { unit } = metricDefinition(metric);
  return unit === "1" ? "" : unit;
}

/** Title and unit: "Validation loss (nats per token)". */
export function metricLabel(metric: string): string {
  const unit = metricUnit(metric);
  return unit ? `${metricTitle(metric)} (${unit})` : metricTitle(metric);
}

/** Every metric of a finished run as one number each; depths count from 1. */
export function flatMetrics(metrics: FinalMetrics): Record<string, number> {
  const flat = nameMap<number>([
    ["valLoss", metrics.valLoss],
    ["trainLoss", metrics.trainLoss],
  ]);
  for (const [domain, value] of Object.entries(metrics.valBpb)) flat[`valBpb.${domain}`] = value;
  metrics.mtpLoss.forEach((value, index) => (flat[`mtpLoss.${index + 1}`] = value));
  metrics.agreement.forEach((value, index) => (flat[`agreement.${index + 1}`] = value));
  metrics.acceptance.forEach((value, index) => (flat[`acceptance.${index + 1}`] = value));
  for (const [domain, value] of Object.entries(metrics.maxVio ?? {})) flat[`maxVio.${domain}`] = value;
  // runs of older versions lack these
  const { maxVioShift, maxVioSequence, starvedExperts, loadCv, zLoss, mtpRouterLoss } = metrics;
  for (const [name, value] of Object.entries({ maxVioShift, maxVioSequence, starvedExperts, loadCv, zLoss, mtpRouterLoss }))
    if (value !== undefined) flat[name] = value;
  if (!Number.isNaN(metrics.valLossError)) flat.valLossError = metrics.valLossError;
  const { maxVioGlobal, maxVioBatch, routingEntropy, specialisation, balanceLoss, gradNorm, skippedSteps, clippedSteps, tokensPerSecond } =
    metrics;
  return Object.assign(flat, {
    maxVioGlobal,
    maxVioBatch,
    routingEntropy,
    specialisation,
    balanceLoss,
    gradNorm,
    skippedSteps,
    clippedSteps,
    tokensPerSecond,
  });
}

export type FinishedRun = RunResult & { metrics: FinalMetrics };

/** Only finished runs are evidence about a metric; the others are counted. */
export function isFinished(run: RunResult): run is FinishedRun {
  return run.status === "done" && run.metrics !== null;
}
