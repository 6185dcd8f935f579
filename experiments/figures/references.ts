/** Horizontal lines to compare with, such as what perfect balance shows by chance, and their labels at the right edge. */
import type { Inside } from "./axes.ts";
import { element } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface Reference {
  value: number;
  label: string;
}

export const referenceDash = "2 3";

const style = { size: 11 };
const lineHeight = 14;

/** Each above its line where there is room; labels of lines that are close stand below each other, those without room are left out. */
export function referenceLabels(references: readonly Reference[], inside: Inside, theme: Theme): string {
  const placed = references
    .map(({ value, label }) => ({ text: elide(label, inside.width - 8, style), full: label, y: inside.y(value) - 4 }))
    .filter(({ y }) => Number.isFinite(y));
  placed.sort((a, b) => a.y - b.y);
  const room = placed.slice(0, Math.max(1, Math.floor((inside.height - 4) / lineHeight)));
  const ys = apart(
    room.map(({ y }) => y),
    lineHeight,
    11,
    inside.height - 4,
  );
  return room
    .map(({ text, full }, i) =>
      haloed(label(text, inside.width - measure(text, style) - 4, ys[i], { ...style, fill: theme.inkSoft, title: full }), theme),
    )
    .join("");
}

/** Text over lines and marks: its own ground around the letters keeps it readable. */
export function haloed(text: string, theme: Theme): string {
  return element("g", { stroke: theme.ground, "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke" }, text);
}

/** Ascending places as near to the wanted ones as a gap between them and both ends allow; they must have room. */
export function apart(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const places = [...wanted];
  for (let i = 0; i < places.length; i++) places[i] = Math.max(places[i], i === 0 ? low : places[i - 1] + gap);
  for (let i = places.length - 1; i >= 0; i--) places[i] = Math.min(places[i], i === places.length - 1 ? high : places[i + 1] - gap);
  return places;
}
