/** A metric of every run as dots, a row per arm with its mean: by default, how differently the domains use the experts. */
import { deviation } from "d3-array";
import { scaleLinear } from "d3-scale";
import * as v from "valibot";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { flatMetrics, metricLabel, metricTitle } from "../statistics/metrics.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles, mark } from "./arm-styles.ts";
import { bottomAxis, extentOf } from "./axes.ts";
import { csvTable } from "./csv.ts";
import { chooseArms, countRuns, finishedRuns } from "./experiment.ts";
import type { Block } from "./block.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { metricName } from "./options.ts";
import { element, group, line } from "./svg.ts";
import { elide, label, measure, wrap } from "./text.ts";
import { themeOf, type Theme } from "./theme.ts";
import { linearTicks, spread, textOfLinearTicks } from "./ticks.ts";

export const specialisationOptions = v.strictObject({
  metric: v.optional(metricName, "specialisation"),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

interface Row {
  arm: ArmResult;
  values: { seedIndex: number; seed: number; value: number }[];
  mean: number;
}

const small = 11;
const rowHeight = 32;

export function specialisation(
  experiment: ExperimentResult,
  { metric, arms: names }: v.InferOutput<typeof specialisationOptions>,
  frame: FigureOptions,
): Figure {
  const theme = themeOf(frame.theme);
  const width = innerWidth(frame);
  const arms = chooseArms(experiment, names);
  const rows = arms.map((arm): Row => {
    const values = finishedRuns(arm)
      .map((run) => ({ seedIndex: run.seedIndex, seed: run.seed.init, value: flatMetrics(run.metrics)[metric] ?? NaN }))
      .filter(({ value }) => Number.isFinite(value));
    return { arm, values, mean: values.reduce((sum, { value }) => sum + value / values.length, values.length ? 0 : NaN) };
  });
  const any = rows.some((row) => row.values.length);
  const domains = experiment.domains.length;
  const meaning =
    metric === "specialisation"
      ? [
          `0: every domain uses the experts alike; ${formatValue(Math.log2(Math.max(1, domains)))} bits: no expert is shared by the ${domains} domains.`,
        ]
      : [];
  return compose(
    {
      title: metricTitle(metric),
      alternative: rows
        .map(({ arm, values, mean }) =>
          values.length ? `${arm.name}: mean ${formatValue(mean)} of ${values.length}.` : `${arm.name}: no value.`,
        )
        .join(" "),
      data: () =>
        csvTable(
          ["arm", "seed", metric],
          rows.flatMap(({ arm, values }) => values.map(({ seed, value }) => [arm.name, seed, value])),
        ),
      blocks: [any ? strips(rows, experiment, metric, width, theme) : emptyBlock("No run has finished yet.", width, theme)],
      notes: [...(any ? ["Small symbols: one run each; bar: the arm's mean.", ...meaning] : []), ...countRuns(arms)],
    },
    frame,
  );
}

function strips(rows: readonly Row[], experiment: ExperimentResult, metric: string, width: number, theme: Theme): Block {
  const styles = armStyles(experiment.arms);
  const nameWidth = Math.min(200, 0.34 * width, Math.max(...rows.map(({ arm }) => measure(arm.name, { size: 12 }))) + 14);
  const texts = rows.map(({ values, mean }) =>
    values.length
      ? `${formatValue(
          mean,
          deviation(values, ({ value }) => value),
        )}, n = ${values.length}`
      : "no value",
  );
  const valueWidth = Math.max(...texts.map((text) => measure(text, { size: small }))) + 16;
  const domain = extentOf(
    rows.flatMap((row) => row.values.map(({ value }) => value)),
    { include: [0] },
  );
  const plotWidth = Math.max(60, width - nameWidth - valueWidth);
  const x = scaleLinear(spread(domain[0] === domain[1] ? [0, 1] : domain, false), [0, plotWidth]).nice(5);
  const height = rows.length * rowHeight;
  const parts: string[] = [];
  const ticks = linearTicks(x.domain() as [number, number], Math.max(2, Math.min(5, plotWidth / 55)));
  const tickText = textOfLinearTicks(ticks);
  for (const tick of ticks) parts.push(line(nameWidth + x(tick), 0, nameWidth + x(tick), height, theme.grid));
  rows.forEach(({ arm, values, mean }, i) => {
    const y = i * rowHeight + rowHeight / 2;
    const style = styles.get(arm.name)!;
    const lines = wrap(arm.name, nameWidth - 8, { size: 12 }, 2);
    lines.forEach((text, k) =>
      parts.push(
        label(text, 0, y + 4 + (k - (lines.length - 1) / 2) * 14, {
          size: 12,
          fill: theme.ink,
          title: arm.name,
          attributes: { "data-role": "row", "data-arm": arm.name },
        }),
      ),
    );
    const marks = values.map(({ seedIndex, value }) =>
      mark(style, theme, nameWidth + x(value), y, 42, { "fill-opacity": 0.65, "data-seed": seedIndex }),
    );
    if (values.length) marks.push(line(nameWidth + x(mean), y - 10, nameWidth + x(mean), y + 10, theme.ink, { "stroke-width": 2 }));
    parts.push(element("g", { "data-arm": arm.name }, marks));
    parts.push(label(texts[i], width, y + 4, { size: small, fill: theme.inkSoft, anchor: "end" }));
  });
  parts.push(
    group(
      0,
      height,
      bottomAxis(
        ticks.map((tick) => ({ at: nameWidth + x(tick), text: tickText(tick) })),
        [nameWidth, nameWidth + plotWidth],
        width,
        theme,
      ),
    ),
  );
  const name = metricLabel(metric);
  parts.push(
    label(elide(name, nameWidth + plotWidth, { size: small }), nameWidth + plotWidth, height + 32, {
      size: small,
      fill: theme.inkSoft,
      anchor: "end",
      title: name,
    }),
  );
  return { markup: parts.join(""), height: height + 37 };
}
