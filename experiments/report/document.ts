import type { Figure, FigureOptions } from "../figures/figure.ts";
import type { FigureRequest } from "../request.ts";
import type { CellError, DisplayItem } from "../notebook/kernel/protocol.ts";
import type { ExperimentResult, Results, RunResult, RunStatus } from "../results.ts";
import { runWarnings } from "../statistics/run-warnings.ts";

/** Draws a figure that a cell or the report itself asks for; throws with a plain message when it cannot. */
export type DrawFigure = (request: FigureRequest, frame: FigureOptions) => Figure;

/** A notebook with what its cells showed: what every form of report is made from. */
export interface ReportDocument {
  title: string;
  blocks: (
    | { kind: "prose"; text: string }
    | { kind: "cell"; id: string; source: string; displays: DisplayItem[]; error: CellError | null; stale: string | null }
  )[];
  results: Results;
  /** what trains this study again (see command.ts); null where nobody knows */
  command: string | null;
}

/** The figures that open an experiment, in reading order; one that the notebook itself shows of it stands where the notebook has it. */
export function leadingFigures(experiment: ExperimentResult, { blocks }: ReportDocument): FigureRequest[] {
  const shown = blocks
    .flatMap((block) => (block.kind === "cell" ? block.displays : []))
    .flatMap((item) => (item.kind === "figure" && item.request.experiments.includes(experiment.id) ? [item.request.figure] : []));
  return ["forest", "curves", "tradeOff", "expertLoad"]
    .filter((figure) => !shown.includes(figure))
    .map((figure) => ({ figure, experiments: [experiment.id], options: {} }));
}

/** Everything that may make two runs of one config differ in their last bits, a text for each combination. */
export const devicesOf = (runs: readonly RunResult[]): string[] => [
  ...new Set(
    runs.flatMap(({ provenance: p }) =>
      p ? [`${p.backend}: ${p.adapter}, kernels ${p.kernels.slice(0, 8)}${p.table ? `, table ${p.table.slice(0, 8)}` : ""}`] : [],
    ),
  ),
];

const unfinished: Partial<Record<RunStatus, string>> = {
  diverged: "diverged",
  failed: "failed",
  stopped: "were stopped",
  queued: "have not been trained, or not since what they depend on changed",
  running: "are still training",
  paused: "are paused",
};

/** What a reader must know before trusting an experiment's numbers. */
export function warningsOf(experiment: ExperimentResult): string[] {
  const runs = experiment.arms.flatMap((arm) => arm.runs);
  const warnings: string[] = [];
  const unlike = experiment.comparisons.filter(
    ({ metric, measuredDifferently }) => measuredDifferently !== undefined && experiment.primary.includes(metric),
  );
  for (const [arm, how] of new Map(unlike.map(({ arm, measuredDifferently }) => [arm, measuredDifferently])))
    warnings.push(
      `“${arm}” and “${experiment.baseline}” were not measured alike (${how}): differences between their numbers say nothing about the arms, and none is given.`,
    );
  const devices = devicesOf(runs);
  if (devices.length > 1)
    warnings.push(
      `These runs come from ${devices.length} different devices or kernels (${devices.join("; ")}). Differences between them are not bit-exact.`,
    );
  for (const [status, words] of Object.entries(unfinished)) {
    const these = runs.filter((run) => run.status === status);
    if (these.length > 0)
      warnings.push(
        `${these.length} of ${runs.length} runs ${words}: ${these.map((run) => `${run.arm}, seed ${run.seed.init}`).join("; ")}. The means leave them out.`,
      );
  }
  return [...warnings, ...runWarnings(experiment)];
}
