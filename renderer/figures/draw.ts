/** Figures in the page: drawn by `experiments/figures`, exported through the host. */
import type { DrawnSvg } from "../../experiments/figures/drawn/clean-svg.ts";
import { themedSvg } from "../../experiments/figures/drawn/themed-svg.ts";
import type { Figure, FigureOptions, View } from "../../experiments/figures/figure.ts";
import { drawFigure } from "../../experiments/figures/registry.ts";
import type { FigureRequest } from "../../experiments/request.ts";
import { fileStem } from "../../experiments/report/file-names.ts";
import { drawingText, figureFileName, standaloneWidth } from "../../experiments/report/files.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import type { Host } from "../host/host.ts";
import { svgToPng } from "./png.ts";

export type ExportFormat = "svg" | "png" | "pdf" | "csv";
type Experiments = ReadonlyMap<string, ExperimentResult>;

/** A figure, or the reason in words why there is none. */
export type Drawn = { figure: Figure; reason: null } | { figure: null; reason: string };

export function draw(request: FigureRequest, experiments: Experiments, frame: FigureOptions): Drawn {
  try {
    return { figure: drawFigure(request, experiments, frame), reason: null };
  } catch (error) {
    return { figure: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Exports are for paper: the light theme at the width of a report's files, whatever the window shows. Arms that are hidden and
 * a part of the axis are as on screen, and the figure says so; a figure that nobody has touched is byte for byte the report's.
 * The CSV has all of the data.
 */
export async function exportFigure(
  host: Host,
  request: FigureRequest,
  experiments: Experiments,
  format: ExportFormat,
  view?: View,
): Promise<string | null> {
  const name = `${figureFileName(request)}.${format}`;
  const { svg, width, height, csv } = drawFigure(request, experiments, { width: standaloneWidth, theme: "light", view });
  switch (format) {
    case "svg":
      return host.exportFile(name, svg);
    case "csv":
      return host.exportFile(name, csv);
    case "png":
      return host.exportFile(name, await svgToPng(svg, width, height));
    case "pdf":
      return host.exportPdf(name, page(svg, width, height));
  }
}

/** What a cell drew itself, for paper too. */
export async function exportDrawing(host: Host, drawn: DrawnSvg, cell: string, format: "svg" | "png" | "pdf"): Promise<string | null> {
  const name = `${fileStem(drawingText(cell))}.${format}`;
  const svg = themedSvg(drawn, "light", { ground: true });
  const { width, height } = drawn;
  if (format === "svg") return host.exportFile(name, svg);
  if (format === "png") return host.exportFile(name, await svgToPng(svg, width, height));
  return host.exportPdf(name, page(`<img src="data:image/svg+xml,${encodeURIComponent(svg)}">`, width, height));
}

/** One page: what is inline stands on a baseline, whose descenders would begin a second. */
const page = (content: string, width: number, height: number): string =>
  `<!doctype html><meta charset="utf-8"><style>@page { size: ${Math.ceil(width)}px ${Math.ceil(height)}px; margin: 0 } body { margin: 0 } svg, img { display: block }</style>${content}`;
