/** What the index of runs is asked and answers, on disk and in memory, for the command line and the app. */
import * as v from "valibot";
import { metricDefinitions } from "../../statistics/metrics.ts";
import type { Affinity } from "./where-match.ts";

/** One run as one arm of one experiment; a run that several arms share is found once for each. */
export interface FoundRun {
  notebook: string;
  /** folder of the store */
  store: string;
  /** null for a run that no experiment of its notebook is known to have asked for */
  experiment: string | null;
  title: string | null;
  arm: string | null;
  seed: number;
  /** "changed": its result is not what was written, and is not shown */
  status: "done" | "diverged" | "failed" | "unfinished" | "changed";
  error: string | null;
  key: string;
  backend: string;
  adapter: string | null;
  /** version of Switchyard */
  engine: string | null;
  semantics: number;
  steps: number | null;
  tokens: number | null;
  /** of training */
  seconds: number | null;
  /** ISO time of the end of training */
  when: string | null;
  /** by flat name, e.g. "valBpb.prose" */
  metrics: Record<string, number>;
}

export type RunColumn = Exclude<keyof FoundRun, "metrics">;

/** The columns of a run, and how comparisons treat them. */
export const columnAffinities: Readonly<Record<RunColumn, Affinity>> = {
  notebook: "text",
  store: "text",
  experiment: "text",
  title: "text",
  arm: "text",
  seed: "number",
  status: "text",
  error: "text",
  key: "text",
  backend: "text",
  adapter: "text",
  engine: "text",
  semantics: "number",
  steps: "number",
  tokens: "number",
  seconds: "number",
  when: "text",
};

/** The columns that plain words are looked for in. */
export const wordColumns = [
  "notebook",
  "experiment",
  "title",
  "arm",
  "status",
  "backend",
  "adapter",
  "key",
] as const satisfies readonly RunColumn[];

/** Metrics of one number: every finished run has them. */
export const scalarMetrics: readonly string[] = Object.keys(metricDefinitions).filter(
  (name) => !["valBpb", "mtpLoss", "agreement", "acceptance"].includes(name),
);

export const isMetric = (name: string): boolean => Object.hasOwn(metricDefinitions, name.split(".", 1)[0]);

/** Which run: a key may lie in several stores. */
export const runReference = v.object({ store: v.string(), key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
export type RunReference = v.InferOutput<typeof runReference>;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const runQuery = v.object({
  /** every one of these words must occur in a run's names, device, status or key */
  words: v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** see index-where.ts; null: no condition */
  where: v.nullable(v.pipe(v.string(), v.maxLength(10_000))),
  /** a column, metric or setting; runs that lack it come last. null: by notebook, experiment, arm and seed */
  order: v.nullable(v.object({ by: v.string(), descending: v.boolean() })),
  offset: count,
  /** null: all */
  limit: v.nullable(count),
});
export type RunQuery = v.InferOutput<typeof runQuery>;

export const everyRun: RunQuery = { words: [], where: null, order: null, offset: 0, limit: null };

export interface FoundRuns {
  /** from `offset` on, `limit` at most */
  runs: FoundRun[];
  /** of all that match */
  total: number;
  /** stores that hold runs */
  stores: number;
}

/** What was typed as plain words, in the form a query takes them. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
