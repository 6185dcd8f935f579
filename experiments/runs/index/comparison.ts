/**
 * Any runs side by side, whatever notebooks they come from: in which settings they differ, what they reached, and what keeps
 * their numbers from being compared. A comparison of single runs tells no effect: that takes paired seeds and an interval.
 */
import type { RunConfig, Seed } from "../../../engine/model/config.ts";
import type { MetricEvent } from "../../../engine/train/protocol.ts";
import { flatMetrics, metricTitle, metricUnit } from "../../statistics/metrics.ts";
import { formatCount } from "../../statistics/numbers.ts";
import { variations, type Variation } from "../spec/difference.ts";
import type { FoundRun } from "./query.ts";
import { keyParts, shortKey } from "../store/key.ts";
import type { RunRecord, StoredResult } from "../store/records.ts";

/** All there is of a stored run. */
export interface ComparableRun {
  /** where it was found, and as which arm */
  found: Pick<FoundRun, "store" | "key" | "notebook" | "experiment" | "title" | "arm">;
  record: RunRecord;
  /** null: it has not ended */
  result: StoredResult | null;
  /** its curve as far as it goes; [] where that was not kept */
  events: MetricEvent[];
}

export const fewestCompared = 2;
/** as many as figures have colours */
export const mostCompared = 8;

interface ComparedRun {
  /** tells it from the others: arm and seed, and more where that is not enough */
  name: string;
  key: string;
  store: string;
  notebook: string;
  experiment: string | null;
  /** of the experiment */
  title: string | null;
  arm: string | null;
  seed: Seed;
  status: FoundRun["status"];
  error: string | null;
  backend: string;
  adapter: string | null;
  steps: number | null;
  tokens: number | null;
  /** of training */
  seconds: number | null;
  /** ISO time of the end of training */
  when: string | null;
}

interface ComparedMetric {
  /** flat name, e.g. "valBpb.prose" */
  name: string;
  title: string;
  /** "" for pure numbers */
  unit: string;
  /** one per run; null where a run has none */
  values: (number | null)[];
}

export interface RunComparison {
  runs: ComparedRun[];
  /** settings in which not all runs agree, in the order of the config */
  config: Variation[];
  metrics: ComparedMetric[];
  /** what to know before the numbers are held against each other, in words */
  warnings: string[];
}

export function compareRuns(runs: readonly ComparableRun[]): RunComparison {
  const names = namesOf(runs);
  return {
    runs: runs.map((run, i) => describe(run, names[i])),
    // how often a checkpoint was written changes no number
    config: variations(runs.map(({ record }) => keyParts(record.config, record.seed, record.dataHash).config)),
    metrics: metricsOf(runs),
    warnings: warningsOf(runs, names),
  };
}

function describe({ found, record, result }: ComparableRun, name: string): ComparedRun {
  const { store, key, notebook, experiment, title, arm } = found;
  return {
    name,
    key,
    store,
    notebook,
    experiment,
    title,
    arm,
    seed: record.seed,
    status: result?.status ?? "unfinished",
    error: result?.error ?? null,
    backend: result?.provenance?.backend ?? record.backend,
    adapter: result?.provenance?.adapter ?? null,
    steps: result?.steps ?? null,
    tokens: result?.tokens ?? null,
    seconds: result?.seconds ?? null,
    when: result?.provenance?.when ?? null,
  };
}

/** The shortest way to name them that gives every run a name of its own. */
function namesOf(runs: readonly ComparableRun[]): string[] {
  const arm = ({ found, record }: ComparableRun) => `${found.arm ?? shortKey(found.key).slice(0, 8)}, seed ${record.seed.init}`;
  const ways: ((run: ComparableRun) => string)[] = [
    arm,
    (run) => `${arm(run)}, ${run.found.title ?? "no experiment"}`,
    (run) => `${arm(run)}, ${run.found.notebook}`,
    (run) => `${arm(run)}, ${shortKey(run.found.key).slice(0, 8)}`,
    (run) => `${arm(run)}, ${run.found.store}`,
  ];
  for (const way of ways) {
    const names = runs.map(way);
    if (new Set(names).size === names.length) return names;
  }
  return runs.map((run, i) => `${arm(run)} (${i + 1})`);
}

function metricsOf(runs: readonly ComparableRun[]): ComparedMetric[] {
  const flat = runs.map(({ result }) => (result?.metrics ? flatMetrics(result.metrics) : {}));
  const names = [...new Set(flat.flatMap((metrics) => Object.keys(metrics)))];
  return names.map((name) => ({
    name,
    title: metricTitle(name),
    unit: metricUnit(name),
    values: flat.map((metrics) => metrics[name] ?? null),
  }));
}

function warningsOf(runs: readonly ComparableRun[], names: readonly string[]): string[] {
  /** runs by what they have, in words; null where a run does not say */
  const groups = (of: (run: ComparableRun) => string | null): [string, string[]][] => {
    const found = new Map<string, string[]>();
    runs.forEach((run, i) => {
      const text = of(run);
      if (text !== null) found.set(text, [...(found.get(text) ?? []), names[i]]);
    });
    return [...found];
  };
  const differing = (of: (run: ComparableRun) => string | null, say: (list: string, count: number) => string): string[] => {
    const found = groups(of);
    return found.length < 2 ? [] : [say(found.map(([text, own]) => `${text} (${own.join("; ")})`).join(" · "), found.length)];
  };
  const backends = new Set(runs.flatMap(({ result }) => result?.provenance?.backend ?? []));
  return [
    ...differing(
      ({ record }) => String(record.semantics),
      (list) =>
        `Trained by versions in which the same settings mean different computations: semantics ${list}. Their numbers cannot be compared.`,
    ),
    ...differing(
      ({ record }) => record.dataHash.slice(0, 12),
      (list) => `Trained and validated on different text: data hash ${list}. Losses on different text cannot be compared.`,
    ),
    ...differing(
      ({
        record: {
          config: { train, validation, data },
        },
      }) => `${validation.windowsPerDomain} windows of ${train.seqLen} tokens of ${Object.keys(data.mixture).join(", ")}`,
      (list) =>
        `Validated on different windows: ${list}. Their losses, loads and what else is measured on them are not the same measurement.`,
    ),
    ...differing(
      (run) => deviceOf(run, backends),
      (list, count) =>
        `Trained on ${count} different devices or kernels: ${list}. Equal settings and seeds do not give equal bits across them, and times cannot be compared.`,
    ),
    ...differing(
      ({ record: { config } }) => formatCount(tokensOf(config)),
      (list) => `Planned for different numbers of training tokens: ${list}.`,
    ),
    ...runs.flatMap(({ result }, i) =>
      result === null ? [`${names[i]} has not ended: it has no metrics, and its curve is as far as it got.`] : [],
    ),
    ...runs.flatMap(({ result }, i) =>
      result && result.status !== "done"
        ? [
            `${names[i]} ${result.status}${result.divergedAt === null ? "" : ` at step ${formatCount(result.divergedAt)}`}${result.error ? `: ${result.error}` : "."}`,
          ]
        : [],
    ),
  ];
}

const tokensOf = ({ train }: RunConfig): number => train.steps * train.batchSize * train.seqLen;

/** @param known backends of runs that say what they were trained on; one that has not ended tells only its backend */
function deviceOf({ record, result }: ComparableRun, known: ReadonlySet<string>): string | null {
  if (!result?.provenance) return known.has(record.backend) ? null : record.backend;
  const { backend, adapter, kernels, fma, table } = result.provenance;
  return `${backend}, ${adapter}${fma === null ? "" : fma ? ", fused multiply-add" : ", no fused multiply-add"}, kernels ${kernels.slice(0, 8)}${table === null ? "" : `, table ${table.slice(0, 8)}`}`;
}
