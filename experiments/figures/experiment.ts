/** What figures read from an experiment's result. */
import type { ArmResult, ExperimentResult } from "../results.ts";
import { isFinished, type FinishedRun } from "../statistics/metrics.ts";
import { describeUnfinished } from "../statistics/sentence.ts";
import { armStyles } from "./arm-styles.ts";
import type { FigureOptions } from "./figure.ts";
import type { LegendItem } from "./legend.ts";

/** @param names arms to show, in this order; null: all of them */
export function chooseArms(experiment: ExperimentResult, names: readonly string[] | null): ArmResult[] {
  if (names === null) return experiment.arms;
  return names.map((name) => {
    const arm = experiment.arms.find((candidate) => candidate.name === name);
    if (!arm)
      throw new TypeError(
        `There is no arm "${name}" in "${experiment.title}"; its arms are ${experiment.arms.map((a) => `"${a.name}"`).join(", ")}.`,
      );
    return arm;
  });
}

export function finishedRuns(arm: ArmResult): FinishedRun[] {
  return arm.runs.filter(isFinished);
}

export function isHidden(arm: string, { view }: FigureOptions): boolean {
  return view?.hidden.includes(arm) ?? false;
}

/** Arms with their n; colours are those of the whole experiment, whichever arms are shown. */
export function armLegend(experiment: ExperimentResult, arms: readonly ArmResult[]): LegendItem[] {
  const styles = armStyles(experiment.arms);
  return arms.map((arm) => ({ label: arm.name, arm: arm.name, style: styles.get(arm.name)!, note: countNote(arm) }));
}

/** "n = 3", or "n = 2 of 3" while runs are missing. */
function countNote(arm: ArmResult): string {
  const finished = finishedRuns(arm).length;
  return finished === arm.runs.length ? `n = ${finished}` : `n = ${finished} of ${arm.runs.length}`;
}

/** Runs that are not among the finished ones, in words: none goes missing silently. */
export function countRuns(arms: readonly ArmResult[]): string[] {
  const text = describeUnfinished(arms);
  return text ? [text] : [];
}

/** A title within a title: "Validation loss" → "validation loss"; "MTP loss" stays. */
export function lowerFirst(text: string): string {
  return /^[A-Z][a-z]+( |$)/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}
