/** Where a pointer is in the data of a figure, and where that place lies in every other one. */
import type { PlotArea } from "../../experiments/figures/block.ts";

type Scale = PlotArea["xScale"];

/** A value on a named axis, e.g. step 120 of "Optimizer steps". */
export interface AxisPoint {
  axis: string;
  value: number;
}

/** Figures of categories (rows of arms) have areas too; a line makes sense only along numbers. */
const isNumeric = ({ domain: [low, high] }: Scale): boolean => Number.isFinite(low) && Number.isFinite(high) && low !== high;

/** The area under a point of the figure, in its pixels. */
export function areaAt(areas: readonly PlotArea[], x: number, y: number): PlotArea | null {
  return areas.find((area) => x >= area.x && x <= area.x + area.width && y >= area.y && y <= area.y + area.height) ?? null;
}

export function pointAt(area: PlotArea, x: number): AxisPoint | null {
  const { xScale } = area;
  if (!isNumeric(xScale)) return null;
  const fraction = (x - area.x) / area.width;
  const [low, high] = xScale.domain;
  const value = xScale.log ? low * (high / low) ** fraction : low + (high - low) * fraction;
  return { axis: xScale.name, value };
}

/** Pixel of a value in an area, or null where the area has another axis or ends before it. */
export function pixelOf({ x, width, xScale }: PlotArea, { axis, value }: AxisPoint): number | null {
  if (xScale.name !== axis || !isNumeric(xScale)) return null;
  const [low, high] = xScale.domain;
  const fraction = xScale.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return fraction >= 0 && fraction <= 1 ? x + fraction * width : null;
}
