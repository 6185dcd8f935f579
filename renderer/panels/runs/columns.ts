/** The columns of the list of runs. */
import type { FoundRun } from "../../../experiments/runs/index/query.ts";
import type { RunStatus } from "../../../experiments/results.ts";
import { shortKey } from "../../../experiments/runs/store/key.ts";
import { metricLabel } from "../../../experiments/statistics/metrics.ts";
import { formatCount, formatDuration, formatValue } from "../../../experiments/statistics/numbers.ts";

export interface Column {
  name: string;
  /** what the index sorts by */
  by: string;
  title?: string;
  text(run: FoundRun): string;
  right?: boolean;
  /** names of any length: cut off, whole in the tooltip */
  long?: boolean;
  /** largest or newest first at the first click */
  descendingFirst?: boolean;
}

const metric = (name: string, heading: string): Column => ({
  name: heading,
  by: name,
  title: metricLabel(name),
  text: ({ metrics }) => (metrics[name] === undefined ? "" : formatValue(metrics[name])),
  right: true,
});

/** "2026-11-22 08:18", of the place one is at: Swedish dates are ISO's. */
const time = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });

export const columns: readonly Column[] = [
  { name: "arm", by: "arm", text: ({ arm }) => arm ?? "–", long: true },
  { name: "seed", by: "seed", text: ({ seed }) => String(seed), right: true },
  { name: "study", by: "title", text: ({ title, experiment }) => title ?? experiment ?? "–", long: true },
  { name: "notebook", by: "notebook", text: ({ notebook }) => notebook, long: true },
  { name: "status", by: "status", text: ({ status }) => status },
  metric("valLoss", "valLoss"),
  metric("maxVioGlobal", "MaxVio"),
  metric("specialisation", "special."),
  { name: "steps", by: "steps", text: ({ steps }) => (steps === null ? "" : formatCount(steps)), right: true, descendingFirst: true },
  {
    name: "time",
    by: "seconds",
    text: ({ seconds }) => (seconds === null ? "" : formatDuration(seconds)),
    right: true,
    descendingFirst: true,
  },
  { name: "device", by: "backend", text: ({ backend }) => backend },
  { name: "ended", by: "when", text: ({ when }) => (when === null ? "" : time.format(new Date(when))), descendingFirst: true },
  { name: "key", by: "key", text: ({ key }) => shortKey(key).slice(0, 8) },
];

/** How the sign for a run's state is called that a panel of a study shows. */
export const markOf = ({ status }: FoundRun): RunStatus => (status === "unfinished" ? "paused" : status === "changed" ? "failed" : status);
