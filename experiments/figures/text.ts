/** Widths of text, and text that fits a width. Measured for Inter; the fallback fonts of the family stack are about as wide or narrower. */
import { element, escapeXml, type Attributes } from "./svg.ts";
import { widths } from "./text-widths.ts";

export const fontFamily = "Inter, 'Helvetica Neue', Arial, sans-serif";

export type Weight = 400 | 600;

export interface TextStyle {
  /** pixels */
  size: number;
  weight?: Weight;
}

/** Pixels from the start of `text` to its end. Characters outside the table count as wide as an em. */
export function measure(text: string, { size, weight = 400 }: TextStyle): number {
  const table = widths[weight];
  let thousandths = 0;
  for (const character of text) thousandths += table.get(character) ?? 1000;
  return (thousandths / 1000) * size;
}

/** `text`, or its start and "…" when it is wider than `width`. */
export function elide(text: string, width: number, style: TextStyle): string {
  if (measure(text, style) <= width) return text;
  const characters = [...text];
  let kept = characters.length;
  while (kept > 0 && measure(`${characters.slice(0, kept).join("").trimEnd()}…`, style) > width) kept--;
  return `${characters.slice(0, kept).join("").trimEnd()}…`;
}

/** Lines broken at spaces; words that are too long for a line are elided, and so is what does not fit `maxLines`. */
export function wrap(text: string, width: number, style: TextStyle, maxLines = Infinity): string[] {
  const lines: string[] = [];
  let current = "";
  const words = text.split(/\s+/).filter(Boolean);
  for (let i = 0; i < words.length; i++) {
    const longer = current ? `${current} ${words[i]}` : words[i];
    if (measure(longer, style) <= width || !current) {
      current = longer;
      continue;
    }
    if (lines.length + 1 === maxLines) {
      current = [current, ...words.slice(i)].join(" ");
      break;
    }
    lines.push(current);
    current = words[i];
  }
  if (current) lines.push(current);
  return lines.map((line) => elide(line, width, style));
}

export interface LabelOptions extends TextStyle {
  fill: string;
  anchor?: "start" | "middle" | "end";
  /** full text for a tooltip, when the label shows a part of it */
  title?: string;
  /** degrees, about (x, y) */
  rotate?: number;
  attributes?: Attributes;
}

/** One line of text with its baseline at y. */
export function label(text: string, x: number, y: number, { size, weight = 400, fill, anchor = "start", title, rotate, attributes }: LabelOptions): string {
  return element(
    "text",
    {
      x,
      y,
      "font-size": size,
      "font-weight": weight === 400 ? null : weight,
      fill,
      "text-anchor": anchor === "start" ? null : anchor,
      transform: rotate ? `rotate(${rotate} ${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100})` : null,
      ...attributes,
    },
    (title === undefined || title === text ? "" : element("title", {}, escapeXml(title))) + escapeXml(text),
  );
}
