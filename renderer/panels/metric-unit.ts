/** The unit beside a metric's name, where the name does not say it. */
import { metricTitle, metricUnit } from "../../experiments/statistics/metrics.ts";

/** "nats per token" for "Validation loss"; "" for "Clipped steps", which are steps. */
export function unitBeside(metric: string): string {
  const unit = metricUnit(metric);
  return metricTitle(metric).toLowerCase().includes(unit.toLowerCase()) ? "" : unit;
}
