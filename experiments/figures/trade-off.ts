/** One metric against another, a symbol per run and a larger one per arm: what balance costs in loss. */
import * as v from "valibot";
import type { ExperimentResult } from "../results.ts";
import { flatMetrics, metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles, mark } from "./arm-styles.ts";
import { cartesian, extentOf, type Inside } from "./axes.ts";
import { csvText } from "./csv.ts";
import { armLegend, chooseArms, countRuns, finishedRuns } from "./experiment.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { element, line } from "./svg.ts";
import { label } from "./text.ts";
import { themeOf } from "./theme.ts";

export const tradeOffOptions = v.strictObject({
  x: v.optional(metricName, "maxVioGlobal"),
  y: v.optional(metricName, "valLoss"),
  logX: v.optional(v.boolean(), true),
  logY: v.optional(v.boolean(), false),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

interface Dot {
  arm: string;
  seedIndex: number;
  x: number;
  y: number;
}

export function tradeOff(experiment: ExperimentResult, options: v.InferOutput<typeof tradeOffOptions>, frame: FigureOptions): Figure {
  const theme = themeOf(frame.theme);
  const width = innerWidth(frame);
  const arms = chooseArms(experiment, options.arms);
  const dots = arms.flatMap((arm) =>
    finishedRuns(arm).map((run): Dot => {
      const flat = flatMetrics(run.metrics);
      return { arm: arm.name, seedIndex: run.seedIndex, x: flat[options.x] ?? NaN, y: flat[options.y] ?? NaN };
    }),
  );
  const drawn = dots.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!options.logX || x > 0) && (!options.logY || y > 0));
  const floor = options.x === "maxVioGlobal" ? chanceFloor(experiment) : null;
  const styles = armStyles(experiment.arms);
  const means = arms.flatMap((arm) => meanOf(arm.name, drawn));

  const block = drawn.length
    ? cartesian({
        width,
        height: Math.round(Math.min(360, Math.max(200, width * 0.5))),
        x: { domain: extentOf(drawn.map((dot) => dot.x), { pad: 0.08, log: options.logX, include: floor === null ? [] : [floor] }), log: options.logX, label: metricLabel(options.x), name: metricTitle(options.x) },
        y: { domain: extentOf(drawn.map((dot) => dot.y), { pad: 0.08, log: options.logY }), log: options.logY, label: metricLabel(options.y), name: metricTitle(options.y) },
        theme,
        draw: (inside) => (floor === null ? "" : line(inside.x(floor), 0, inside.x(floor), inside.height, theme.inkSoft, { "stroke-dasharray": "2 3" })),
        over: (inside) => marks(inside) + (floor === null ? "" : floorLabel(inside)),
      })
    : emptyBlock("No run has finished yet.", width, theme);

  function marks(inside: Inside): string {
    const each = (arm: string) => {
      const style = styles.get(arm)!;
      const own = drawn.filter((dot) => dot.arm === arm);
      const small = own.map((dot) => mark(style, theme, inside.x(dot.x), inside.y(dot.y), 45, { "fill-opacity": 0.6, "data-seed": dot.seedIndex }));
      const centre = means.find((mean) => mean.arm === arm);
      const large = centre && own.length > 1 ? mark(style, theme, inside.x(centre.x), inside.y(centre.y), 150, { stroke: theme.ink, "stroke-width": 1.25 }) : "";
      return element("g", { "data-arm": arm }, [...small, large]);
    };
    return arms.map((arm) => each(arm.name)).join("");
  }

  function floorLabel(inside: Inside): string {
    const x = inside.x(floor!);
    const right = x < inside.width / 2;
    return label("perfect balance, by chance", right ? x + 5 : x - 5, inside.height - 6, { size: 11, fill: theme.inkSoft, anchor: right ? "start" : "end" });
  }

  return compose(
    {
      title: `${metricTitle(options.y)} against ${metricTitle(options.x)}`,
      alternative: means.map((mean) => `${mean.arm}: ${metricTitle(options.x)} ${formatValue(mean.x)}, ${metricTitle(options.y)} ${formatValue(mean.y)}.`).join(" ") || "No run has finished yet.",
      csv: () => csvText(["arm", "seedIndex", options.x, options.y], dots.map((dot) => [dot.arm, dot.seedIndex, dot.x, dot.y])),
      legend: armLegend(experiment, arms),
      blocks: [block],
      notes: ["Small symbols: one run each; large: the arm's mean.", ...leftOut(dots.length - drawn.length), ...countRuns(arms)],
    },
    frame,
  );
}

/** Mean of the floors that the runs report: they depend on tokens, experts and top-k alone. */
export function chanceFloor(experiment: ExperimentResult): number | null {
  const floors = experiment.arms.flatMap((arm) => finishedRuns(arm).map((run) => run.metrics.maxVioFloor)).filter((floor) => Number.isFinite(floor) && floor > 0);
  return floors.length ? floors.reduce((a, b) => a + b, 0) / floors.length : null;
}

function meanOf(arm: string, dots: readonly Dot[]): { arm: string; x: number; y: number }[] {
  const own = dots.filter((dot) => dot.arm === arm);
  const mean = (pick: (dot: Dot) => number) => own.reduce((sum, dot) => sum + pick(dot), 0) / own.length;
  return own.length ? [{ arm, x: mean((dot) => dot.x), y: mean((dot) => dot.y) }] : [];
}

function leftOut(count: number): string[] {
  return count ? [`${count} ${count === 1 ? "run has" : "runs have"} no value that this scale can show.`] : [];
}
