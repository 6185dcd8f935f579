/**
 * An HTML element as one SVG: Plot's figure with its title, legends and caption, or several drawings in one element.
 * SVGs and texts stand below each other, the items of a legend side by side; style sheets of the page are not read.
 * So whatever a cell draws is an image that the app, a report and a file show alike.
 */
import { fontFamily, measure, wrap, type Weight } from "../../figures/text.ts";
import { escapeXml, isElement, isSvg, isText, markupOf, nameOf, namespaces } from "./markup.ts";

const margin = 12;
/** Drawings narrower than this do not narrow the text beside them, which then takes up to `readableWidth` pixels. */
const leastWidth = 240;
const readableWidth = 640;

interface TextLook {
  size: number;
  weight: Weight;
  opacity: number;
}

const plainText: TextLook = { size: 12, weight: 400, opacity: 1 };
const looks: Record<string, TextLook> = {
  h1: { size: 18, weight: 600, opacity: 1 },
  h2: { size: 15, weight: 600, opacity: 1 },
  h3: { size: 12.5, weight: 400, opacity: 0.75 },
  figcaption: { size: 11, weight: 400, opacity: 0.75 },
};

/** What stands in a row of its own. */
type Block = { kind: "svg"; element: SVGSVGElement } | { kind: "text"; text: string; look: TextLook } | { kind: "legend"; items: Item[] };

/** A swatch of a legend and what it stands for. */
interface Item {
  swatch: SVGSVGElement | null;
  text: string;
}

const ignored = new Set(["style", "script", "template", "title", "head"]);
const textOf = (node: Node): string => (node.textContent ?? "").replace(/\s+/g, " ").trim();
const isLegend = (element: Element): boolean => /(^|\s)\S+-swatches(\s|$)/.test(element.getAttribute("class") ?? "");
const withoutStyles = (element: Element): Element[] => [...element.children].filter((child) => !ignored.has(nameOf(child)));

function itemOf(element: Element): Item {
  return {
    swatch: [...element.children].find(isSvg) ?? null,
    text: [...element.childNodes]
      .filter((child) => !isSvg(child))
      .map(textOf)
      .join(""),
  };
}

function blocksOf(node: Node, look: TextLook): Block[] {
  if (isText(node)) {
    const text = textOf(node);
    return text === "" ? [] : [{ kind: "text", text, look }];
  }
  if (!isElement(node) || ignored.has(nameOf(node))) return [];
  if (isSvg(node)) return [{ kind: "svg", element: node }];
  if (isLegend(node)) return [{ kind: "legend", items: withoutStyles(node).map(itemOf) }];
  const own = looks[nameOf(node)] ?? look;
  // Text with <b> or <i> in it is one text.
  if (node.querySelector("svg, div, p, table, tr, h1, h2, h3, figcaption, ul, li") === null) {
    const text = textOf(node);
    return text === "" ? [] : [{ kind: "text", text, look: own }];
  }
  if (nameOf(node) === "tr") return [{ kind: "text", text: [...node.children].map(textOf).join(" · "), look: own }];
  return [...node.childNodes].flatMap((child) => blocksOf(child, own));
}

/** Pixels; what has no size in pixels has that of its viewBox, or that of an SVG without one. */
export function sizeOf(svg: Element): { width: number; height: number } {
  const box = (svg.getAttribute("viewBox") ?? "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const side = (name: string, at: number, otherwise: number) => {
    const text = svg.getAttribute(name) ?? "";
    const pixels = /^\s*\d*\.?\d+(e[-+]?\d+)?(px)?\s*$/i.test(text) ? parseFloat(text) : box[at];
    return pixels > 0 && Number.isFinite(pixels) ? pixels : otherwise;
  };
  return { width: side("width", 2, 300), height: side("height", 3, 150) };
}

interface Drawn {
  markup: string;
  width: number;
  height: number;
}

function drawSvg(element: SVGSVGElement, x: number, y: number): Drawn {
  const size = sizeOf(element);
  return { markup: markupOf(element, { x, y, ...size }), ...size };
}

function text(content: string, x: number, y: number, { size, weight, opacity }: TextLook): string {
  const more = (weight === 400 ? "" : ` font-weight="${weight}"`) + (opacity === 1 ? "" : ` fill-opacity="${opacity}"`);
  return `<text x="${x}" y="${y}" font-size="${size}" fill="currentColor" text-anchor="start"${more}>${escapeXml(content)}</text>`;
}

function drawText(block: Extract<Block, { kind: "text" }>, x: number, y: number, width: number): Drawn {
  const { size, weight } = block.look;
  const lines = wrap(block.text, width, { size, weight });
  const step = Math.ceil(size * 1.35);
  return {
    markup: lines.map((line, i) => text(line, x, y + i * step + size, block.look)).join(""),
    width: Math.max(0, ...lines.map((line) => measure(line, { size, weight }))),
    height: lines.length * step + 4,
  };
}

function drawLegend(items: readonly Item[], x: number, y: number, width: number): Drawn {
  const gap = 6;
  const parts: string[] = [];
  let [left, top, row, widest] = [0, 0, 0, 0];
  for (const { swatch, text: content } of items) {
    const size = swatch ? sizeOf(swatch) : { width: 0, height: 0 };
    const [line = ""] = wrap(content, Math.max(60, width - size.width - gap), plainText, 1);
    const itemWidth = size.width + gap + measure(line, plainText);
    if (left > 0 && left + itemWidth > width) [left, top, row] = [0, top + row, 0];
    const height = Math.max(size.height, 20);
    if (swatch) parts.push(drawSvg(swatch, x + left, y + top + (height - size.height) / 2).markup);
    parts.push(text(line, x + left + size.width + gap, y + top + height / 2 + 4, plainText));
    left += itemWidth + 18;
    widest = Math.max(widest, left - 18);
    row = Math.max(row, height);
  }
  return { markup: parts.join(""), width: widest, height: top + row + 6 };
}

/** The element's own description first, then the descriptions and titles of what is drawn in it. */
function describe(element: Element, blocks: readonly Block[]): { title: string; alternative: string } {
  const headings = blocks.flatMap((block) => (block.kind === "text" && block.look.weight === 600 ? [block.text] : []));
  const said = (node: Element) =>
    ["aria-label", "aria-description"]
      .map((name) => node.getAttribute(name))
      .filter(Boolean)
      .join(". ");
  const drawn = blocks.flatMap((block) => (block.kind === "svg" ? [said(block.element)] : []));
  const captions = blocks.flatMap((block) => (block.kind === "text" && block.look.weight !== 600 ? [block.text] : []));
  const legends = blocks.flatMap((block) =>
    block.kind === "legend" ? [`Legend: ${block.items.map((item) => item.text).join(", ")}`] : [],
  );
  return { title: headings.join(". "), alternative: [said(element), ...drawn, ...captions, ...legends].filter(Boolean).join(". ") };
}

function widthOf(blocks: readonly Block[]): number {
  const drawings = Math.max(0, ...blocks.map((block) => (block.kind === "svg" ? sizeOf(block.element).width : 0)));
  if (drawings >= leastWidth) return drawings;
  const natural = blocks.map((block) =>
    block.kind === "text"
      ? drawText(block, 0, 0, readableWidth).width
      : block.kind === "legend"
        ? drawLegend(block.items, 0, 0, readableWidth).width
        : 0,
  );
  return Math.max(drawings, Math.ceil(Math.max(...natural)));
}

/** @returns the SVG text; null where there is nothing to see in the element */
export function figureMarkup(element: Element): string | null {
  const blocks = blocksOf(element, plainText);
  if (blocks.length === 0) return null;
  const width = widthOf(blocks);
  const parts: string[] = [];
  let y = margin;
  for (const block of blocks) {
    const drawn =
      block.kind === "svg"
        ? drawSvg(block.element, margin, y)
        : block.kind === "text"
          ? drawText(block, margin, y, width)
          : drawLegend(block.items, margin, y, width);
    parts.push(drawn.markup);
    y += drawn.height;
  }
  const { title, alternative } = describe(element, blocks);
  const size = { width: width + 2 * margin, height: Math.ceil(y + margin) };
  const root = {
    ...namespaces,
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    fill: "currentColor",
    "font-family": fontFamily,
    ...(alternative && { "aria-label": alternative }),
  };
  const start = Object.entries(root)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(" ");
  return `<svg ${start}>${title && `<title>${escapeXml(title)}</title>`}${parts.join("")}</svg>`;
}
