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

/** Pixels from the start of `text` to its end. */
export function measure(text: string, { size, weight = 400 }: TextStyle): number {
  const table = widths[weight];
  let thousandths = 0;
  for (const character of text) {
    const width = table.get(character);
    // what the table does not know may belong to what stands beside it: the whole is measured by what a reader sees as one
    if (width === undefined) return measureGraphemes(text, table) * size;
    thousandths += width;
  }
  return (thousandths / 1000) * size;
}

/** Whether the width is that of the typeface, not a bound for what other fonts have. */
export const isMeasured = (text: string, { weight = 400 }: TextStyle): boolean =>
  [...text].every((character) => widths[weight].has(character));

/** Widest of the common emoji fonts, in ems. */
const emojiEms = 1.4;

/**
 * Ems, at most. Characters of other fonts are not known here and count as an em, which is the width of Chinese and more than
 * that of nearly every letter; an emoji is one however many code points it takes, and marks stand over what is before them.
 */
function measureGraphemes(text: string, table: ReadonlyMap<string, number>): number {
  let ems = 0;
  for (const grapheme of graphemes(text)) {
    if (/[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]/u.test(grapheme)) ems += emojiEms;
    else
      for (const character of grapheme)
        ems +=
          (table.get(character) ?? (/\s/.test(character) ? table.get(" ")! : /[\p{Mn}\p{Me}\p{C}]/u.test(character) ? 0 : 1000)) / 1000;
  }
  return ems;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a reader sees as characters: no flag, family or accented letter is taken apart. */
function graphemes(text: string): string[] {
  return /^[\x20-\x7e]*$/.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** `text`, or its start, "…" and its end when it is wider than `width`: names that begin alike often differ in their ends. */
export function elide(text: string, width: number, style: TextStyle): string {
  if (measure(text, style) <= width) return text;
  const characters = graphemes(text);
  const keep = (count: number) => {
    const end = Math.floor(count * 0.4);
    return `${characters
      .slice(0, count - end)
      .join("")
      .trimEnd()}…${end ? characters.slice(-end).join("").trimStart() : ""}`;
  };
  let kept = characters.length - 1;
  while (kept > 0 && measure(keep(kept), style) > width) kept--;
  return kept > 0 || measure("…", style) <= width ? keep(Math.max(0, kept)) : "";
}

/** Lines broken at spaces; words that are too long for a line are elided, and so is what does not fit `maxLines`. */
export function wrap(text: string, width: number, style: TextStyle, maxLines = Infinity): string[] {
  const lines: string[] = [];
  let current = "";
  // "80 %" stays together
  const words = text.split(/\s+(?!%)/).filter(Boolean);
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
export function label(
  text: string,
  x: number,
  y: number,
  { size, weight = 400, fill, anchor = "start", title, rotate, attributes }: LabelOptions,
): string {
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
