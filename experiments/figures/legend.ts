import { mark, strokeOf, type ArmStyle } from "./arm-styles.ts";
import type { Block, LegendEntry } from "./block.ts";
import { group, line, type Attributes } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface LegendItem {
  label: string;
  /** shown after the label in softer ink, e.g. "n = 3" */
  note?: string;
  style: ArmStyle;
  arm: string;
}

const size = 12;
const swatch = 24;
const itemHeight = 20;
/** Of two rows: a finger or a shaky hand hits one (WCAG 2.2, 2.5.8: 24 pixels). */
const rowDistance = 24;

/**
 * Items in rows, in the order given; a label that is wider than the row or 260 pixels is elided, its tooltip has all of it.
 * @param hidden arms that are not drawn: struck through, without their symbol
 */
export function legend(items: readonly LegendItem[], hidden: readonly string[], width: number, theme: Theme): Block {
  const parts: string[] = [];
  const entries: LegendEntry[] = [];
  let [x, y] = [0, 0];
  for (const item of items) {
    const noteWidth = item.note ? measure(item.note, { size }) + 6 : 0;
    const text = elide(item.label, Math.min(260, width - swatch - noteWidth), { size });
    const textWidth = measure(text, { size });
    const itemWidth = swatch + textWidth + noteWidth;
    if (x > 0 && x + itemWidth > width) [x, y] = [0, y + rowDistance];
    const off = hidden.includes(item.arm);
    const attributes: Attributes = { "data-arm": item.arm, "data-hidden": off };
    parts.push(
      group(
        x,
        y,
        [
          off ? line(0, 9, 18, 9, theme.rule) : swatchOf(item.style, theme),
          label(text, swatch, 13, {
            size,
            fill: off ? theme.inkSoft : theme.ink,
            title: item.label,
            attributes: { "data-role": "legend", "text-decoration": off ? "line-through" : null },
          }),
          item.note ? label(item.note, swatch + textWidth + 6, 13, { size, fill: theme.inkSoft }) : "",
        ],
        attributes,
      ),
    );
    entries.push({ arm: item.arm, x, y, width: itemWidth, height: itemHeight - 2, hidden: off });
    x += itemWidth + 18;
  }
  return { markup: parts.join(""), height: items.length ? y + itemHeight : 0, entries };
}

function swatchOf(style: ArmStyle, theme: Theme): string {
  return line(0, 9, 18, 9, "", { ...strokeOf(style, theme), "stroke-width": 2 }) + mark(style, theme, 9, 9, 36);
}
