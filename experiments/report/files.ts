import type { DrawnSvg } from "../figures/drawn/clean-svg.ts";
import type { FigureRequest } from "../notebook/kernel-protocol.ts";
import type { ReportDocument } from "./document.ts";

/** Width of a figure that stands alone, in pixels of the SVG; a PNG has twice as many. */
export const standaloneWidth = 800;

/** A readable file name without extension for a figure; equal requests share one, different options do not. */
export function figureFileName({ figure, experiments, options }: FigureRequest): string {
  const optionText = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `-${name}-${typeof value === "object" ? JSON.stringify(value) : value}`).join("");
  return safeName(`${experiments.join("-")}-${figure}${optionText}`);
}

/** What cells drew themselves → its file name without extension: the cell and, from the second on, a number. */
export function drawingFileNames({ blocks }: ReportDocument): Map<DrawnSvg, string> {
  const names = new Map<DrawnSvg, string>();
  for (const block of blocks) {
    if (block.kind !== "cell") continue;
    let count = 0;
    for (const item of block.displays) if (item.kind === "svg") names.set(item, `${safeName(block.id)}-drawing${++count > 1 ? `-${count}` : ""}`);
  }
  return names;
}

/** Letters, digits, dot, dash and underscore; nothing that means something to a shell or a file system. */
export const safeName = (text: string): string => text.normalize("NFKD").replace(/[^\w.-]+/g, "-").replace(/^[.-]+|-+$/g, "").slice(0, 100) || "figure";
