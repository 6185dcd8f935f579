/** The open notebook as a report. */
import { semantics } from "../../engine/model/config.ts";
import { drawFigure } from "../../experiments/figures/registry.ts";
import { reportHtml, type HtmlOptions } from "../../experiments/report/html.ts";
import type { DrawFigure, ReportDocument } from "../../experiments/report/document.ts";
import { reportMarkdown } from "../../experiments/report/markdown.ts";
import { commandLine } from "../../experiments/report/command.ts";
import { engineVersion } from "../../experiments/runs/store/version.ts";
import { metricDefinitions } from "../../experiments/statistics/metrics.ts";
import type { NotebookState } from "./notebook.svelte.ts";
import type { Studies } from "./studies.svelte.ts";

/** What the notebook shows now; cells whose text has moved on are marked stale. */
function reportDocument(notebook: NotebookState, studies: Studies): ReportDocument {
  return {
    title: notebook.title,
    blocks: notebook.blocks.map((block) => {
      if (block.kind === "prose" || block.id === null) return { kind: "prose", text: block.text };
      const { items } = notebook.output(block.id);
      const validity = notebook.validity(block.id);
      const experiments = studies
        .studiesOf(block.id)
        .flatMap(({ evidence }) => (evidence ? [{ kind: "experiment" as const, id: evidence.id }] : []));
      const displays = [...experiments, ...items.filter((item) => item.kind !== "experiment")];
      return {
        kind: "cell",
        id: block.id,
        source: block.text,
        displays,
        error: notebook.error(block.id),
        stale: validity.kind === "stale" ? validity.why : null,
      };
    }),
    results: {
      schema: "switchyard.results/1",
      notebook: notebook.name,
      engine: engineVersion,
      semantics,
      metrics: metricDefinitions,
      experiments: [...studies.evidence.values()],
    },
    command: commandLine({ notebook: notebook.name, budget: notebook.budget }),
  };
}

const drawFrom =
  (studies: Studies): DrawFigure =>
  (request, frame) =>
    drawFigure(request, studies.evidence, frame);

export function reportOf(notebook: NotebookState, studies: Studies, options: HtmlOptions = {}): string {
  return reportHtml(reportDocument(notebook, studies), drawFrom(studies), options);
}

/** As files of a folder: report.md and the figures it shows. */
export function reportFilesOf(notebook: NotebookState, studies: Studies): { path: string; contents: string }[] {
  const { markdown, files } = reportMarkdown(reportDocument(notebook, studies), drawFrom(studies));
  return [{ path: "report.md", contents: markdown }, ...[...files].map(([path, contents]) => ({ path, contents }))];
}
