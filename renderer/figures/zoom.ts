/** Ranges of an x axis that a reader zooms to: always within the whole axis, linear or logarithmic as it is. */
import type { PlotArea } from "../../experiments/figures/block.ts";

/** From low to high, in values of the axis. */
export type Range = readonly [number, number];

/** The narrowest range, as a part of the whole axis. */
const narrowest = 1e-4;

const toScale = (value: number, log: boolean): number => (log ? Math.log(value) : value);
const fromScale = (value: number, log: boolean): number => (log ? Math.exp(value) : value);

/** The value at a pixel of the figure; a pixel beside the area counts as its edge. */
export function valueAt({ x, width, xScale: { domain, log } }: PlotArea, pixel: number): number {
  const fraction = Math.min(1, Math.max(0, (pixel - x) / width));
  const [low, high] = domain.map((end) => toScale(end, log));
  return fromScale(low + (high - low) * fraction, log);
}

/** Between two pixels, in either order. */
export function rangeBetween(area: PlotArea, a: number, b: number): Range {
  return within(area, valueAt(area, Math.min(a, b)), valueAt(area, Math.max(a, b)));
}

/** `factor` times as much of the axis is shown as now, `fixed` staying where it is; below 1 zooms in. */
export function zoomBy(area: PlotArea, factor: number, fixed: number): Range {
  const { domain, log } = area.xScale;
  const [low, high, still] = [...domain, fixed].map((value) => toScale(value, log));
  return within(area, fromScale(still + (low - still) * factor, log), fromScale(still + (high - still) * factor, log));
}

/** Moved by a part of what is shown; at an end of the axis it stays as wide. */
export function panBy(area: PlotArea, part: number): Range {
  const { domain, log } = area.xScale;
  const [low, high] = domain.map((value) => toScale(value, log));
  const [first, last] = wholeOf(area).map((value) => toScale(value, log));
  const by = Math.min(last - high, Math.max(first - low, (high - low) * part));
  return within(area, fromScale(low + by, log), fromScale(high + by, log));
}

/** Whether a range is all there is: nothing is zoomed then. */
export function isWhole(area: PlotArea, [low, high]: Range): boolean {
  const { log } = area.xScale;
  const [first, last] = wholeOf(area).map((value) => toScale(value, log));
  const slack = (last - first) * 1e-9;
  return toScale(low, log) <= first + slack && toScale(high, log) >= last - slack;
}

const wholeOf = ({ whole, xScale: { domain } }: PlotArea): Range => whole ?? domain;

/** Cut to the whole axis, and no narrower than the narrowest. */
function within(area: PlotArea, low: number, high: number): Range {
  const { log } = area.xScale;
  const [first, last] = wholeOf(area).map((value) => toScale(value, log));
  let [from, to] = [low, high].map((value) => Math.min(last, Math.max(first, toScale(value, log))));
  const least = (last - first) * narrowest;
  if (to - from < least) {
    const middle = Math.min(last - least / 2, Math.max(first + least / 2, (from + to) / 2));
    [from, to] = [middle - least / 2, middle + least / 2];
  }
  return [fromScale(from, log), fromScale(to, log)];
}
