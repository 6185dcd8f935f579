/** What a crosshair reads from the lines of an area, and which line a pointer means. */
import { bisectCenter } from "d3-array";
import type { PlotArea } from "../../experiments/figures/block.ts";
import type { PlotLine } from "../../experiments/figures/block.ts";
import { formatPlace } from "../../experiments/figures/figure.ts";
import { formatValue } from "../../experiments/statistics/numbers.ts";
import { pixelOf, type AxisPoint } from "./crosshair.ts";

export interface Reading {
  arm: string;
  colour: string;
  /** the point of the line that is nearest along x, in values and in pixels of the figure */
  x: number;
  y: number;
  at: [x: number, y: number];
}

/** The nearest point of each line, the highest first; lines that end before the crosshair have none. */
export function readings(area: PlotArea, point: AxisPoint): Reading[] {
  if (pixelOf(area, point) === null) return [];
  const found = (area.lines ?? []).flatMap((line) => readingOf(area, line, point.value));
  return found.sort((a, b) => b.y - a.y);
}

function readingOf(area: PlotArea, { arm, colour, x, y }: PlotLine, value: number): Reading[] {
  if (!x.length) return [];
  const i = bisectCenter(x, value);
  // beyond its ends a line says nothing; a point beside the crosshair is not its value
  const spacing = x.length > 1 ? (x.at(-1)! - x[0]) / (x.length - 1) : Infinity;
  if (value < x[0] - spacing || value > x.at(-1)! + spacing / 2) return [];
  const left = pixelOf(area, { axis: area.xScale.name, value: x[i] });
  const top = pixelOfY(area, y[i]);
  return left === null || top === null ? [] : [{ arm, colour, x: x[i], y: y[i], at: [left, top] }];
}

function pixelOfY(
  {
    y,
    height,
    yScale: {
      domain: [low, high],
      log,
    },
  }: PlotArea,
  value: number,
): number | null {
  const fraction = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return fraction >= 0 && fraction <= 1 ? y + (1 - fraction) * height : null;
}

/** Pixels within which a pointer is at a line. */
const reach = 14;

/** The arm whose line passes nearest to a point of the figure, if one is near. */
export function lineAt(area: PlotArea, x: number, y: number): string | null {
  let nearest: string | null = null;
  let least = reach;
  for (const line of area.lines ?? []) {
    const distance = distanceTo(area, line, x, y);
    if (distance < least) [nearest, least] = [line.arm, distance];
  }
  return nearest;
}

/** Vertical distance to the straight line between the two points about x. */
function distanceTo(area: PlotArea, line: PlotLine, x: number, y: number): number {
  const place = (i: number): [number, number] | null => {
    const {
      x: left,
      width,
      xScale: {
        domain: [low, high],
        log,
      },
    } = area;
    const fraction = log ? Math.log(line.x[i] / low) / Math.log(high / low) : (line.x[i] - low) / (high - low);
    const top = pixelOfY(area, line.y[i]);
    return top === null || !Number.isFinite(fraction) ? null : [left + fraction * width, top];
  };
  const {
    xScale: {
      domain: [low, high],
      log,
    },
    x: left,
    width,
  } = area;
  const fraction = (x - left) / width;
  const value = log ? low * (high / low) ** fraction : low + (high - low) * fraction;
  if (!line.x.length) return Infinity;
  const i = bisectCenter(line.x, value);
  const j = line.x[i] > value ? Math.max(0, i - 1) : Math.min(line.x.length - 1, i + 1);
  const [a, b] = [place(i), place(j)];
  if (!a || !b) return Infinity;
  if (a[0] === b[0] || (x - a[0]) * (x - b[0]) > 0) return Math.hypot(x - a[0], y - a[1]);
  return Math.abs(y - (a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0])));
}

/** "steps 120: no balancing 2.31, loss-free 2.28", for those who hear the crosshair. */
export function inWords(area: PlotArea, point: AxisPoint): string {
  const read = readings(area, point).map(({ arm, y }) => `${arm} ${formatValue(y)}`);
  return `${area.xScale.name} ${formatPlace(area.xScale, point.value, stepOf(area))}: ${read.length ? read.join(", ") : "no values"}`;
}

/** What a hand can aim at, ten pixels: it decides the digits of a reading along x. */
export function stepOf({ xScale: { domain }, width }: PlotArea): number {
  return (10 * Math.abs(domain[1] - domain[0])) / width;
}
