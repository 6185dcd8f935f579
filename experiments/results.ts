/** results.json, version 1, and the same shapes in memory. Numbers that are not finite travel as the strings "NaN", "Infinity", "-Infinity" in JSON only. */
import type { BackendName } from "../engine/backends/backend.ts";
import type { RunConfig, Seed } from "../engine/model/config.ts";
import type { EvalMetrics, FinalMetrics, MetricEvent } from "../engine/train/protocol.ts";

export type RunStatus = "queued" | "running" | "paused" | "done" | "diverged" | "failed" | "stopped";

/** Recorded, not keyed. */
export interface Provenance {
  backend: BackendName;
  adapter: string;
  /** version of Switchyard */
  engine: string;
  /** hash of the kernels */
  kernels: string;
  fma: boolean | null;
  /** hash of the kernel-variant table, null where the backend has none */
  table: string | null;
  /** ISO time of the end of training */
  when: string;
  seconds: number;
}

export interface RunResult {
  arm: string;
  seed: Seed;
  /** index of the seed within the experiment: runs with equal index are paired */
  seedIndex: number;
  key: string;
  status: RunStatus;
  error: string | null;
  divergedAt: number | null;
  cached: boolean;
  steps: number;
  tokens: number;
  seconds: number;
  provenance: Provenance | null;
  /** path of metrics.jsonl relative to results.json */
  curves: string;
  metrics: FinalMetrics | null;
  /** in memory only: the lines of metrics.jsonl */
  events?: MetricEvent[];
}

export interface ArmResult {
  name: string;
  /** what the person wrote */
  patch: unknown;
  config: RunConfig;
  params: number;
  activeParams: number;
  flopsPerToken: number;
  runs: RunResult[];
  /** over finished runs, keyed by flat metric name (see statistics/metrics.ts), e.g. "valLoss", "valBpb.prose", "acceptance.1" */
  mean: Record<string, number>;
  sd: Record<string, number>;
  /** finished runs */
  n: number;
}

export type Verdict = "lower" | "higher" | "cannot tell" | "identical" | "not tested" | "not the same measurement";

/** Paired difference arm − baseline of one metric over the seeds both finished. */
export interface Comparison {
  metric: string;
  arm: string;
  n: number;
  difference: number;
  sd: number;
  ci95: [number, number] | null;
  /** BCa bootstrap interval, when n ≥ 8; see statistics/bootstrap.ts for how often it holds the truth */
  bootstrap95?: [number, number];
  p: number | null;
  pHolm: number | null;
  /** smallest |difference| that this verdict tells with 80 % power, whatever the other arms do: at level 0.05 / family (Holm's first step) */
  detectable80: number | null;
  /** seeds with which this verdict tells the difference seen, and half of it, with 80 % power, at the same level */
  seedsFor: Record<string, number>;
  /** how many comparisons Holm corrected over: all arms, all primary metrics */
  family: number;
  verdict: Verdict;
  /** in words, where the arm and the baseline were not measured alike: there is no difference then */
  measuredDifferently?: string;
}

export interface ExperimentResult {
  id: string;
  cell: string;
  title: string;
  question: string | null;
  baseline: string;
  primary: string[];
  domains: string[];
  dataHash: string;
  /** per domain, of the training text, nats per byte */
  bigramEntropy: Record<string, number>;
  arms: ArmResult[];
  comparisons: Comparison[];
}

export interface MetricDefinition {
  unit: string;
  better: "lower" | "higher" | "neither";
  definition: string;
}

export interface Results {
  schema: "switchyard.results/1";
  notebook: string;
  engine: string;
  semantics: number;
  metrics: Record<string, MetricDefinition>;
  experiments: ExperimentResult[];
  /** in files only: see runs/sealed-json.ts */
  seal?: string;
}

export type { EvalMetrics, FinalMetrics, MetricEvent };
