/** One panel of curves: raw values faint, each seed thin, the mean over seeds with a band, an arm in its colour. */
import type { ArmResult, RunResult } from "../results.ts";
import { metricLabel, metricTitle } from "../statistics/metrics.ts";
import { armStyles, mark, strokeOf, type ArmStyle } from "./arm-styles.ts";
import { cartesian, extentOf, type Axis, type Inside } from "./axes.ts";
import { emptyBlock, type Block } from "./figure.ts";
import { average, decimate, isStepMetric, seriesOf, smooth, type Average, type Point, type Series, type XAxis } from "./series.ts";
import { element, line, number } from "./svg.ts";
import { label, measure } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface CurveOptions {
  x: XAxis;
  logX: boolean;
  logY: boolean;
  /** width of the smoothing kernel as a fraction of the longest run; validations are not smoothed */
  smoothing: number;
  band: "range" | "sd" | "none";
  seeds: boolean;
}

export interface Reference {
  value: number;
  label: string;
}

interface RunCurve {
  run: RunResult;
  raw: Series;
  smooth: Series;
}

export interface ArmCurves {
  arm: ArmResult;
  runs: RunCurve[];
  mean: Average;
}

const xLabels: Record<XAxis, string> = { steps: "Optimizer steps", tokens: "Training tokens", seconds: "Training time (s)" };

/** A run that left the rails is drawn and marked, but takes no part in the mean. */
const takesPart = (run: RunResult) => run.status === "done" || run.status === "running" || run.status === "paused";

export function armCurves(arms: readonly ArmResult[], metric: string, options: CurveOptions): ArmCurves[] {
  const raw = arms.map((arm) => arm.runs.map((run) => ({ run, raw: seriesOf(run, metric, options.x) })).filter(({ raw }) => raw.y.length > 0));
  const longest = Math.max(0, ...raw.flat().map(({ raw }) => raw.steps.at(-1)!));
  const scale = isStepMetric(metric) ? options.smoothing * longest : 0;
  return arms.map((arm, i) => {
    const runs = raw[i].map(({ run, raw }) => ({ run, raw, smooth: smooth(raw, scale) }));
    const seeds = runs.filter(({ run }) => takesPart(run)).map((curve) => curve.smooth);
    return { arm, runs, mean: average(seeds, options.band === "sd" ? "sd" : "range") };
  });
}

export function curvePanel(all: readonly ArmResult[], curves: readonly ArmCurves[], metric: string, options: CurveOptions, width: number, theme: Theme, references: Reference[] = []): Block {
  const runs = curves.flatMap((curve) => curve.runs);
  const healthy = runs.filter(({ run }) => takesPart(run));
  const shown = healthy.length ? healthy : runs;
  const yDomain = extentOf(shown.flatMap(({ raw }) => extentOf(raw.y, { log: options.logY })), { pad: 0.03, log: options.logY, include: references.map(({ value }) => value) });
  const xDomain = extentOf(runs.flatMap(({ raw }) => extentOf(raw.x, { log: options.logX })), { include: options.logX ? [] : [0], log: options.logX });
  if (!Number.isFinite(yDomain[0]) || !Number.isFinite(xDomain[0])) return emptyBlock(`${metricTitle(metric)}: no values yet.`, width, theme);

  const styles = armStyles(all);
  const x: Axis = { domain: xDomain, log: options.logX, label: xLabels[options.x], name: options.x };
  const y: Axis = { domain: yDomain, log: options.logY, label: metricLabel(metric), name: metricTitle(metric) };
  return cartesian({
    width,
    height: Math.round(Math.min(300, Math.max(170, width * 0.62))),
    x,
    y,
    theme,
    draw: (inside) => [
      ...references.map(({ value }) => line(0, inside.y(value), inside.width, inside.y(value), theme.inkSoft, { "stroke-dasharray": referenceDash })),
      ...curves.map((curve) => drawArm(curve, styles.get(curve.arm.name)!, inside, options, theme)),
    ].join(""),
    over: (inside) => references.map((reference) => referenceLabel(reference, inside, theme)).join(""),
  });
}

export const referenceDash = "2 3";

/** Above this many points of a mean, they are too close for a symbol each. */
const mostSymbols = 24;

function drawArm({ arm, runs, mean }: ArmCurves, style: ArmStyle, inside: Inside, { band, seeds }: CurveOptions, theme: Theme): string {
  const stroke = strokeOf(style, theme);
  const colour = stroke.stroke as string;
  const parts: string[] = [];
  if (band !== "none" && runs.length > 1 && mean.y.length > 1) parts.push(bandOf(mean, inside, colour));
  for (const { run, raw, smooth } of runs) {
    const smoothed = raw.y.length > 0 && smooth !== raw && smooth.y.some((value, i) => value !== raw.y[i]);
    const own = { "data-seed": run.seedIndex };
    if (smoothed) parts.push(element("path", { d: pathOf(raw, inside), stroke: colour, "stroke-width": 0.6, "stroke-opacity": 0.22, ...own }));
    if (seeds && (runs.length > 1 || !takesPart(run))) parts.push(element("path", { d: pathOf(smooth, inside), ...stroke, "stroke-width": 0.8, "stroke-opacity": 0.55, ...own }));
    if (run.status === "diverged") parts.push(divergedMark(raw, inside, colour));
  }
  parts.push(element("path", { d: pathOf(mean, inside), ...stroke, "stroke-width": 2 }));
  if (mean.y.length <= mostSymbols) mean.y.forEach((y, i) => parts.push(mark(style, theme, inside.x(mean.x[i]), inside.y(y), 22)));
  return element("g", { "data-arm": arm.name, fill: "none", "stroke-linejoin": "round" }, parts);
}

function pathOf({ x, y }: Series, inside: Inside): string {
  return polyline(decimate(y.length, (i) => inside.x(x[i]), (i) => inside.y(y[i])));
}

/** Relative coordinates in tenths of a pixel: half the text of absolute ones. "" without points, which an SVG path allows. */
function polyline(points: readonly (Point | null)[]): string {
  let d = "";
  let last: Point | null = null;
  for (const point of points) {
    const at: Point | null = point && [Math.round(point[0] * 10), Math.round(point[1] * 10)];
    // a gap of the data, or the first point
    if (at && !last) d += `M${at[0] / 10},${at[1] / 10}`;
    else if (at && last && (at[0] !== last[0] || at[1] !== last[1])) d += `l${(at[0] - last[0]) / 10},${(at[1] - last[1]) / 10}`;
    last = at;
  }
  return d;
}

function bandOf({ x, low, high }: Average, inside: Inside, colour: string): string {
  const edge = (y: number[]) => decimate(y.length, (i) => inside.x(x[i]), (i) => inside.y(y[i])) as Point[];
  return element("path", { d: `${polyline([...edge(high), ...edge(low).reverse()])}Z`, fill: colour, "fill-opacity": 0.14 });
}

/** A cross where the last finite value of a run is that lost its way. */
function divergedMark({ x, y }: Series, inside: Inside, colour: string): string {
  const at = y.findLastIndex((value) => Number.isFinite(value));
  if (at < 0) return "";
  const [px, py] = [inside.x(x[at]), Math.min(inside.height - 5, Math.max(5, inside.y(y[at])))];
  return element("path", { d: `M${number(px - 4)},${number(py - 4)}l8,8m0,-8l-8,8`, stroke: colour, "stroke-width": 2 }, element("title", {}, "diverged"));
}

function referenceLabel({ value, label: text }: Reference, inside: Inside, theme: Theme): string {
  const style = { size: 11, fill: theme.inkSoft };
  const y = inside.y(value);
  return label(text, inside.width - measure(text, style) - 4, y > 16 ? y - 4 : y + 13, style);
}
