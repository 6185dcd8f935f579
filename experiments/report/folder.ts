import { themedSvg } from "../figures/drawn/themed-svg.ts";
import { drawFigure } from "../figures/registry.ts";
import type { DrawFigure, ReportDocument } from "./document.ts";
import { figuresOf, namesOf, standaloneWidth } from "./files.ts";
import { reportHtml } from "./html.ts";
import { latexTables } from "./latex.ts";
import { armCsv, comparisonCsv, runCsv } from "./table-csv.ts";

export type FolderFiles = Map<string, string | Uint8Array>;

/** Draws from the results of one document. */
export function drawerOf({ results }: ReportDocument): DrawFigure {
  const experiments = new Map(results.experiments.map((experiment) => [experiment.id, experiment]));
  return (request, frame) => drawFigure(request, experiments, frame);
}

/**
 * A finished report as files, relative to its folder: report.html, every figure as SVG, PNG and CSV, every drawing of a cell as SVG and PNG, every table as CSV and LaTeX.
 * What cannot be made has no file, `onProblem` hears why, and all else is made.
 */
export function reportFolder(
  document: ReportDocument,
  png: ((svg: string, path: string) => Uint8Array) | null,
  onProblem: (text: string) => void = () => {},
): FolderFiles {
  const draw = drawerOf(document);
  const names = namesOf(document);
  const files: FolderFiles = new Map();
  const make = (path: string, contents: () => string | Uint8Array): void => {
    try {
      files.set(path, contents());
    } catch (error) {
      onProblem(`${path} is missing: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  make("report.html", () => reportHtml(document, draw, { onProblem }));
  const picture = (name: string, svg: string): void => {
    files.set(`figures/${name}.svg`, svg);
    if (png) make(`figures/${name}.png`, () => png(svg, `figures/${name}.png`));
  };
  for (const request of figuresOf(document)) {
    const name = names.figure(request);
    try {
      const { svg, csv } = draw(request, { width: standaloneWidth, theme: "light" });
      picture(name, svg);
      files.set(`figures/${name}.csv`, csv);
    } catch {
      // said where the figure would stand in report.html
    }
  }
  for (const [drawn, name] of names.drawings) {
    try {
      picture(name, themedSvg(drawn, "light", { ground: true }));
    } catch (error) {
      onProblem(`figures/${name}.svg is missing: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const experiment of document.results.experiments) {
    const name = `tables/${names.tables(experiment.id)}`;
    make(`${name}-arms.csv`, () => armCsv(experiment));
    make(`${name}-comparisons.csv`, () => comparisonCsv(experiment));
    make(`${name}-runs.csv`, () => runCsv(experiment));
    make(`${name}.tex`, () => latexTables(experiment));
  }
  return files;
}
