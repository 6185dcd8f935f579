/** One metric against another, a symbol per run and a larger one per arm: what balance costs in loss. */
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { flatMetrics, metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles, mark, meanMark } from "./arm-styles.ts";
import { cartesian, extentOf, type Inside } from "./axes.ts";
import { csvTable } from "./csv.ts";
import { armLegend, chooseArms, countRuns, finishedRuns, isHidden, lowerFirst } from "./experiment.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { element, line } from "./svg.ts";
import { apart, haloed, referenceDash } from "./references.ts";
import { elide, label } from "./text.ts";
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
  seed: number;
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
      return { arm: arm.name, seedIndex: run.seedIndex, seed: run.seed.init, x: flat[options.x] ?? NaN, y: flat[options.y] ?? NaN };
    }),
  );
  const finite = dots.filter(
    ({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!options.logX || x > 0) && (!options.logY || y > 0),
  );
  const drawn = finite.filter(({ arm }) => !isHidden(arm, frame));
  const floors = options.x === "maxVioGlobal" ? chanceFloors(arms.filter((arm) => !isHidden(arm.name, frame))) : [];
  const styles = armStyles(experiment.arms);
  const means = arms.flatMap((arm) => meanOf(arm.name, finite));

  const block = drawn.length
    ? cartesian({
        width,
        height: Math.round(Math.min(360, Math.max(200, width * 0.5))),
        x: {
          domain: extentOf(
            drawn.map((dot) => dot.x),
            { pad: 0.08, log: options.logX, include: floors.map(({ value }) => value) },
          ),
          log: options.logX,
          label: metricLabel(options.x),
          name: metricTitle(options.x),
        },
        y: {
          domain: extentOf(
            drawn.map((dot) => dot.y),
            { pad: 0.08, log: options.logY },
          ),
          log: options.logY,
          label: metricLabel(options.y),
          name: metricTitle(options.y),
        },
        theme,
        draw: (inside) =>
          floors
            .map(({ value }) =>
              line(inside.x(value), 0, inside.x(value), inside.height, theme.inkSoft, { "stroke-dasharray": referenceDash }),
            )
            .join(""),
        over: (inside) => marks(inside) + floorLabels(inside),
      })
    : emptyBlock(
        finite.length
          ? "Every arm with a value is hidden."
          : dots.length
            ? "No run has values that these scales can show."
            : "No run has finished yet.",
        width,
        theme,
      );

  function marks(inside: Inside): string {
    const each = (arm: string) => {
      const style = styles.get(arm)!;
      const own = drawn.filter((dot) => dot.arm === arm);
      const small = own.map((dot) =>
        mark(style, theme, inside.x(dot.x), inside.y(dot.y), 45, {
          "fill-opacity": own.length > 1 ? 0.6 : null,
          "data-seed": dot.seedIndex,
        }),
      );
      const centre = means.find((mean) => mean.arm === arm);
      const large = centre && own.length > 1 ? meanMark(style, theme, inside.x(centre.x), inside.y(centre.y), 150) : "";
      return element("g", { "data-arm": arm }, [...small, large]);
    };
    return arms
      .filter((arm) => !isHidden(arm.name, frame))
      .map((arm) => each(arm.name))
      .join("");
  }

  /** Beside their lines at the foot of the plot, above each other where there are several. */
  function floorLabels(inside: Inside): string {
    const shown = floors.slice(0, Math.floor(inside.height / 28));
    const ys = apart(
      shown.map(() => inside.height - 6),
      14,
      11,
      inside.height - 6,
    );
    return shown
      .map(({ value, names }, i) => {
        const x = inside.x(value);
        const right = x < inside.width / 2;
        const text = floors.length === 1 ? "perfect balance, by chance" : `by chance: ${names.join(", ")}`;
        const room = (right ? inside.width - x : x) - 9;
        return haloed(
          label(elide(text, room, { size: 11 }), right ? x + 5 : x - 5, ys[i], {
            size: 11,
            fill: theme.inkSoft,
            anchor: right ? "start" : "end",
            title: text,
          }),
          theme,
        );
      })
      .join("");
  }

  return compose(
    {
      title: `${metricTitle(options.y)} against ${lowerFirst(metricTitle(options.x))}`,
      alternative:
        means
          .map((mean) => `${mean.arm}: ${metricTitle(options.x)} ${formatValue(mean.x)}, ${metricTitle(options.y)} ${formatValue(mean.y)}.`)
          .join(" ") || "No run has finished yet.",
      data: () =>
        csvTable(
          ["arm", "seed", options.x, options.y],
          dots.map((dot) => [dot.arm, dot.seed, dot.x, dot.y]),
        ),
      legend: armLegend(experiment, arms),
      blocks: [block],
      notes: [
        ...(drawn.length ? ["Small symbols: one run each; large: the arm's mean."] : []),
        ...leftOut(dots.length - finite.length),
        ...countRuns(arms),
      ],
    },
    frame,
  );
}

/** What perfect balance shows by chance: it depends on tokens, experts and top-k alone, so that arms mostly share it. */
function chanceFloors(arms: readonly ArmResult[]): { value: number; names: string[] }[] {
  const floors = new Map<number, string[]>();
  for (const arm of arms) {
    const floor = finishedRuns(arm)
      .map((run) => run.metrics.maxVioFloor)
      .find((value) => Number.isFinite(value) && value > 0);
    if (floor === undefined) continue;
    const key = Number(floor.toPrecision(3));
    floors.set(key, [...(floors.get(key) ?? []), arm.name]);
  }
  return [...floors].map(([value, names]) => ({ value, names }));
}

function meanOf(arm: string, dots: readonly Dot[]): { arm: string; x: number; y: number }[] {
  const own = dots.filter((dot) => dot.arm === arm);
  const mean = (pick: (dot: Dot) => number) => own.reduce((sum, dot) => sum + pick(dot) / own.length, 0);
  return own.length ? [{ arm, x: mean((dot) => dot.x), y: mean((dot) => dot.y) }] : [];
}

function leftOut(count: number): string[] {
  return count ? [`${count} ${count === 1 ? "run has" : "runs have"} no value that this scale can show.`] : [];
}
