import { deviation, mean } from "d3-array";
import { nameMap } from "../own-keys.ts";
import type { ArmResult, RunResult } from "../results.ts";
import { flatMetrics, isFinished } from "./metrics.ts";

/** Mean and sample standard deviation of each flat metric over the finished runs, and how many those are. An sd of one run is NaN. */
export function summariseArm(runs: readonly RunResult[]): Pick<ArmResult, "mean" | "sd" | "n"> {
  const finished = runs.filter(isFinished).map((run) => flatMetrics(run.metrics));
  const summary: Pick<ArmResult, "mean" | "sd" | "n"> = { mean: nameMap(), sd: nameMap(), n: finished.length };
  for (const metric of new Set(finished.flatMap((flat) => Object.keys(flat)))) {
    const values = finished.map((flat) => flat[metric]).filter((value) => value !== undefined);
    const usable = values.every(Number.isFinite);
    summary.mean[metric] = usable ? mean(values)! : NaN;
    summary.sd[metric] = usable ? (deviation(values) ?? NaN) : NaN;
  }
  return summary;
}
