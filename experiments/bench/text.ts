import { profileTable } from "./profile-text.ts";
import type { BenchSummary } from "./summary.ts";

/** A summary as a person reads it. */
export function summaryText(summary: BenchSummary): string {
  const { model, backend, workers, replicas, tokensPerSecond, losses, sideBySide } = summary;
  const how = [workers > 1 ? `${workers} workers` : "1 worker", ...(replicas > 1 ? [`${replicas} replicas`] : [])].join(", ");
  const rows: [string, string][] = [
    ["tokens/s", `${si(tokensPerSecond.median)} (best ${si(tokensPerSecond.best)}), median of ${summary.rounds} rounds`],
    ["step", `${summary.stepMilliseconds.toFixed(1)} ms`],
    ...(sideBySide === null
      ? []
      : ([
          ["one alone", `${si(sideBySide.alone.tokensPerSecond)} tokens/s, ${sideBySide.alone.stepMilliseconds.toFixed(1)} ms a step`],
          ["side by side", `${sideBySide.gain.toFixed(2)} times as fast as ${replicas} runs one after another`],
        ] as [string, string][])),
    ["FLOP per token", si(summary.flopsPerToken)],
    ["achieved", `${si(summary.flopsPerSecond)}FLOP/s`],
    [
      "matrix products",
      `${si(summary.productFlopsPerSecond)}FLOP/s on the model's own shapes (${percent(summary.productShare)} of its FLOPs)`,
    ],
    ["ratio", percent(summary.ratio)],
    ["first step", `after ${(summary.firstStepMilliseconds / 1000).toFixed(2)} s`],
    [
      "memory",
      `${summary.memoryBytes === null ? "" : `${mebibytes(summary.memoryBytes)} a worker, `}process at most ${mebibytes(summary.residentBytes)}`,
    ],
    ...(summary.dispatchesPerStep === null
      ? []
      : [
          [
            "dispatches",
            `${summary.dispatchesPerStep} a step${summary.bytesPerStep === null ? "" : `, ${mebibytes(summary.bytesPerStep)} read and written`}`,
          ] as [string, string],
        ]),
    ["loss", `${losses.first.toFixed(3)} → ${losses.last.toFixed(3)}`],
  ];
  const lines = [
    `${model} on ${backend.name} (${backend.adapter}), ${how}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(16)} ${value}`),
  ];
  return [...lines, ...(summary.profile.length > 0 ? profileTable(summary.profile, summary.stepMilliseconds) : [])].join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** 14700 → "14.7 k" with a space before the unit that follows */
function si(value: number): string {
  const units = ["", "k", "M", "G", "T", "P"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
