/**
 * d3 and Plot for cells. The build makes one script of this file and what it imports (`scripts/build-libraries.mjs`); a
 * kernel evaluates it inside the sandbox when the first cell imports from one of them.
 */
import "./transitions.ts";
import * as Plot from "@observablehq/plot";
import * as d3 from "d3";
import { fontFamily } from "../../figures/text.ts";
import { figureMarkup, sizeOf } from "./layout.ts";
import { isElement, isSvg, markupOf, nameOf, namespaces } from "./markup.ts";
import { rowsOf } from "./table.ts";

export const modules = { d3, "@observablehq/plot": Plot };

/** How an element is shown. */
export type Drawing = { svg: string } | { rows: Record<string, string>[] } | { text: string };

/**
 * What is to be seen in an element of the document; null for any other value. An SVG stays as it is, a table is rows,
 * anything else is drawn as `layout.ts` says.
 */
export function drawingOf(value: unknown): Drawing | null {
  if (!isElement(value)) return null;
  if (isSvg(value))
    return { svg: markupOf(value, { ...namespaces, ...sizeOf(value), "font-family": value.getAttribute("font-family") ?? fontFamily }) };
  if (nameOf(value) === "table") return { rows: rowsOf(value) };
  const svg = figureMarkup(value);
  return svg === null ? { text: `<${nameOf(value)}> with nothing in it` } : { svg };
}
