/** RESULTS.md from what run.mjs measured. */

const number = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const giga = (value) => (value / 1e9).toFixed(value < 1e9 ? 2 : 1);
const mebibytes = (value) => Math.round(value / 2 ** 20).toLocaleString("en");

/** @param rows `{ model, ours }` (what `switchyard bench --json` printed), `{ model, name, peer }` or `{ model, name, error }` */
export function markdown({ rows, missing, machine }) {
  const busy = Math.max(0, machine.load.before);
  const lines = [
    "# Bench results",
    "",
    `Written by \`npm run bench\` on ${machine.date} at commit ${machine.commit}: ${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}; ${machine.seconds} s per measurement.`,
    `Load of the machine before the first measurement: ${busy.toFixed(1)}.${busy > 0.5 ? " **It was not quiet: absolute figures are low and uneven; only ratios mean something, and those little.**" : ""}`,
    "",
    "## Switchyard",
    "",
    "Rates of all workers together, median of rounds (best in brackets). FLOPs are what the model needs: matrix products, and attention's causal half three times over.",
    "*Products* is the backend's own rate on the model's own matrix products, in the same process, with the same workers, in turn with the steps; *ratio* is the median over rounds of achieved ÷ products.",
    "",
    "| model | backend | tokens/s | step, ms | kFLOP a token | GFLOP/s | products, GFLOP/s | ratio | first step, s | memory of a worker, MiB | process, MiB | dispatches a step |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ...rows.filter(({ ours }) => ours).map(({ ours }) => ourRow(ours)),
    "",
    ...rows
      .filter(({ error, peer, ours, name }) => error && !peer && !ours && ["cpu", "webgpu", "reference"].includes(name))
      .map(({ model, name, error }) => `- ${model} on ${name}: ${error}`),
    "",
    "## Beside other libraries",
    "",
    "The same model without balancing terms, the same first weights, batches and learning rates; tokens per second on all cores of the machine, each library in the way it does best (so many processes of so many threads).",
    "*Losses* is the largest relative difference from ours over the first steps.",
    "",
    "| model | library | tokens/s | Switchyard (cpu) is | processes × threads | losses |",
    "|---|---|---|---|---|---|",
    ...rows.filter(({ peer }) => peer).map((row) => peerRow(row, rows)),
    "",
    ...rows
      .filter(({ error, name }) => error && !["cpu", "webgpu", "reference"].includes(name))
      .map(({ model, name, error }) => `- ${model} on ${name}: ${error}`),
    ...Object.entries(missing).map(([name, reason]) => `- ${name} was not measured: ${reason}.`),
    "",
    "jax-js and TensorFlow.js run on WebAssembly in Node with SIMD (jax-js also relaxed SIMD), one process per core. They write the experts densely, having no grouped product: every expert computes every token.",
    "TensorFlow.js embeds by one-hot products and writes transposes out. PyTorch runs `transformers`' models in eager mode with fused attention and fused AdamW.",
    "",
  ];
  return `${lines.filter((line, n) => line !== "" || lines[n - 1] !== "").join("\n")}`;
}

function ourRow({
  model,
  backend,
  replicas,
  workers,
  tokensPerSecond,
  stepMilliseconds,
  flopsPerToken,
  flopsPerSecond,
  productFlopsPerSecond,
  ratio,
  firstStepMilliseconds,
  memoryBytes,
  residentBytes,
  dispatchesPerStep,
}) {
  const how = `${backend.name}, ${replicas > 1 ? `${replicas} replicas` : `${workers} worker${workers > 1 ? "s" : ""}`} (${backend.adapter})`;
  const cells = [
    model,
    how,
    `${number(tokensPerSecond.median)} (${number(tokensPerSecond.best)})`,
    stepMilliseconds.toFixed(1),
    number(flopsPerToken / 1000),
    giga(flopsPerSecond),
    giga(productFlopsPerSecond),
    `${(100 * ratio).toFixed(0)} %`,
    (firstStepMilliseconds / 1000).toFixed(2),
    memoryBytes === null ? "" : mebibytes(memoryBytes),
    mebibytes(residentBytes),
    dispatchesPerStep ?? "",
  ];
  return `| ${cells.join(" | ")} |`;
}

function peerRow({ model, name, peer }, rows) {
  const ours = rows.find((row) => row.model === model && row.ours?.backend.name === "cpu")?.ours.tokensPerSecond.median;
  const times = ours === undefined ? "" : `${(ours / peer.tokensPerSecond).toFixed(1)} times as fast`;
  const losses = `${peer.lossError.toExponential(0)}${peer.agrees ? "" : " **they differ**"}`;
  return `| ${[model, name, number(peer.tokensPerSecond), times, `${peer.processes} × ${peer.threads}`, losses].join(" | ")} |`;
}
