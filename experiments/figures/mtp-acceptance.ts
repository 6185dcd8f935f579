/** How often what each multi-token-prediction depth guesses would be kept by speculative sampling, or is what the main model finds likeliest. */
import * as v from "valibot";
import type { ExperimentResult } from "../results.ts";
import { formatValue } from "../statistics/numbers.ts";
import { armStyles } from "./arm-styles.ts";
import { csvTable } from "./csv.ts";
import { armLegend, chooseArms, countRuns, finishedRuns, isHidden } from "./experiment.ts";
import { compose, emptyBlock, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { meanOf, responsePanel, type ResponseSeries } from "./response-panel.ts";
import { themeOf } from "./theme.ts";

export const mtpAcceptanceOptions = v.strictObject({
  metric: v.optional(v.picklist(["acceptance", "agreement"]), "acceptance"),
  arms: v.optional(v.nullable(v.array(v.string())), null),
});

const words = {
  acceptance: { title: "Acceptance of multi-token predictions", axis: "Expected acceptance on validation text" },
  agreement: { title: "Agreement of multi-token predictions", axis: "Agreeing share of validation positions" },
};

export function mtpAcceptance(
  experiment: ExperimentResult,
  { metric, arms: names }: v.InferOutput<typeof mtpAcceptanceOptions>,
  frame: FigureOptions,
): Figure {
  const theme = themeOf(frame.theme);
  const width = innerWidth(frame);
  const chosen = chooseArms(experiment, names);
  const arms = chosen.filter((arm) => arm.config.model.mtp.depth > 0);
  const styles = armStyles(experiment.arms);
  const series = arms.map((arm): ResponseSeries => {
    const style = styles.get(arm.name)!;
    const points = Array.from({ length: arm.config.model.mtp.depth }, (_, index) => ({
      x: index + 1,
      values: finishedRuns(arm)
        .map((run) => ({ seedIndex: run.seedIndex, seed: run.seed.init, value: run.metrics[metric][index] }))
        .filter(({ value }) => Number.isFinite(value)),
      style,
      arm: arm.name,
    }));
    return { points, style };
  });
  const shown = series.filter((_, i) => !isHidden(arms[i].name, frame));
  const any = shown.some(({ points }) => points.some((point) => point.values.length));
  const unmeasured = shown.length > 0 && arms.some((arm) => finishedRuns(arm).length > 0);
  const deepest = Math.max(0, ...arms.map((arm) => arm.config.model.mtp.depth));
  const without = chosen.filter((arm) => arm.config.model.mtp.depth === 0).map((arm) => `“${arm.name}”`);
  const percent = (value: number) => `${formatValue(value * 100, 5)} %`;
  return compose(
    {
      title: words[metric].title,
      alternative:
        series
          .flatMap(({ points }) => points.filter((p) => p.values.length).map((p) => `${p.arm}, depth ${p.x}: ${percent(meanOf(p))}.`))
          .join(" ") || "No run with multi-token prediction has finished.",
      data: () =>
        csvTable(
          ["arm", "seed", "depth", metric],
          series.flatMap(({ points }) => points.flatMap((p) => p.values.map(({ seed, value }) => [p.arm, seed, p.x, value]))),
        ),
      legend: armLegend(experiment, arms),
      blocks: [
        any
          ? responsePanel(shown, {
              width,
              theme,
              include: [0],
              shift: 14,
              x: {
                label: "Depth of the prediction",
                name: "depth",
                ticks: Array.from({ length: deepest }, (_, i) => i + 1),
                format: String,
              },
              y: { label: words[metric].axis, name: metric, format: (value) => `${Math.round(value * 100)} %` },
            })
          : emptyBlock(
              arms.length
                ? unmeasured
                  ? `These runs did not measure ${metric}.`
                  : shown.length
                    ? "No run has finished yet."
                    : "Every arm is hidden."
                : "No arm predicts more than one token (model.mtp.depth is 0 in all).",
              width,
              theme,
            ),
      ],
      notes: [
        ...(any ? ["Small symbols: one run each; large: the arm's mean."] : []),
        ...(without.length ? [`Without multi-token prediction: ${without.join(", ")}.`] : []),
        ...countRuns(arms),
      ],
    },
    frame,
  );
}
