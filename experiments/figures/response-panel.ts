/** Values of runs over a number that arms or depths differ in: a symbol per run, a line through the means. */
import { line as linePath } from "d3-shape";
import { mark, type ArmStyle } from "./arm-styles.ts";
import { cartesian, extentOf, type Axis } from "./axes.ts";
import type { Block } from "./figure.ts";
import { element, line } from "./svg.ts";
import { label } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface ResponsePoint {
  x: number;
  values: { seedIndex: number; value: number }[];
  style: ArmStyle;
  arm: string;
}

export interface ResponseSeries {
  points: ResponsePoint[];
  /** colour of the line; soft ink without one */
  style?: ArmStyle;
}

export interface ResponseOptions {
  width: number;
  x: Omit<Axis, "domain">;
  y: Omit<Axis, "domain">;
  /** always inside the y domain */
  include?: number[];
  references?: { value: number; label: string }[];
  theme: Theme;
}

export function responsePanel(series: readonly ResponseSeries[], { width, x, y, include = [], references = [], theme }: ResponseOptions): Block {
  const points = series.flatMap((one) => one.points);
  const xs = extentOf(points.map((point) => point.x), { pad: 0.06, log: x.log });
  // several series at one place stand beside each other
  const shift = (index: number) => (index - (series.length - 1) / 2) * Math.min(14, 60 / series.length);
  const ys = extentOf(points.flatMap((point) => point.values.map(({ value }) => value)), { pad: 0.08, log: y.log, include: [...include, ...references.map(({ value }) => value)] });
  return cartesian({
    width,
    height: Math.round(Math.min(320, Math.max(180, width * 0.45))),
    x: { ...x, domain: xs },
    y: { ...y, domain: ys },
    theme,
    draw: (inside) =>
      [
        ...references.map(({ value }) => line(0, inside.y(value), inside.width, inside.y(value), theme.inkSoft, { "stroke-dasharray": "4 3" })),
        ...series.map(({ points, style }, index) => {
          const means = points.filter((point) => point.values.length).map((point): [number, number] => [inside.x(point.x) + shift(index), inside.y(meanOf(point))]);
          const d = means.length > 1 ? linePath().digits(1)(means) : null;
          return d ? element("path", { d, fill: "none", stroke: style ? theme.series[style.colour] : theme.rule, "stroke-width": 1.5 }) : "";
        }),
      ].join(""),
    over: (inside) =>
      [
        ...series.flatMap(({ points }, index) => points.map((point) => {
          const at = inside.x(point.x) + shift(index);
          const runs = point.values.map(({ seedIndex, value }) => mark(point.style, theme, at, inside.y(value), 40, { "fill-opacity": 0.55, "data-seed": seedIndex }));
          const mean = point.values.length > 1 ? mark(point.style, theme, at, inside.y(meanOf(point)), 120, { stroke: theme.ink, "stroke-width": 1 }) : "";
          return element("g", { "data-arm": point.arm }, [...runs, mean]);
        })),
        ...references.map(({ value, label: text }) => label(text, inside.width - 4, Math.max(11, inside.y(value) - 5), { size: 11, fill: theme.inkSoft, anchor: "end" })),
      ].join(""),
  });
}

function meanOf({ values }: ResponsePoint): number {
  return values.reduce((sum, { value }) => sum + value, 0) / values.length;
}
