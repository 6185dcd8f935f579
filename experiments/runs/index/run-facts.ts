/** What a run can be searched by besides its columns. */
import { flatMetrics } from "../../statistics/metrics.ts";
import type { RunRecord, StoredResult } from "../store/records.ts";

/** Booleans are 1 and 0. */
export type Fact = number | string;

/** Metrics by flat name, and the leaves of the config by path: `valBpb.prose`, `train.optimizer.lr`, `balance.losses.0.alpha`. */
export function factsOf({ record, result }: { record: RunRecord; result: StoredResult | null }): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  addLeaves(record.config, "", facts);
  for (const [name, value] of Object.entries(result?.metrics ? flatMetrics(result.metrics) : {}))
    if (!Number.isNaN(value)) facts.set(name, value);
  return facts;
}

function addLeaves(value: unknown, path: string, into: Map<string, Fact>): void {
  if (typeof value === "number" || typeof value === "string") into.set(path, value);
  else if (typeof value === "boolean") into.set(path, Number(value));
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) addLeaves(inner, path === "" ? key : `${path}.${key}`, into);
}
