import type { BalanceConfig, RunConfig } from "../../engine/model/config.ts";
import { defaultAttention, defaultBias, defaultConfig, defaultEvalEvery, defaultFinal } from "./defaults.ts";
import { isObject, type Json, type JsonObject } from "./merge.ts";

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
 */
export function completeConfig(given: JsonObject, domainOrder: readonly string[]): RunConfig {
  const { attention: _attention, ...modelDefaults } = defaultConfig.model as unknown as JsonObject;
  const model = fill(modelDefaults, given.model) as unknown as RunConfig["model"];
  const attention = ((given.model as JsonObject | undefined)?.attention ?? {}) as JsonObject;
  const kind = attention.kind === "gqa" ? "gqa" : "mla";
  model.attention = fill(defaultAttention(kind, model.hiddenSize, model.numAttentionHeads) as unknown as JsonObject, attention) as never;

  const balance = (given.balance ?? {}) as Partial<BalanceConfig>;
  const bias = balance.bias ? (fill(defaultBias as unknown as JsonObject, balance.bias as unknown as Json) as never) : null;

  const train = (given.train ?? {}) as JsonObject;
  const { steps: defaultSteps, ...trainDefaults } = defaultConfig.train;
  const { batchSize, seqLen, ...filled } = fill(trainDefaults as unknown as JsonObject, train) as unknown as typeof trainDefaults;
  const fromTokens = typeof train.tokens === "number" ? Math.max(1, Math.round(train.tokens / (batchSize * seqLen))) : undefined;
  const steps = fromTokens ?? (train.steps as number | undefined) ?? defaultSteps;

  const { windowsPerDomain } = fill(defaultConfig.validation as unknown as JsonObject, given.validation) as { windowsPerDomain: number };
  const { final } = (given.validation ?? {}) as Partial<RunConfig["validation"]>;

  const mixture = mixtureOf(given);
  return {
    model,
    balance: { losses: structuredClone(balance.losses ?? []), zLoss: balance.zLoss ?? 0, bias },
    train: { steps, batchSize, seqLen, ...filled, evalEvery: (train.evalEvery as number | undefined) ?? defaultEvalEvery(steps) },
    precision: fill(defaultConfig.precision as unknown as JsonObject, given.precision) as unknown as RunConfig["precision"],
    validation: { windowsPerDomain, final: final ?? defaultFinal(windowsPerDomain) },
    data: { mixture: Object.fromEntries(domainOrder.map((name) => [name, mixture[name] ?? 0])) },
  };
}

/** The mixture that was written, or the default one. */
export function mixtureOf(given: JsonObject): Record<string, number> {
  return ((given.data as JsonObject | undefined)?.mixture ?? defaultConfig.data.mixture) as Record<string, number>;
}
