import { differences } from "../runs/difference.ts";
import { metricTitle } from "../statistics/metrics.ts";
import { formatCount, formatDuration, formatQuantity } from "../statistics/numbers.ts";
import type { ExperimentResult, Results } from "../results.ts";
import { runTable, type Table } from "./tables.ts";

/** What it takes to repeat one experiment, as data: HTML and Markdown write it each in their way. */
export interface Appendix {
  facts: [string, string][];
  tables: Table[];
  /** the baseline's full resolved configuration */
  config: unknown;
}

export function appendixOf(experiment: ExperimentResult, results: Results): Appendix {
  const runs = experiment.arms.flatMap((arm) => arm.runs);
  const trained = runs.filter((run) => run.provenance);
  const baseline = experiment.arms.find((arm) => arm.name === experiment.baseline) ?? experiment.arms[0];
  const distinct = (values: (string | null | undefined)[]): string => [...new Set(values.filter((v) => v))].join("; ") || "–";
  const { train, model } = baseline.config;
  return {
    facts: [
      ["Data", `${experiment.domains.join(", ")}; hash ${experiment.dataHash}`],
      ["Bigram entropy of the training text", Object.entries(experiment.bigramEntropy).map(([name, nats]) => `${name} ${nats.toFixed(2)}`).join(", ") + " nats per byte"],
      ["Training", `${formatCount(train.steps)} steps of ${train.batchSize} × ${train.seqLen} tokens, ${formatCount(train.steps * train.batchSize * train.seqLen)} tokens a run`],
      ["Model", `${model.numHiddenLayers} layers, hidden size ${model.hiddenSize}, ${model.nRoutedExperts} routed experts (${model.numExpertsPerTok} active) and ${model.nSharedExperts} shared; ${formatQuantity(baseline.flopsPerToken)}FLOP per token`],
      ["Seeds", [...new Set(runs.map((run) => (run.seed.init === run.seed.data ? `${run.seed.init}` : `init ${run.seed.init}, data ${run.seed.data}`)))].join("; ")],
      ["Device", distinct(trained.map(({ provenance: p }) => p && `${p.backend}, ${p.adapter}${p.fma === null ? "" : p.fma ? ", fused multiply-add" : ", no fused multiply-add"}`))],
      ["Kernels", distinct(trained.map(({ provenance: p }) => p && `${p.kernels}${p.table ? `, chosen by table ${p.table}` : ""}`))],
      ["Switchyard", `${distinct([results.engine, ...trained.map((run) => run.provenance?.engine)])}, semantics ${results.semantics}`],
      ["Training time", formatDuration(runs.reduce((sum, run) => sum + run.seconds, 0))],
      ["Primary metrics", experiment.primary.map(metricTitle).join(", ")],
    ],
    tables: [armDifferences(experiment, baseline.config), runTable(experiment)],
    config: baseline.config,
  };
}

/** What each arm's resolved configuration changes. */
function armDifferences({ arms, title, baseline }: ExperimentResult, base: unknown): Table {
  const text = (value: unknown) => (value === undefined ? "–" : JSON.stringify(value));
  return {
    caption: `What the arms of “${title}” change against “${baseline}”`,
    columns: [{ name: "arm", align: "left" }, { name: "setting", align: "left" }, { name: "baseline", align: "left" }, { name: "here", align: "left" }],
    rows: arms.flatMap((arm) => differences(base, arm.config).map(({ path, from, to }) => [arm.name, path, text(from), text(to)])),
  };
}
