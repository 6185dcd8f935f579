/** results.json, version 1: the shapes of experiments/results.ts as they are written. */
import * as v from "valibot";
import type { Comparison, ExperimentResult, Results, RunResult } from "../results.ts";
import { namesTo } from "../own-keys.ts";
import { anyNumber } from "../runs/store/json.ts";
import { finalMetrics, provenance } from "../runs/store/records.ts";
import { comparisonDefinitions } from "../statistics/dictionary.ts";
import { runConfig } from "../runs/store/run-config.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const byMetric = namesTo(anyNumber);
const interval = v.tuple([anyNumber, anyNumber]);

const run: v.GenericSchema<unknown, RunResult> = v.object({
  arm: v.string(),
  seed: v.object({ init: v.number(), data: v.number() }),
  seedIndex: v.pipe(count, v.description("Runs of equal index are paired.")),
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/), v.description("SHA-256 of everything that the numbers depend on.")),
  status: v.picklist(["queued", "running", "paused", "done", "diverged", "failed", "stopped"]),
  error: v.nullable(v.string()),
  divergedAt: v.nullable(v.pipe(count, v.description("Optimizer step."))),
  cached: v.boolean(),
  steps: count,
  tokens: count,
  seconds: v.pipe(v.number(), v.description("Of training, without validation and pauses.")),
  provenance: v.nullable(provenance),
  curves: v.pipe(v.string(), v.description("Path of metrics.jsonl, relative to this file.")),
  metrics: v.nullable(finalMetrics),
});

const arm = v.object({
  name: v.string(),
  patch: v.pipe(v.unknown(), v.description("What the person wrote.")),
  config: runConfig,
  params: count,
  activeParams: count,
  flopsPerToken: v.number(),
  runs: v.array(run),
  mean: v.pipe(byMetric, v.description("Over finished runs, by flat metric name such as valBpb.prose.")),
  sd: v.pipe(byMetric, v.description("Sample standard deviation over finished runs.")),
  n: v.pipe(count, v.description("Finished runs.")),
});

const comparison: v.GenericSchema<unknown, Comparison> = v.object({
  metric: v.string(),
  arm: v.string(),
  n: v.pipe(count, v.description("Seeds that both the arm and the baseline finished.")),
  difference: v.pipe(anyNumber, v.description("Mean of arm minus baseline, paired by seed.")),
  sd: v.pipe(anyNumber, v.description("Of the paired differences.")),
  ci95: v.nullable(interval),
  bootstrap95: v.exactOptional(v.pipe(interval, v.description(comparisonDefinitions.bootstrap95.definition))),
  p: v.nullable(anyNumber),
  pHolm: v.nullable(anyNumber),
  detectable80: v.nullable(v.pipe(anyNumber, v.description(comparisonDefinitions.detectable80.definition))),
  seedsFor: v.pipe(namesTo(anyNumber), v.description(comparisonDefinitions.seedsFor.definition)),
  family: v.pipe(count, v.description("Comparisons that Holm corrected over.")),
  verdict: v.picklist(["lower", "higher", "cannot tell", "identical", "not tested", "not the same measurement"]),
  measuredDifferently: v.exactOptional(
    v.pipe(v.string(), v.description("Where arm and baseline were not measured alike, in words: there is no difference then.")),
  ),
});

const experiment: v.GenericSchema<unknown, ExperimentResult> = v.object({
  id: v.string(),
  cell: v.string(),
  title: v.string(),
  question: v.nullable(v.string()),
  baseline: v.string(),
  primary: v.array(v.string()),
  domains: v.array(v.string()),
  dataHash: v.string(),
  bigramEntropy: v.pipe(namesTo(v.number()), v.description("Of the training text, by domain, in nats per byte.")),
  arms: v.array(arm),
  comparisons: v.array(comparison),
});

export const results: v.GenericSchema<unknown, Results> = v.object({
  schema: v.literal("switchyard.results/1"),
  notebook: v.string(),
  engine: v.pipe(v.string(), v.description("Version of Switchyard.")),
  semantics: v.pipe(v.number(), v.description("Raised when results are meant to change.")),
  metrics: namesTo(v.object({ unit: v.string(), better: v.picklist(["lower", "higher", "neither"]), definition: v.string() })),
  experiments: v.array(experiment),
  seal: v.exactOptional(
    v.pipe(v.string(), v.description("SHA-256 of the canonical JSON (RFC 8785) of everything else. Files of version 0.1.0 have none.")),
  ),
});
