/** A rectangle with two axes: margins from measured labels, ticks that do not touch, a clipped inside. */
import { scaleLinear, scaleLog } from "d3-scale";
import { format } from "d3-format";
import type { Block } from "./figure.ts";
import { group, line, viewport } from "./svg.ts";
import { elide, label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface Axis {
  domain: [number, number];
  log?: boolean;
  /** name with unit */
  label: string;
  /** short name for read-outs; `label` without it */
  name?: string;
  /** in place of computed ones */
  ticks?: number[];
  format?(value: number): string;
  /** round the ends of the domain to ticks */
  nice?: boolean;
}

export type Scale = (value: number) => number;

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
  const above = (title ? 20 : 0) + 20; // the panel's title, then the name of the y axis
  const right = 10;
  const inner = Math.max(60, width - left - right);
  const x = scaleOf(options.x, [0, inner], Math.max(2, inner / 70));
  const inside: Inside = { x: x.at, y: y.at, width: inner, height };

  const parts = [
    title ? label(elide(title, width, { size: 12.5, weight: 600 }), 0, 12, { size: 12.5, weight: 600, fill: theme.ink, title }) : "",
    label(elide(options.y.label, width, { size }), 0, above - 7, { size, fill: theme.inkSoft, title: options.y.label }),
  ];
  y.ticks.forEach((tick, i) => {
    const at = above + y.at(tick);
    parts.push(line(left, at, left + inner, at, theme.grid), label(yLabels[i], left - 6, at + 4, { size, fill: theme.inkSoft, anchor: "end" }));
  });
  parts.push(line(left, above + height, left + inner, above + height, theme.rule));
  let end = -Infinity;
  for (const tick of x.ticks) {
    const text = x.format(tick);
    const half = measure(text, { size }) / 2;
    const at = Math.min(left + inner + right - half, Math.max(half, left + x.at(tick)));
    parts.push(line(left + x.at(tick), above + height, left + x.at(tick), above + height + 4, theme.rule));
    if (at - half < end + 8) continue;
    parts.push(label(text, at, above + height + 16, { size, fill: theme.inkSoft, anchor: "middle" }));
    end = at + half;
  }
  parts.push(label(elide(options.x.label, inner, { size }), left + inner, above + height + 32, { size, fill: theme.inkSoft, anchor: "end", title: options.x.label }));
  parts.push(viewport(left, above, inner, height, options.draw(inside)));
  if (options.over) parts.push(group(left, above, options.over(inside), { "data-role": "over" }));
  const area = {
    x: left, y: above, width: inner, height,
    xScale: { domain: x.domain, log: !!options.x.log, name: options.x.name ?? options.x.label },
    yScale: { domain: y.domain, log: !!options.y.log, name: options.y.name ?? options.y.label },
  };
  return { markup: parts.join(""), height: above + height + 36, areas: [area] };
}

interface Scaled {
  at: Scale;
  ticks: number[];
  domain: [number, number];
  format(value: number): string;
}

/** @param count about how many ticks have room */
function scaleOf(axis: Axis, range: [number, number], count: number): Scaled {
  const domain = spread(axis.domain, !!axis.log);
  if (axis.log) {
    const scale = scaleLog(domain, range);
    const ticks = axis.ticks ?? logTicks(domain, count);
    return { at: (value) => (value > 0 ? scale(value) : range[0] + (range[0] > range[1] ? 1e4 : -1e4)), ticks, domain, format: axis.format ?? tickText };
  }
  const scale = scaleLinear(domain, range);
  if (axis.nice) scale.nice(count);
  const ends = scale.domain() as [number, number];
  const ticks = axis.ticks ?? scale.ticks(count);
  const plain = scale.tickFormat(count);
  const long = ticks.some((tick) => Math.abs(tick) >= 1e4);
  return { at: scale, ticks, domain: ends, format: axis.format ?? (long ? tickText : plain) };
}

/** A domain with some extent, positive for a log scale. */
function spread([low, high]: [number, number], log: boolean): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const positive = Math.max(low, Number.MIN_VALUE);
    return high > positive * 1.0001 ? [positive, high] : [positive / 1.5, positive * 1.5];
  }
  if (high > low) return [low, high];
  const by = Math.abs(low) * 0.1 || 1;
  return [low - by, low + by];
}

/** 1-2-5 series where it has room for it, else powers of ten, else a linear choice within a narrow range. */
function logTicks([low, high]: [number, number], count: number): number[] {
  const decades = Math.log10(high / low);
  if (decades < 0.8) return scaleLinear([low, high], [0, 1]).ticks(count);
  const steps = decades * 3 <= count * 1.5 ? [1, 2, 5] : decades <= count * 1.5 ? [1] : null;
  const every = steps ? 1 : Math.ceil(decades / count);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % every !== 0) continue;
    for (const step of steps ?? [1]) {
      const tick = Number((step * 10 ** power).toPrecision(2));
      if (tick >= low * 0.9999 && tick <= high * 1.0001) ticks.push(tick);
    }
  }
  return ticks;
}

/** "0.02", "400", "20 k", "1e−7". */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e4 && size < 1e15) return format(".3~s")(value).replace(/([kMGT])$/, " $1");
  if (size >= 1e-4 && size < 1e4) return format(".4~r")(value);
  // d3 writes a true minus before the number, not in the exponent
  return format(".2~e")(value).replace("e-", "e−");
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
    const by = (high / low) ** pad;
    return [low / by, high * by];
  }
  const by = (high - low) * pad;
  return [low - by, high + by];
}
