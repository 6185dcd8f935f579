/** Series of metrics along a run: read from events, smoothed by step distance, averaged over seeds, thinned to pixels. */
import { bisectLeft, bisectRight } from "d3-array";
import { own } from "../own-keys.ts";
import type { MetricEvent, RunResult } from "../results.ts";

export type XAxis = "steps" | "tokens" | "seconds";

export interface Series {
  steps: number[];
  /** steps, tokens or seconds of training */
  x: number[];
  y: number[];
}

/** Metrics that training reports with every step; all others come with validations. */
const stepMetrics = new Set(["trainLoss", "balanceLoss", "gradNorm", "lr", "maxVioBatch"]);

export function isStepMetric(metric: string): boolean {
  return stepMetrics.has(metric);
}

/** @param metric flat name, e.g. "trainLoss", "valBpb.prose", "acceptance.1"; a metric that the run does not report gives an empty series */
export function seriesOf(run: RunResult, metric: string, axis: XAxis): Series {
  const [family, part] = split(metric);
  const kind = stepMetrics.has(family) ? "step" : "eval";
  const events = (run.events ?? []).filter((event) => event.kind === kind && typeof valueOf(event, family, part) === "number");
  return {
    steps: events.map((event) => event.step),
    x: events.map((event) => (axis === "steps" ? event.step : event[axis])),
    y: events.map((event) => valueOf(event, family, part) as number),
  };
}

function valueOf(event: MetricEvent, family: string, part: string | null): unknown {
  const value = own(event as unknown as Record<string, unknown>, family);
  if (part === null) return value;
  if (Array.isArray(value)) return value[Number(part) - 1];
  return typeof value === "object" && value !== null ? own(value as Record<string, unknown>, part) : undefined;
}

function split(metric: string): [string, string | null] {
  const dot = metric.indexOf(".");
  return dot < 0 ? [metric, null] : [metric.slice(0, dot), metric.slice(dot + 1)];
}

/**
 * Local linear regression with weights exp(−|Δstep| / scale), to both sides: it neither lags behind nor flattens the steep
 * beginning as a plain average does. Values that are not finite weigh nothing and stay gaps. Linear in the number of points:
 * the moments of the weights about each point come from one pass forward and one back.
 */
export function smooth({ steps, x, y }: Series, scale: number): Series {
  if (!(scale > 0)) return { steps, x, y };
  const n = y.length;
  // Σw, ΣwΔ, ΣwΔ², Σwy, ΣwΔy about each point, Δ = step of a neighbour − step of the point
  const moments = new Float64Array(5 * n);
  for (const direction of [1, -1]) {
    let w = 0;
    let wd = 0;
    let wdd = 0;
    let wy = 0;
    let wdy = 0;
    let shift = 0;
    let decay = 1;
    for (let i = direction > 0 ? 0 : n - 1, last = i; i >= 0 && i < n; last = i, i += direction) {
      if (steps[last] - steps[i] !== shift) {
        shift = steps[last] - steps[i];
        decay = Math.exp(-Math.abs(shift) / scale);
      }
      // highest moment first: each reads the lower ones as they were
      wdd = decay * (wdd + 2 * shift * wd + shift * shift * w);
      wd = decay * (wd + shift * w);
      w *= decay;
      wdy = decay * (wdy + shift * wy);
      wy *= decay;
      const counts = Number.isFinite(y[i]);
      if (counts && direction > 0) {
        w += 1; // the point itself counts once
        wy += y[i];
      }
      moments[5 * i] += w;
      moments[5 * i + 1] += wd;
      moments[5 * i + 2] += wdd;
      moments[5 * i + 3] += wy;
      moments[5 * i + 4] += wdy;
      if (counts && direction < 0) {
        w += 1;
        wy += y[i];
      }
    }
  }
  const fitted = y.map((value, i) => {
    if (!Number.isFinite(value)) return NaN;
    const w = moments[5 * i];
    const wd = moments[5 * i + 1];
    const wdd = moments[5 * i + 2];
    const wy = moments[5 * i + 3];
    const determinant = w * wdd - wd * wd;
    return determinant > 1e-9 * w * wdd ? (wdd * wy - wd * moments[5 * i + 4]) / determinant : wy / w;
  });
  return { steps, x, y: fitted };
}

export interface Average extends Series {
  low: number[];
  high: number[];
}

/**
 * Mean over seeds at the steps where every one of them has a finite value, with the range or ± one standard deviation
 * (of the sample; no width for one seed). x is the mean as well: seeds differ in seconds.
 */
export function average(all: readonly Series[], band: "range" | "sd"): Average {
  const result: Average = { steps: [], x: [], y: [], low: [], high: [] };
  const at = all.map(() => 0);
  const [first, ...others] = all;
  if (!first) return result;
  // a single run of a million steps is its own mean
  if (!others.length && first.y.every(Number.isFinite)) return { ...first, low: first.y, high: first.y };
  for (at[0] = 0; at[0] < first.steps.length; at[0]++) {
    const step = first.steps[at[0]];
    for (let k = 1; k <= others.length; k++) while (at[k] < all[k].steps.length && all[k].steps[at[k]] < step) at[k]++;
    if (!all.every((series, k) => series.steps[at[k]] === step && Number.isFinite(series.y[at[k]]))) continue;
    let x = 0;
    let y = 0;
    let low = Infinity;
    let high = -Infinity;
    for (let k = 0; k < all.length; k++) {
      const value = all[k].y[at[k]];
      x += all[k].x[at[k]];
      y += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    y /= all.length;
    if (band === "sd") {
      let squares = 0;
      for (let k = 0; k < all.length; k++) squares += (all[k].y[at[k]] - y) ** 2;
      const sd = all.length > 1 ? Math.sqrt(squares / (all.length - 1)) : 0;
      [low, high] = [y - sd, y + sd];
    }
    result.steps.push(step);
    result.x.push(x / all.length);
    result.y.push(y);
    result.low.push(low);
    result.high.push(high);
  }
  return result;
}

/** Indices [from, to) of the points in a range of a rising x, and one more on each side: lines go on beyond the edges. */
export function visible(x: readonly number[], range: readonly [number, number] | null): [from: number, to: number] {
  if (!range) return [0, x.length];
  return [Math.max(0, bisectLeft(x, range[0]) - 1), Math.min(x.length, bisectRight(x, range[1]) + 1)];
}

export type Point = [x: number, y: number];

/** Points that `decimate` leaves of a pixel column, at most. */
export const pointsPerColumn = 4;

/**
 * Points in pixels with at most four per pixel column, the first, least, greatest and last, in their order: a line through
 * them covers the same pixels, spikes included. `null` marks a gap where a value is not finite.
 */
export function decimate(count: number, x: (index: number) => number, y: (index: number) => number): (Point | null)[] {
  const points: (Point | null)[] = [];
  let column = NaN;
  // indices of a column's points, and how high its extremes are
  let [first, least, greatest, last] = [-1, -1, -1, -1];
  let [low, high] = [0, 0];
  const flush = () => {
    if (first < 0) return;
    let before = -1;
    for (const index of [first, Math.min(least, greatest), Math.max(least, greatest), last]) {
      if (index !== before) points.push([x(index), y(index)]);
      before = index;
    }
    first = -1;
  };
  for (let i = 0; i < count; i++) {
    const px = x(i);
    const py = y(i);
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      flush();
      column = NaN;
      if (points.length && points.at(-1) !== null) points.push(null);
      continue;
    }
    if (Math.floor(px) !== column) {
      flush();
      column = Math.floor(px);
      first = least = greatest = i;
      low = high = py;
    } else if (py < low) {
      least = i;
      low = py;
    } else if (py > high) {
      greatest = i;
      high = py;
    }
    last = i;
  }
  flush();
  return points;
}
