import type { ExperimentResult } from "../results.ts";
import { openCellKernel } from "./cell-kernel.ts";
import type { ExperimentRequest } from "../request.ts";
import type { CellError, DisplayItem } from "../notebook/kernel/protocol.ts";
import type { ReportDocument } from "../report/document.ts";
import type { OpenNotebook } from "./study.ts";

export interface Shown {
  displays: Map<string, DisplayItem[]>;
  errors: Map<string, CellError>;
  /** cells that were not evaluated to their end because everything was stopped */
  interrupted: string[];
}

/** Evaluates the cells in order, `answer` giving the result of each experiment they ask for. */
export async function evaluateCells(
  { cells }: OpenNotebook,
  answer: (request: ExperimentRequest) => Promise<ExperimentResult>,
  { log, stopped = () => false }: { log(cell: string, level: string, text: string): void; stopped?(): boolean },
): Promise<Shown> {
  const shown: Shown = { displays: new Map(), errors: new Map(), interrupted: [] };
  const kernel = await openCellKernel({
    experiment: answer,
    display: (cell, item) => shown.displays.set(cell, [...(shown.displays.get(cell) ?? []), item]),
    log,
  });
  try {
    for (const cell of cells) {
      const outcome = stopped() ? { status: "interrupted" as const } : await kernel.evaluate(cell);
      if (outcome.status === "failed") shown.errors.set(cell.id, outcome.error);
      if (outcome.status === "interrupted") shown.interrupted.push(cell.id);
    }
  } finally {
    await kernel.dispose();
  }
  return shown;
}

/** The notebook with what its cells showed; cells that were left out keep their source. */
export function documentBlocks({ notebook, cells }: OpenNotebook, { displays, errors }: Shown): ReportDocument["blocks"] {
  const evaluated = new Set(cells.map((cell) => cell.id));
  return notebook.blocks.map((block) =>
    block.kind === "prose"
      ? { kind: "prose", text: block.text }
      : {
          kind: "cell",
          id: block.id,
          source: block.source,
          displays: displays.get(block.id) ?? [],
          error: errors.get(block.id) ?? null,
          stale: evaluated.has(block.id) ? null : "it was not part of this run (--only)",
        },
  );
}
