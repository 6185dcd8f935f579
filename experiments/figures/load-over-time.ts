/** MaxVio of the training batches over the run: collapse and recovery, with the floor that perfect balance shows by chance. */
import * as v from "valibot";
import { maxVioFloor } from "../../engine/train/metrics.ts";
import type { ArmResult, ExperimentResult } from "../results.ts";
import { armCurves, curvePanel, notDrawn } from "./curve-panel.ts";
import { curveOptions, curvesData, describe, readingNote } from "./curves.ts";
import { armLegend, chooseArms, countRuns } from "./experiment.ts";
import { compose, innerWidth, type Figure, type FigureOptions } from "./figure.ts";

export const loadOverTimeOptions = v.strictObject({ ...curveOptions, logY: v.optional(v.boolean(), true) });

export function loadOverTime(
  experiment: ExperimentResult,
  options: v.InferOutput<typeof loadOverTimeOptions>,
  frame: FigureOptions,
): Figure {
  const metric = "maxVioBatch";
  const arms = chooseArms(experiment, options.arms);
  const curves = armCurves(arms, metric, options);
  const panels = [{ metric, curves }];
  const floors = chanceFloors(arms);
  const references = floors.map(({ value, names }) => ({
    value,
    label: floors.length === 1 ? "perfect balance, by chance" : `by chance: ${names.join(", ")}`,
  }));
  const note = arms.some((arm) => arm.config.model.mtp.depth > 0) ? ["MTP modules are left out."] : [];
  const block = curvePanel({ all: experiment.arms, curves, metric, options, width: innerWidth(frame), frame, references });
  return compose(
    {
      title: "Load imbalance of training batches",
      alternative: `${describe(metric, curves, options)}${floors.length ? ` Perfect balance would show ${floors.map(({ value, names }) => value.toFixed(2) + (floors.length > 1 ? ` (${names.join(", ")})` : "")).join(" or ")} by chance.` : ""}`,
      data: () => curvesData(panels, options),
      legend: armLegend(experiment, arms),
      blocks: [block],
      notes: [
        ...readingNote(options, panels, block),
        "MaxVio is the load of the busiest expert over the mean load, minus 1; mean over MoE layers.",
        ...note,
        ...notDrawn(panels, options, frame),
        ...countRuns(arms),
      ],
    },
    frame,
  );
}

/** What perfect balance shows by chance, with the arms that share it: two decimals, so that one batch size means one line. */
function chanceFloors(arms: readonly ArmResult[]): { value: number; names: string[] }[] {
  const floors = new Map<number, string[]>();
  for (const {
    name,
    config: { train, model },
  } of arms) {
    const value = Number(maxVioFloor(train.batchSize * train.seqLen, model.nRoutedExperts, model.numExpertsPerTok).toFixed(2));
    if (value > 0) floors.set(value, [...(floors.get(value) ?? []), name]);
  }
  return [...floors].map(([value, names]) => ({ value, names }));
}
