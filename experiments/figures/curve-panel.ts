/** One panel of curves: raw values faint, each seed thin, the mean over seeds with a band, an arm in its colour. */
import type { ArmResult, RunResult } from "../results.ts";
import { metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatCount } from "../statistics/numbers.ts";
import { armStyles, mark, strokeOf, type ArmStyle } from "./arm-styles.ts";
import { cartesian, extentOf, type Axis, type Inside } from "./axes.ts";
import type { Block } from "./block.ts";
import { emptyBlock, type FigureOptions } from "./figure.ts";
import { isHidden } from "./experiment.ts";
import { average, decimate, isStepMetric, seriesOf, smooth, visible, type Average, type Point, type Series, type XAxis } from "./series.ts";
import { referenceDash, referenceLabels, type Reference } from "./references.ts";
import { element, line, number } from "./svg.ts";
import { themeOf, type Theme } from "./theme.ts";
import { spread } from "./ticks.ts";

export interface CurveOptions {
  x: XAxis;
  logX: boolean;
  logY: boolean;
  /** width of the smoothing kernel as a fraction of the run that is smoothed; validations are not smoothed */
  smoothing: number;
  band: "range" | "sd" | "none";
  seeds: boolean;
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

export interface CurvePanel {
  /** all arms of the experiment: they decide the colours */
  all: readonly ArmResult[];
  curves: readonly ArmCurves[];
  metric: string;
  options: CurveOptions;
  width: number;
  frame: FigureOptions;
  references?: Reference[];
}

const xLabels: Record<XAxis, string> = { steps: "Optimizer steps", tokens: "Training tokens", seconds: "Training time (s)" };

/** A run that left the rails is drawn and marked, but takes no part in the mean. */
const takesPart = (run: RunResult) => run.status === "done" || run.status === "running" || run.status === "paused";

export function armCurves(arms: readonly ArmResult[], metric: string, options: CurveOptions): ArmCurves[] {
  const raw = arms.map((arm) =>
    arm.runs.map((run) => ({ run, raw: seriesOf(run, metric, options.x) })).filter(({ raw }) => raw.y.length > 0),
  );
  return arms.map((arm, i) => {
    // of the whole run, as long as it is to be: what is drawn of its past changes neither with other runs nor as it goes on
    const scale = isStepMetric(metric) ? options.smoothing * arm.config.train.steps : 0;
    const runs = raw[i].map(({ run, raw }) => ({ run, raw, smooth: smooth(raw, scale) }));
    const seeds = runs.filter(({ run }) => takesPart(run)).map((curve) => curve.smooth);
    return { arm, runs, mean: average(seeds, options.band === "sd" ? "sd" : "range") };
  });
}

export function curvePanel({ all, curves, metric, options, width, frame, references = [] }: CurvePanel): Block {
  const theme = themeOf(frame.theme);
  const shown = curves.filter(({ arm }) => !isHidden(arm.name, frame));
  const runs = shown.flatMap((curve) => curve.runs);
  const healthy = runs.filter(({ run }) => takesPart(run));
  const zoom = frame.view?.zoom;
  const range = zoom?.axis === options.x && (!options.logX || zoom.from > 0) ? ([zoom.from, zoom.to] as const) : null;
  const inRange = ({ raw }: RunCurve) => {
    if (!range) return raw.y;
    const [from, to] = visible(raw.x, range);
    // the one point beside a range that begins after it, or ends before it, is not seen
    return to - from === 1 && (raw.x[from] < range[0] || raw.x[from] > range[1]) ? [] : raw.y.slice(from, to);
  };
  const yDomain = extentOf(
    (healthy.length ? healthy : runs).flatMap((run) => extentOf(inRange(run), { log: options.logY })),
    { pad: 0.03, log: options.logY, include: references.map(({ value }) => value) },
  );
  const whole = extentOf(
    runs.flatMap(({ raw }) => extentOf(raw.x, { log: options.logX })),
    { include: options.logX ? [] : [0], log: options.logX },
  );
  const xDomain: [number, number] = range ? [...range] : whole;
  if (!Number.isFinite(xDomain[0]) || !runs.some((run) => inRange(run).some(onScale(options.logY))))
    return emptyBlock(whyEmpty(metric, curves, shown, options, range !== null), width, theme);

  const styles = armStyles(all);
  const x: Axis = { domain: xDomain, log: options.logX, label: xLabels[options.x], name: options.x, whole: options.x !== "seconds" };
  const y: Axis = { domain: yDomain, log: options.logY, label: metricLabel(metric), name: metricTitle(metric) };
  const block = cartesian({
    width,
    height: Math.round(Math.min(300, Math.max(170, width * 0.62))),
    x,
    y,
    theme,
    draw: (inside) =>
      [
        ...references.map(({ value }) =>
          line(0, inside.y(value), inside.width, inside.y(value), theme.inkSoft, { "stroke-dasharray": referenceDash }),
        ),
        ...shown.map((curve) => drawArm(curve, range, styles.get(curve.arm.name)!, inside, options, theme)),
      ].join(""),
    over: (inside) =>
      [
        ...shown.map((curve) => symbolsOf(clipped(curve, range), styles.get(curve.arm.name)!, inside, theme)),
        referenceLabels(references, inside, theme),
      ].join(""),
  });
  const lines = shown.map(({ arm, mean }) => ({ arm: arm.name, colour: theme.series[styles.get(arm.name)!.colour], x: mean.x, y: mean.y }));
  return { ...block, areas: block.areas?.map((area) => ({ ...area, lines, whole: spread(whole, options.logX) })) };
}

const onScale = (log: boolean) => (value: number) => Number.isFinite(value) && (!log || value > 0);

function whyEmpty(
  metric: string,
  curves: readonly ArmCurves[],
  shown: readonly ArmCurves[],
  { logY }: CurveOptions,
  zoomed: boolean,
): string {
  const title = metricTitle(metric);
  if (curves.length && !shown.length) return `${title}: every arm is hidden.`;
  const values = shown.flatMap(({ runs }) => runs.map(({ raw }) => raw.y));
  if (!values.some((y) => y.length))
    return shown.some(({ arm }) => arm.runs.some(({ status }) => status === "queued" || status === "running" || status === "paused"))
      ? `${title}: no values yet.`
      : `${title}: the runs hold no values.`;
  if (zoomed && values.some((y) => y.some(onScale(logY)))) return `${title}: no values in this part of the axis.`;
  return logY && values.some((y) => y.some(onScale(false)))
    ? `${title}: no value above 0, which a logarithmic axis needs.`
    : `${title}: no value is a number.`;
}

/**
 * Values that are not in the picture, in words, so that none goes missing silently: those that are no numbers are gaps of the
 * lines, and lines to those that have no logarithm leave the plot at its lower edge.
 */
export function notDrawn(
  panels: readonly { metric: string; curves: readonly ArmCurves[] }[],
  { logY }: CurveOptions,
  frame: FigureOptions,
): string[] {
  return panels.flatMap(({ metric, curves }) => {
    let [gaps, below] = [0, 0];
    for (const { arm, runs } of curves) {
      if (isHidden(arm.name, frame)) continue;
      for (const { raw } of runs) {
        for (const value of raw.y) {
          if (!Number.isFinite(value)) gaps++;
          else if (logY && value <= 0) below++;
        }
      }
    }
    return [
      ...(gaps
        ? [
            `${metricTitle(metric)}: ${gaps === 1 ? "1 value is not a finite number" : `${formatCount(gaps)} values are not finite numbers`}.`,
          ]
        : []),
      ...(below
        ? [
            `${metricTitle(metric)}: ${below === 1 ? "1 value of 0 or less lies" : `${formatCount(below)} values of 0 or less lie`} below a logarithmic axis.`,
          ]
        : []),
    ];
  });
}

/** What is to be drawn of an arm within a range of x. */
function clipped({ arm, runs, mean }: ArmCurves, range: readonly [number, number] | null): ArmCurves {
  if (!range) return { arm, runs, mean };
  const cut = (series: Series): Series => {
    const part = visible(series.x, range);
    return { steps: series.steps.slice(...part), x: series.x.slice(...part), y: series.y.slice(...part) };
  };
  const part = visible(mean.x, range);
  return {
    arm,
    runs: runs.map(({ run, raw, smooth }) => {
      const own = cut(raw);
      return { run, raw: own, smooth: smooth === raw ? own : cut(smooth) };
    }),
    mean: { ...cut(mean), low: mean.low.slice(...part), high: mean.high.slice(...part) },
  };
}

/** Above this many points of a mean, they are too close for a symbol each. */
const mostSymbols = 24;

function drawArm(
  curve: ArmCurves,
  range: readonly [number, number] | null,
  style: ArmStyle,
  inside: Inside,
  { band, seeds }: CurveOptions,
  theme: Theme,
): string {
  const { arm, runs, mean } = clipped(curve, range);
  const stroke = strokeOf(style, theme);
  const colour = stroke.stroke as string;
  const parts: string[] = [];
  if (band !== "none" && runs.length > 1 && mean.y.length > 1) parts.push(bandOf(mean, inside, colour));
  for (const { run, raw, smooth } of runs) {
    const smoothed = raw.y.length > 0 && smooth !== raw && smooth.y.some((value, i) => value !== raw.y[i]);
    const own = { "data-seed": run.seedIndex };
    if (smoothed)
      parts.push(
        element("path", { d: pathOf(raw, inside), stroke: colour, "stroke-width": 0.6, "stroke-opacity": 0.22, "data-raw": run.seedIndex }),
      );
    if (seeds && (runs.length > 1 || !takesPart(run)))
      parts.push(element("path", { d: pathOf(smooth, inside), ...stroke, "stroke-width": 0.8, "stroke-opacity": 0.55, ...own }));
  }
  parts.push(element("path", { d: pathOf(mean, inside), ...stroke, "stroke-width": 2 }));
  for (const { run, raw } of curve.runs) if (run.status === "diverged") parts.push(divergedMark(raw, inside, colour));
  return element("g", { "data-arm": arm.name, fill: "none", "stroke-linejoin": "round" }, parts);
}

/** Symbols of a mean of few points. Those at an edge are whole: they are not clipped with the lines. */
function symbolsOf({ arm, mean }: ArmCurves, style: ArmStyle, inside: Inside, theme: Theme): string {
  if (mean.y.length > mostSymbols) return "";
  const marks = mean.y.flatMap((y, i) => {
    const at: Point = [inside.x(mean.x[i]), inside.y(y)];
    return at[0] >= 0 && at[0] <= inside.width && at[1] >= 0 && at[1] <= inside.height ? [mark(style, theme, ...at, 22)] : [];
  });
  return marks.length ? element("g", { "data-arm": arm.name }, marks) : "";
}

function pathOf({ x, y }: Series, inside: Inside): string {
  return polyline(
    decimate(
      y.length,
      (i) => inside.x(x[i]),
      (i) => inside.y(y[i]),
    ),
  );
}

/** Relative coordinates in tenths of a pixel: half the text of absolute ones. "" without points, which an SVG path allows. */
function polyline(points: readonly (Point | null)[]): string {
  const parts: string[] = [];
  let last: Point | null = null;
  let alone = false;
  const end = () => {
    // a value between two gaps has no line to be seen by
    if (alone) parts.push("m-2,0h4");
    alone = false;
  };
  for (const point of points) {
    const at: Point | null = point && [Math.round(point[0] * 10), Math.round(point[1] * 10)];
    if (!at) end();
    else if (!last) {
      // after a gap of the data, or the first point
      parts.push(`M${at[0] / 10},${at[1] / 10}`);
      alone = true;
    } else if (at[0] !== last[0] || at[1] !== last[1]) {
      parts.push(`l${(at[0] - last[0]) / 10},${(at[1] - last[1]) / 10}`);
      alone = false;
    }
    last = at;
  }
  end();
  return parts.join("");
}

function bandOf({ x, low, high }: Average, inside: Inside, colour: string): string {
  const edge = (y: number[]) =>
    decimate(
      y.length,
      (i) => inside.x(x[i]),
      (i) => inside.y(y[i]),
    ) as Point[];
  return element("path", {
    d: `${polyline([...edge(high), ...edge(low).reverse()])}Z`,
    fill: colour,
    "fill-opacity": 0.14,
    stroke: "none",
  });
}

/** A cross where the last finite value of a run is that lost its way. */
function divergedMark({ x, y }: Series, inside: Inside, colour: string): string {
  const at = y.findLastIndex((value) => Number.isFinite(value));
  if (at < 0) return "";
  const [px, py] = [inside.x(x[at]), Math.min(inside.height - 5, Math.max(5, inside.y(y[at])))];
  return element(
    "path",
    { d: `M${number(px - 4)},${number(py - 4)}l8,8m0,-8l-8,8`, stroke: colour, "stroke-width": 2 },
    element("title", {}, "diverged"),
  );
}
