import { themedSvg } from "../figures/drawn/themed-svg.ts";
import { drawFigure } from "../figures/registry.ts";
import type { FigureRequest } from "../notebook/kernel-protocol.ts";
import { type DrawFigure, leadingFigures, type ReportDocument } from "./document.ts";
import { drawingFileNames, figureFileName, safeName, standaloneWidth } from "./files.ts";
import { reportHtml } from "./html.ts";
import { latexTables } from "./latex.ts";
import { armTable, comparisonTable, csvOf, runTable } from "./tables.ts";

export type FolderFiles = Map<string, string | Uint8Array>;

/** Draws from the results of one document. */
export function drawerOf({ results }: ReportDocument): DrawFigure {
  const experiments = new Map(results.experiments.map((experiment) => [experiment.id, experiment]));
  return (request, frame) => drawFigure(request, experiments, frame);
}

/** Every figure of a document once: those that open its experiments, and those that cells show. */
export function figuresOf(document: ReportDocument): FigureRequest[] {
  const shown = document.blocks.flatMap((block) => (block.kind === "cell" ? block.displays.flatMap((item) => (item.kind === "figure" ? [item.request] : [])) : []));
  const all = [...document.results.experiments.flatMap((experiment) => leadingFigures(experiment, document)), ...shown];
  return [...new Map(all.map((request) => [figureFileName(request), request])).values()];
}

/**
 * A finished report as files, relative to its folder: report.html, every figure as SVG, PNG and CSV, every drawing of a cell as SVG and PNG, every table as CSV and LaTeX.
 * A figure that cannot be drawn is told in the page and has no file.
 */
export function reportFolder(document: ReportDocument, png: ((svg: string) => Uint8Array) | null): FolderFiles {
  const draw = drawerOf(document);
  const files: FolderFiles = new Map([["report.html", reportHtml(document, draw)]]);
  for (const request of figuresOf(document)) {
    try {
      const { svg, csv } = draw(request, { width: standaloneWidth, theme: "light" });
      const name = `figures/${figureFileName(request)}`;
      files.set(`${name}.svg`, svg);
      files.set(`${name}.csv`, csv);
      if (png) files.set(`${name}.png`, png(svg));
    } catch {
      // said where the figure would stand in report.html
    }
  }
  for (const [drawn, drawingName] of drawingFileNames(document)) {
    const svg = themedSvg(drawn, "light", { ground: true });
    files.set(`figures/${drawingName}.svg`, svg);
    try {
      if (png) files.set(`figures/${drawingName}.png`, png(svg));
    } catch {
      // the renderer of pictures refuses what browsers draw: the drawing is there as SVG
    }
  }
  for (const experiment of document.results.experiments) {
    const name = `tables/${safeName(experiment.id)}`;
    files.set(`${name}-arms.csv`, csvOf(armTable(experiment)));
    files.set(`${name}-comparisons.csv`, csvOf(comparisonTable(experiment)));
    files.set(`${name}-runs.csv`, csvOf(runTable(experiment)));
    files.set(`${name}.tex`, latexTables(experiment));
  }
  return files;
}
