import { differences } from "../runs/spec/difference.ts";
import { metricTitle } from "../statistics/metrics.ts";
import { formatCount, formatDuration, formatQuantity } from "../statistics/numbers.ts";
import type { ExperimentResult, RunResult } from "../results.ts";
import { devicesOf, type ReportDocument } from "./document.ts";
import { runTable, withoutColumn, type Table } from "./tables.ts";

/** What it takes to repeat one experiment, as data: HTML and Markdown write it each in their way. */
export interface Appendix {
  facts: [string, string][];
  tables: Table[];
  /** the baseline's full resolved configuration */
  config: unknown;
}

export function appendixOf(experiment: ExperimentResult, { results, command }: ReportDocument): Appendix {
  const runs = experiment.arms.flatMap((arm) => arm.runs);
  const trained = runs.filter((run) => run.provenance);
  const baseline = experiment.arms.find((arm) => arm.name === experiment.baseline) ?? experiment.arms[0];
  const distinct = (values: (string | null | undefined)[]): string => [...new Set(values.filter((v) => v))].join("; ") || "–";
  const { train, model } = baseline.config;
  const devices = devicesOf(runs);
  return {
    facts: [
      ...(command === null ? [] : [["Command", command] as [string, string]]),
      ["Data", `${experiment.domains.join(", ")}; hash ${experiment.dataHash}`],
      [
        "Bigram entropy of the training text",
        Object.entries(experiment.bigramEntropy)
          .map(([name, nats]) => `${name} ${nats.toFixed(2)}`)
          .join(", ") + " nats per byte",
      ],
      [
        "Training",
        `${formatCount(train.steps)} steps of ${train.batchSize} × ${train.seqLen} tokens, ${formatCount(train.steps * train.batchSize * train.seqLen)} tokens a run`,
      ],
      [
        "Model",
        `${model.numHiddenLayers} layers, hidden size ${model.hiddenSize}, ${model.nRoutedExperts} routed experts (${model.numExpertsPerTok} active) and ${model.nSharedExperts} shared; ${formatQuantity(baseline.flopsPerToken)}FLOP per token`,
      ],
      [
        "Seeds",
        [
          ...new Set(
            runs.map((run) => (run.seed.init === run.seed.data ? `${run.seed.init}` : `init ${run.seed.init}, data ${run.seed.data}`)),
          ),
        ].join("; "),
      ],
      [
        "Device",
        distinct(
          trained.map(
            ({ provenance: p }) =>
              p && `${p.backend}, ${p.adapter}${p.fma === null ? "" : p.fma ? ", fused multiply-add" : ", no fused multiply-add"}`,
          ),
        ),
      ],
      ["Kernels", distinct(trained.map(({ provenance: p }) => p && `${p.kernels}${p.table ? `, chosen by table ${p.table}` : ""}`))],
      ["Switchyard", `${distinct([results.engine, ...trained.map((run) => run.provenance?.engine)])}, semantics ${results.semantics}`],
      [
        "Training time",
        `${formatDuration(runs.reduce((sum, run) => sum + run.seconds, 0))} in all, ${formatDuration(Math.max(0, ...runs.map((run) => run.seconds)))} the longest run`,
      ],
      ["Trained", trainedWhen(trained)],
      ["Primary metrics", experiment.primary.map(metricTitle).join(", ")],
    ],
    // one device is a fact of the study; where there are several, each run's stands in its row
    tables: [
      armDifferences(experiment, baseline.config),
      devices.length > 1 ? runTable(experiment) : withoutColumn(runTable(experiment), "device"),
    ],
    config: baseline.config,
  };
}

/** From the first step of the earliest run to the end of the last, which is the study's wall time where it was trained in one go. */
function trainedWhen(runs: readonly RunResult[]): string {
  const spans = runs
    .flatMap(({ provenance: p }) => (p ? [{ from: Date.parse(p.when) - p.seconds * 1000, to: Date.parse(p.when) }] : []))
    .filter(({ from, to }) => isDate(from) && isDate(to));
  if (spans.length === 0) return "–";
  const [from, to] = [Math.min(...spans.map((span) => span.from)), Math.max(...spans.map((span) => span.to))];
  const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace("T", " ");
  return `${minute(from)} to ${minute(to)} UTC (${formatDuration((to - from) / 1000)})`;
}

const isDate = (time: number): boolean => Number.isFinite(new Date(time).getTime());

/** What each arm's resolved configuration changes. */
function armDifferences({ arms, title, baseline }: ExperimentResult, base: unknown): Table {
  const text = (value: unknown) => (value === undefined ? "–" : JSON.stringify(value));
  return {
    caption: `What the arms of “${title}” change against “${baseline}”`,
    columns: ["arm", "setting", "baseline", "here"].map((name) => ({ name, align: "left", long: true })),
    rows: arms.flatMap((arm) => differences(base, arm.config).map(({ path, from, to }) => [arm.name, path, text(from), text(to)])),
  };
}
