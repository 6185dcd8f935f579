/** MaxVio of the training batches over the run: collapse and recovery, with the floor that perfect balance shows by chance. */
import * as v from "valibot";
import { maxVioFloor } from "../../engine/train/metrics.ts";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { armCurves, curvePanel } from "./curve-panel.ts";
import { curveOptions, curvesCsv, describe, readingNote } from "./curves.ts";
import { armLegend, chooseArms, countRuns } from "./experiment.ts";
import { compose, innerWidth, type Figure, type FigureOptions } from "./figure.ts";
import { themeOf } from "./theme.ts";

export const loadOverTimeOptions = v.strictObject({ ...curveOptions, logY: v.optional(v.boolean(), true) });

export function loadOverTime(experiment: ExperimentResult, options: v.InferOutput<typeof loadOverTimeOptions>, frame: FigureOptions): Figure {
  const metric = "maxVioBatch";
  const arms = chooseArms(experiment, options.arms);
  const curves = armCurves(arms, metric, options);
  const floors = [...new Set(arms.map(batchFloor))].filter((floor) => floor > 0);
  const references = floors.map((value) => ({ value, label: "perfect balance, by chance" }));
  const note = arms.some((arm) => arm.config.model.mtp.depth > 0) ? ["MTP modules are left out."] : [];
  return compose(
    {
      title: "Load imbalance of training batches",
      alternative: `${describe(metric, curves, options)}${floors.length ? ` Perfect balance would show ${floors.map((floor) => floor.toFixed(2)).join(" or ")} by chance.` : ""}`,
      csv: () => curvesCsv([{ metric, curves }], options),
      legend: armLegend(experiment, arms),
      blocks: [curvePanel(experiment.arms, curves, metric, options, innerWidth(frame), themeOf(frame.theme), references)],
      notes: [readingNote(options, [metric]), "MaxVio is the load of the busiest expert over the mean load, minus 1; mean over MoE layers.", ...note, ...countRuns(arms)],
    },
    frame,
  );
}

/** Two decimals, so that arms with one batch size share a line. */
function batchFloor({ config: { train, model } }: ArmResult): number {
  return Number(maxVioFloor(train.batchSize * train.seqLen, model.nRoutedExperts, model.numExpertsPerTok).toFixed(2));
}
