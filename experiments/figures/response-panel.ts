/** Values of runs over a number that arms or depths differ in: a symbol per run, a line through the means. */
import { line as linePath } from "d3-shape";
import { mark, meanMark, type ArmStyle } from "./arm-styles.ts";
import { cartesian, extentOf, type Axis, type Inside } from "./axes.ts";
import type { Block } from "./block.ts";
import { referenceLabels, type Reference } from "./references.ts";
import { element, line } from "./svg.ts";
import type { Theme } from "./theme.ts";

export interface ResponsePoint {
  x: number;
  values: { seedIndex: number; seed: number; value: number }[];
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
  references?: Reference[];
  /** pixels between two series at one x, at most; 0: series of a numeric x stand where they belong */
  shift?: number;
  theme: Theme;
}

/** Share of the distance between two neighbours on the x axis that series at one place take up. */
const shareOfGap = 0.6;

export function responsePanel(
  series: readonly ResponseSeries[],
  { width, x, y, include = [], references = [], shift = 0, theme }: ResponseOptions,
): Block {
  const points = series.flatMap((one) => one.points);
  const places = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  // where series stand beside each other, those at the ends need their share of the room too
  const xs = extentOf(places, { pad: shift ? 0.5 / Math.max(1, places.length - 1) : 0.06, log: x.log });
  const ys = extentOf(
    points.flatMap((point) => point.values.map(({ value }) => value)),
    { pad: 0.08, log: y.log, include: [...include, ...references.map(({ value }) => value)] },
  );

  /** Pixels to the side of its place at which a series stands. */
  function aside(index: number, inside: Inside): number {
    const gap = Math.min(inside.width, ...places.slice(1).map((place, i) => inside.x(place) - inside.x(places[i])));
    return (index - (series.length - 1) / 2) * Math.min(shift, (shareOfGap * gap) / series.length);
  }

  return cartesian({
    width,
    height: Math.round(Math.min(320, Math.max(180, width * 0.45))),
    x: { ...x, domain: xs },
    y: { ...y, domain: ys },
    theme,
    draw: (inside) =>
      [
        ...references.map(({ value }) =>
          line(0, inside.y(value), inside.width, inside.y(value), theme.inkSoft, { "stroke-dasharray": "4 3" }),
        ),
        ...series.map(({ points, style }, index) => {
          const means = points
            .filter((point) => point.values.length)
            .map((point): [number, number] => [inside.x(point.x) + aside(index, inside), inside.y(meanOf(point))]);
          const d = means.length > 1 ? linePath().digits(1)(means) : null;
          return d
            ? element("path", { d, fill: "none", stroke: style ? theme.series[style.colour] : theme.rule, "stroke-width": 1.5 })
            : "";
        }),
      ].join(""),
    over: (inside) =>
      [
        ...series.flatMap(({ points }, index) =>
          points.map((point) => {
            const at = inside.x(point.x) + aside(index, inside);
            const runs = point.values.map(({ seedIndex, value }) =>
              mark(point.style, theme, at, inside.y(value), 40, { "fill-opacity": 0.55, "data-seed": seedIndex }),
            );
            const mean = point.values.length > 1 ? meanMark(point.style, theme, at, inside.y(meanOf(point)), 120) : "";
            return element("g", { "data-arm": point.arm }, [...runs, mean]);
          }),
        ),
        referenceLabels(references, inside, theme),
      ].join(""),
  });
}

export function meanOf({ values }: Pick<ResponsePoint, "values">): number {
  return values.reduce((sum, { value }) => sum + value / values.length, 0);
}
