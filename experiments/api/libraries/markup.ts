/** A drawn element as XML text. linkedom's own text is HTML, which an SVG file or an image cannot be. */

const elementNode = 1;
const textNode = 3;
const svgNamespace = "http://www.w3.org/2000/svg";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]);

export const isElement = (node: unknown): node is Element =>
  typeof node === "object" && node !== null && (node as Node).nodeType === elementNode && typeof (node as Element).localName === "string";

export const isText = (node: Node): node is Text => node.nodeType === textNode;

/** The name without a prefix, in the letters the drawing needs (`linearGradient`). */
export const nameOf = (element: Element): string => element.localName;

export const isSvg = (node: unknown): node is SVGSVGElement => isElement(node) && nameOf(node).toLowerCase() === "svg";

/** Plot's own style sheets: layout of a page, which `layout.ts` does, and what a figure says by attributes. */
const isPlotStyle = (element: Element): boolean => nameOf(element) === "style" && /^\s*:where\(\./.test(element.textContent ?? "");

const systemFonts = new Set(["system-ui, sans-serif", "sans-serif"]);

/** @param more attributes of this element that come before, or instead of, its own */
export function markupOf(element: Element, more: Readonly<Record<string, string | number>> = {}): string {
  if (isPlotStyle(element)) return "";
  const name = nameOf(element);
  let start = `<${name}`;
  for (const [key, value] of Object.entries(more)) start += ` ${key}="${escapeXml(String(value))}"`;
  for (const { name: key, value } of element.attributes) {
    if (key in more || key.startsWith("xmlns") || value === null || value === undefined) continue;
    // Plot and d3 name the reader's system font; figures have one typeface, whose widths are known.
    if (key === "font-family" && systemFonts.has(value)) continue;
    start += ` ${key}="${escapeXml(String(value))}"`;
  }
  let children = "";
  for (const child of element.childNodes) {
    if (isElement(child)) children += markupOf(child);
    else if (isText(child)) children += escapeXml(child.data);
  }
  return children === "" ? `${start}/>` : `${start}>${children}</${name}>`;
}

export const namespaces = { xmlns: svgNamespace, "xmlns:xlink": "http://www.w3.org/1999/xlink" };
