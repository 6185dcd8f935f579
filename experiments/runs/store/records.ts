/** Shapes of the files in a store. What does not fit them is damaged and set aside, never used. */
import * as v from "valibot";
import type { RunConfig } from "../../../engine/model/config.ts";
import type { FinalMetrics, MetricEvent } from "../../../engine/train/protocol.ts";
import type { Provenance } from "../../results.ts";
import { namesTo } from "../../own-keys.ts";
import { runConfig } from "./run-config.ts";
import { anyNumber } from "./json.ts";
import { plainData } from "./parse-json.ts";

const numbers = v.array(anyNumber);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const isoTime = v.pipe(v.string(), v.regex(/^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/));
/** Seconds that a training may have taken: at most some three thousand years. */
const duration = v.pipe(v.number(), v.minValue(0), v.maxValue(1e11));

const stepEvent = v.object({
  kind: v.literal("step"),
  step: count,
  tokens: count,
  seconds: anyNumber,
  trainLoss: anyNumber,
  mtpLoss: numbers,
  balanceLoss: anyNumber,
  zLoss: v.exactOptional(anyNumber),
  mtpRouterLoss: v.exactOptional(anyNumber),
  gradNorm: anyNumber,
  clipped: v.boolean(),
  skipped: v.boolean(),
  lr: anyNumber,
  maxVioBatch: anyNumber,
});

const evaluation = {
  step: count,
  tokens: count,
  seconds: anyNumber,
  valLoss: anyNumber,
  valLossError: v.optional(anyNumber),
  valBpb: namesTo(anyNumber),
  mtpLoss: numbers,
  /** results of semantics 1 have it under the name `acceptance`, and no acceptance */
  agreement: v.optional(numbers),
  acceptance: numbers,
  maxVioShift: v.exactOptional(anyNumber),
  maxVio: v.exactOptional(namesTo(anyNumber)),
  maxVioSequence: v.exactOptional(anyNumber),
  starvedExperts: v.exactOptional(anyNumber),
  loadCv: v.exactOptional(anyNumber),
  maxVioGlobal: anyNumber,
  maxVioFloor: anyNumber,
  routingEntropy: anyNumber,
  specialisation: anyNumber,
  expertCounts: v.array(v.array(numbers)),
};

/** What an older version wrote, in today's names: what it did not measure is not there. */
const inTodaysNames = <T extends { acceptance: number[]; agreement?: number[] | undefined; valLossError?: number | undefined }>(
  stored: T,
) => ({
  ...stored,
  valLossError: stored.valLossError ?? NaN,
  agreement: stored.agreement ?? stored.acceptance,
  acceptance: stored.agreement === undefined ? [] : stored.acceptance,
});

const evalEvent = v.pipe(v.object({ kind: v.literal("eval"), ...evaluation }), v.transform(inTodaysNames));

/** One line of metrics.jsonl. */
export const metricEvent: v.GenericSchema<unknown, MetricEvent> = v.variant("kind", [stepEvent, evalEvent]);

export const finalMetrics: v.GenericSchema<unknown, FinalMetrics> = v.pipe(
  v.object({
    ...evaluation,
    trainLoss: anyNumber,
    balanceLoss: anyNumber,
    zLoss: v.exactOptional(anyNumber),
    mtpRouterLoss: v.exactOptional(anyNumber),
    gradNorm: anyNumber,
    skippedSteps: count,
    clippedSteps: count,
    tokensPerSecond: anyNumber,
    maxVioBatch: anyNumber,
    domains: v.array(v.string()),
  }),
  v.transform(inTodaysNames),
);

export const provenance: v.GenericSchema<unknown, Provenance> = v.object({
  backend: v.picklist(["reference", "cpu", "webgpu"]),
  adapter: v.string(),
  engine: v.string(),
  kernels: v.string(),
  fma: v.nullable(v.boolean()),
  table: v.nullable(v.string()),
  when: isoTime,
  seconds: duration,
});

/** Held against the schema and handed on word for word: the key is the hash of all of it. */
const wholeConfig = v.pipe(
  v.unknown(),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { issues } = v.safeParse(runConfig, dataset.value);
    if (issues) addIssue({ message: `${v.getDotPath(issues[0]) ?? "it"}: ${issues[0].message}` });
    else if (!plainData(dataset.value)) addIssue({ message: "it has a key that leads to a prototype" });
  }),
  v.transform((config) => config as RunConfig),
);

/** config.json: what was asked for. That the config is the one of the key is for the store to prove. */
export const runRecord = v.object({
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  semantics: v.number(),
  dataHash: v.string(),
  seed: v.object({ init: v.number(), data: v.number() }),
  /** recorded, not keyed: a checkpoint is gone on from on the same backend only */
  backend: v.picklist(["reference", "cpu", "webgpu"]),
  config: wholeConfig,
});

/** result.json: how it ended. */
export const storedResult = v.object({
  key: v.string(),
  status: v.picklist(["done", "diverged", "failed"]),
  error: v.nullable(v.string()),
  divergedAt: v.nullable(count),
  steps: count,
  tokens: count,
  seconds: duration,
  provenance: v.nullable(provenance),
  metrics: v.nullable(finalMetrics),
});

/** What is in result.json besides; files of version 0.1.0 have neither. */
export const resultFile = v.object({
  ...storedResult.entries,
  /** the metrics.jsonl that the result goes with, as it was when the run ended */
  curve: v.exactOptional(v.object({ bytes: count, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
  seal: v.exactOptional(v.pipe(v.string(), v.description("SHA-256 of the canonical JSON (RFC 8785) of everything else."))),
});

export type RunRecord = v.InferOutput<typeof runRecord>;
export type StoredResult = v.InferOutput<typeof storedResult>;
export type ResultFile = v.InferOutput<typeof resultFile>;
