import type { BalanceConfig, RunConfig, ScheduleConfig } from "../../../engine/model/config.ts";
import { defaultAttention, defaultBias, defaultConfig, defaultEvalEvery, defaultFinal } from "./defaults.ts";
import type { Json, JsonObject } from "../../json-value.ts";
import { isObject } from "./merge.ts";

/** `given` with every hole filled from `defaults`, in the order of the defaults' keys. */
function fill(defaults: JsonObject, given: Json | undefined): JsonObject {
  const from = isObject(given) ? given : {};
  return Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [key, isObject(value) ? fill(value, from[key]) : (from[key] ?? value)]),
  );
}

/**
 * The complete config of one run from what was written (defaults not yet laid under it, schema already checked).
 * @param domainOrder the experiment's domains; each gets a weight (0: not trained on, but validated), so that arms with
 * different mixtures are validated on the same text.
 * @param order of the sequences of a batch where nothing is said of it
 *
 * Keys of later versions are absent at what earlier ones did, so that the keys of earlier runs stay what they are.
 */
export function completeConfig(given: JsonObject, domainOrder: readonly string[], order: DataOrder = "stratified"): RunConfig {
  const { attention: _attention, ...modelDefaults } = defaultConfig.model as unknown as JsonObject;
  const model = fill(modelDefaults, given.model) as unknown as RunConfig["model"];
  const attention = ((given.model as JsonObject | undefined)?.attention ?? {}) as JsonObject;
  const kind = attention.kind === "gqa" ? "gqa" : "mla";
  model.attention = fill(defaultAttention(kind, model.hiddenSize, model.numAttentionHeads) as unknown as JsonObject, attention) as never;

  if ((given.model as JsonObject | undefined)?.groupScore === "K/M") model.groupScore = "K/M";

  const balance = (given.balance ?? {}) as Partial<BalanceConfig>;
  const bias = balance.bias ? (fill(defaultBias as unknown as JsonObject, balance.bias as unknown as Json) as never) : null;

  const train = (given.train ?? {}) as JsonObject;
  const { steps: defaultSteps, ...trainDefaults } = defaultConfig.train;
  const { batchSize, seqLen, ...filled } = fill(trainDefaults as unknown as JsonObject, train) as unknown as typeof trainDefaults;
  withPieces(filled.schedule, train.schedule);
  const fromTokens = typeof train.tokens === "number" ? Math.ceil(train.tokens / (batchSize * seqLen)) : undefined;
  const steps = fromTokens ?? (train.steps as number | undefined) ?? defaultSteps;

  const { windowsPerDomain } = fill(defaultConfig.validation as unknown as JsonObject, given.validation) as { windowsPerDomain: number };
  const { final } = (given.validation ?? {}) as Partial<RunConfig["validation"]>;

  const mixture = mixtureOf(given);
  return {
    model,
    balance: { losses: structuredClone(balance.losses ?? []), zLoss: structuredClone(balance.zLoss ?? 0), bias },
    train: { steps, batchSize, seqLen, ...filled, evalEvery: (train.evalEvery as number | undefined) ?? defaultEvalEvery(steps) },
    precision: fill(defaultConfig.precision as unknown as JsonObject, given.precision) as unknown as RunConfig["precision"],
    validation: { windowsPerDomain, final: final ?? defaultFinal(windowsPerDomain) },
    data: { mixture: Object.fromEntries(domainOrder.map((name) => [name, mixture[name] ?? 0])), ...orderOf(given, order) },
  };
}

/** The last rate of a schedule in pieces is its last piece's. */
function withPieces(schedule: ScheduleConfig, given: Json | undefined): void {
  const pieces = (given as Partial<ScheduleConfig> | null | undefined)?.pieces;
  if (!pieces) return;
  schedule.pieces = structuredClone(pieces);
  schedule.final = pieces[pieces.length - 1].value;
}

export type DataOrder = "stratified" | "random" | "iid";

function orderOf(given: JsonObject, absent: DataOrder): Pick<RunConfig["data"], "order"> {
  const order = ((given.data as JsonObject | undefined)?.order as DataOrder | null | undefined) ?? absent;
  return order === "stratified" ? {} : { order };
}

/**
 * Stratified batches make any n neighbours a miniature of the batch, which defuses a statistic that is taken over n sequences: an experiment
 * in which some arm does that draws the places, in all its arms, so that they stay paired.
 */
export function defaultOrder(arms: readonly JsonObject[]): DataOrder {
  const numeric = arms.some(({ balance }) => {
    const { losses, bias } = (balance ?? {}) as Partial<BalanceConfig>;
    return (losses ?? []).some(({ group }) => typeof group === "number") || typeof bias?.group === "number";
  });
  return numeric ? "random" : "stratified";
}

/** The mixture that was written, or the default one. */
export function mixtureOf(given: JsonObject): Record<string, number> {
  return ((given.data as JsonObject | undefined)?.mixture ?? defaultConfig.data.mixture) as Record<string, number>;
}
