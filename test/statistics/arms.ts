/** Arms with finished runs that hold nothing but the metrics under test. */
import type { ArmResult, FinalMetrics, RunResult } from "../../experiments/results.ts";
import { summariseArm } from "../../experiments/statistics/summary.ts";

type Value = number | RunResult["status"];

/** @param values metric → one value per seed; a status instead of a number makes a run that did not finish */
export function armWith(name: string, values: Partial<Record<"valLoss" | "specialisation" | "maxVioGlobal", Value[]>>): ArmResult {
  const seeds = Math.max(...Object.values(values).map((list) => list.length));
  const runs = Array.from({ length: seeds }, (_, seedIndex): RunResult => {
    const own = Object.entries(values).map(([metric, list]) => [metric, list[seedIndex]] as const);
    const status = own.map(([, value]) => value).find((value) => typeof value === "string") as RunResult["status"] | undefined;
    const numbers = Object.fromEntries(own) as Record<string, number>;
    const metrics: FinalMetrics = {
      step: 10,
      tokens: 100,
      seconds: 1,
      valLoss: 2,
      valLossError: 0.01,
      valBpb: { all: 2 },
      mtpLoss: [],
      agreement: [],
      acceptance: [],
      maxVioGlobal: 0.1,
      maxVioFloor: 0.05,
      routingEntropy: 0.9,
      specialisation: 0.2,
      expertCounts: [],
      trainLoss: 2,
      balanceLoss: 0,
      gradNorm: 1,
      skippedSteps: 0,
      clippedSteps: 0,
      tokensPerSecond: 1000,
      maxVioBatch: 0.3,
      domains: [],
      ...numbers,
    };
    return {
      arm: name,
      seed: { init: seedIndex, data: seedIndex },
      seedIndex,
      key: `${name}-${seedIndex}`,
      status: status ?? "done",
      error: null,
      divergedAt: null,
      cached: false,
      steps: 10,
      tokens: 100,
      seconds: 1,
      provenance: null,
      curves: "",
      metrics: status ? null : metrics,
    };
  });
  return { name, patch: {}, config: {} as ArmResult["config"], params: 0, activeParams: 0, flopsPerToken: 0, runs, ...summariseArm(runs) };
}
