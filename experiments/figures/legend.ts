import { mark, strokeOf, type ArmStyle } from "./arm-styles.ts";
import type { Block } from "./figure.ts";
import { group, line, type Attributes } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface LegendItem {
  label: string;
  /** shown after the label in softer ink, e.g. "n = 3" */
  note?: string;
  /** an arm's line and symbol, or a plain reference line */
  style: ArmStyle | { rule: true; dash: string };
  /** the arm that a click on the item is about */
  arm?: string;
}

const size = 12;
const swatch = 24;
const rowHeight = 20;

/** Items in rows, in the order given; a label that is wider than the row or 260 pixels is elided, its tooltip has all of it. */
export function legend(items: readonly LegendItem[], width: number, theme: Theme): Block {
  const parts: string[] = [];
  let [x, y] = [0, 0];
  for (const item of items) {
    const noteWidth = item.note ? measure(item.note, { size }) + 6 : 0;
    const text = elide(item.label, Math.min(260, width - swatch - noteWidth), { size });
    const textWidth = measure(text, { size });
    const itemWidth = swatch + textWidth + noteWidth;
    if (x > 0 && x + itemWidth > width) [x, y] = [0, y + rowHeight];
    const attributes: Attributes = { "data-arm": item.arm };
    parts.push(
      group(x, y, [
        swatchOf(item.style, theme),
        label(text, swatch, 13, { size, fill: theme.ink, title: item.label, attributes: { "data-role": "legend" } }),
        item.note ? label(item.note, swatch + textWidth + 6, 13, { size, fill: theme.inkSoft }) : "",
      ], attributes),
    );
    x += itemWidth + 18;
  }
  return { markup: parts.join(""), height: items.length ? y + rowHeight : 0 };
}

function swatchOf(style: LegendItem["style"], theme: Theme): string {
  if ("rule" in style) return line(0, 9, 18, 9, theme.inkSoft, { "stroke-width": 1.25, "stroke-dasharray": style.dash });
  return line(0, 9, 18, 9, "", { ...strokeOf(style, theme), "stroke-width": 2 }) + mark(style, theme, 9, 9, 36);
}
