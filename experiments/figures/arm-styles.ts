/** Which colour, dash and symbol an arm has: the same in every figure, told by what the arm is, not by where it stands. */
import canonicalize from "canonicalize";
import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  type SymbolType,
} from "d3-shape";
import type { ArmResult } from "../results.ts";
import { element, type Attributes } from "./svg.ts";
import { colours, type Theme } from "./theme.ts";

export interface ArmStyle {
  /** index into the theme's series colours */
  colour: number;
  /** 0 solid, then dashed: arms beyond the number of colours */
  round: number;
}

const slots = colours.light.series.length;
const dashes = [null, "6 3", "2 2.5", "8 3 2 3"];

const triangleDown: SymbolType = {
  draw(context, size) {
    const y = Math.sqrt(size / (Math.sqrt(3) * 3));
    context.moveTo(0, -y * -2);
    context.lineTo(-Math.sqrt(3) * y, -y);
    context.lineTo(Math.sqrt(3) * y, -y);
    context.closePath();
  },
};
const symbols = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, triangleDown, symbolStar, symbolWye];

/**
 * The colour is the hash of the arm's resolved config; where two arms of an experiment meet, the later in hash order takes
 * the next free one. The order of the arms does not matter, and an arm that meets no other has its colour in every experiment.
 */
export function armStyles(arms: readonly Pick<ArmResult, "name" | "config">[]): Map<string, ArmStyle> {
  const hashed = arms.map(({ name, config }) => ({ name, hash: hash(canonicalize(config) ?? "") }));
  hashed.sort((a, b) => a.hash - b.hash || (a.name < b.name ? -1 : 1));
  const taken = new Set<number>();
  const styles = new Map<string, ArmStyle>();
  hashed.forEach(({ name, hash }, i) => {
    const round = Math.floor(i / slots);
    let colour = hash % slots;
    while (taken.has(round * slots + colour)) colour = (colour + 1) % slots;
    taken.add(round * slots + colour);
    styles.set(name, { colour, round });
  });
  return styles;
}

export function strokeOf(style: ArmStyle, theme: Theme): Attributes {
  return { stroke: theme.series[style.colour], "stroke-dasharray": dashes[style.round % dashes.length] };
}

/** The arm's symbol about (x, y); `area` in square pixels. Symbols differ with the colour, so that a dot is not told by its colour alone. */
export function mark(style: ArmStyle, theme: Theme, x: number, y: number, area: number, attributes: Attributes = {}): string {
  const draw = symbol(symbols[style.colour], area).digits(2);
  const hollow = style.round % 2 === 1;
  const colour = theme.series[style.colour];
  return element("path", {
    transform: `translate(${Math.round(x * 100) / 100},${Math.round(y * 100) / 100})`,
    d: draw()!,
    fill: hollow ? theme.ground : colour,
    stroke: hollow ? colour : null,
    "stroke-width": hollow ? 1.5 : null,
    ...attributes,
  });
}

/** The same for a mean among single values: larger, with an outline. A hollow symbol's outline is its colour, and stays so. */
export function meanMark(style: ArmStyle, theme: Theme, x: number, y: number, area: number): string {
  return mark(style, theme, x, y, area, style.round % 2 === 1 ? { "stroke-width": 2.5 } : { stroke: theme.ink, "stroke-width": 1.25 });
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // the low bits alone choose the colour: mix the high ones in
  h ^= h >>> 15;
  return h >>> 0;
}
