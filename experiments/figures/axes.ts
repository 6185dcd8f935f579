/** A rectangle with two axes: margins from measured labels, ticks that do not touch, a clipped inside. */
import { scaleLinear, scaleLog } from "d3-scale";
import type { Block } from "./block.ts";
import { group, line, viewport } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";
import { isWide, linearTicks, logTicks, spread, textOfLinearTicks, textOfTicks } from "./ticks.ts";

export interface Axis {
  domain: [number, number];
  log?: boolean;
  /** name with unit */
  label: string;
  /** short name for read-outs; `label` without it */
  name?: string;
  /** what is counted has no half: ticks are whole numbers */
  whole?: boolean;
  /** in place of computed ones */
  ticks?: number[];
  format?(value: number): string;
}

type Scale = (value: number) => number;

export interface Inside {
  x: Scale;
  y: Scale;
  width: number;
  height: number;
}

export interface CartesianOptions {
  width: number;
  /** of the rectangle itself */
  height: number;
  x: Axis;
  y: Axis;
  theme: Theme;
  title?: string;
  /** marks, in pixels of the rectangle, clipped to it */
  draw(inside: Inside): string;
  /** marks that may leave the rectangle, such as labels */
  over?(inside: Inside): string;
}

const size = 11;

export function cartesian(options: CartesianOptions): Block {
  const { width, height, theme, title } = options;
  const y = scaleOf(options.y, [height, 0], Math.max(2, height / 42));
  const yLabels = y.ticks.map(y.format);
  const left = Math.ceil(Math.max(20, ...yLabels.map((text) => measure(text, { size })))) + 8;
  const above = (title ? 20 : 0) + 22; // the panel's title, then the name of the y axis
  const right = 10;
  const inner = Math.max(60, width - left - right);
  const x = scaleOf(options.x, [0, inner], Math.max(2, inner / 70));
  const inside: Inside = { x: x.at, y: y.at, width: inner, height };

  const parts = [
    title ? label(elide(title, width, { size: 12.5, weight: 600 }), 0, 12, { size: 12.5, weight: 600, fill: theme.ink, title }) : "",
    label(elide(options.y.label, width, { size }), 0, above - 10, { size, fill: theme.inkSoft, title: options.y.label }),
  ];
  y.ticks.forEach((tick, i) => {
    const at = above + y.at(tick);
    parts.push(
      line(left, at, left + inner, at, theme.grid),
      label(yLabels[i], left - 6, at + 4, { size, fill: theme.inkSoft, anchor: "end" }),
    );
  });
  const ticks = x.ticks.map((tick) => ({ at: left + x.at(tick), text: x.format(tick) }));
  parts.push(group(0, above + height, bottomAxis(ticks, [left, left + inner], width, theme)));
  parts.push(
    label(elide(options.x.label, left + inner, { size }), left + inner, above + height + 32, {
      size,
      fill: theme.inkSoft,
      anchor: "end",
      title: options.x.label,
    }),
  );
  parts.push(viewport(left, above, inner, height, options.draw(inside)));
  if (options.over) parts.push(group(left, above, options.over(inside), { "data-role": "over" }));
  const area = {
    x: left,
    y: above,
    width: inner,
    height,
    xScale: { domain: x.domain, log: !!options.x.log, name: options.x.name ?? options.x.label, ...(options.x.whole && { whole: true }) },
    yScale: { domain: y.domain, log: !!options.y.log, name: options.y.name ?? options.y.label },
  };
  return { markup: parts.join(""), height: above + height + 36, areas: [area] };
}

/**
 * A line with ticks below it, y = 0 being the line; a text that would touch the one before it is left out, its tick stays.
 * @param from ends of the line, pixels
 * @param width texts stay within 0 and this
 */
export function bottomAxis(
  ticks: readonly { at: number; text: string }[],
  [from, to]: readonly [number, number],
  width: number,
  theme: Theme,
): string {
  const parts = [line(from, 0, to, 0, theme.rule)];
  let end = -Infinity;
  for (const { at, text } of ticks) {
    const half = measure(text, { size }) / 2;
    const middle = Math.min(width - half, Math.max(half, at));
    parts.push(line(at, 0, at, 4, theme.rule));
    if (middle - half < end + 8) continue;
    parts.push(label(text, middle, 16, { size, fill: theme.inkSoft, anchor: "middle" }));
    end = middle + half;
  }
  return parts.join("");
}

interface Scaled {
  at: Scale;
  ticks: number[];
  domain: [number, number];
  format(value: number): string;
}

/** Far outside of any plot, and yet a number that every renderer takes. */
const outside = 1e5;

/** @param count about how many ticks have room */
function scaleOf(axis: Axis, range: [number, number], count: number): Scaled {
  const domain = spread(axis.domain, !!axis.log);
  const allowed = (tick: number) => !axis.whole || Number.isInteger(tick);
  const clamp = (pixel: number) => Math.min(outside, Math.max(-outside, pixel));
  if (axis.log) {
    const scale = scaleLog(domain, range);
    const ticks = axis.ticks ?? logTicks(domain, count).filter(allowed);
    // what has no logarithm is below everything
    const below = range[0] > range[1] ? outside : -outside;
    return {
      at: (value) => (value > 0 ? clamp(scale(value)) : Number.isFinite(value) ? below : NaN),
      ticks,
      domain,
      format: axis.format ?? (axis.ticks || isWide(domain) ? textOfTicks : textOfLinearTicks)(ticks),
    };
  }
  const scale = scaleLinear(domain, range);
  const ticks = axis.ticks ?? linearTicks(domain, count).filter(allowed);
  return {
    at: (value) => clamp(scale(value)),
    ticks,
    domain,
    format: axis.format ?? (axis.ticks ? textOfTicks : textOfLinearTicks)(ticks),
  };
}

/** Least and greatest of the finite values, with `pad` of their distance on both sides. */
export function extentOf(values: Iterable<number>, { pad = 0, log = false, include = [] as number[] } = {}): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  for (const value of include) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [NaN, NaN];
  if (log) {
    const by = Math.min(1e300, high / low) ** pad;
    return [Math.max(Number.MIN_VALUE, low / by), Math.min(Number.MAX_VALUE, high * by)];
  }
  // in halves: the distance of two numbers need not be a number
  const by = (high / 2 - low / 2) * pad * 2;
  return [Math.max(-Number.MAX_VALUE, low - by), Math.min(Number.MAX_VALUE, high + by)];
}
