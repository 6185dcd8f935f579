import { encode } from "../../runs/store/json.ts";
import { remark, say } from "../output.ts";
import type { Presenter } from "./presenter.ts";

const progressEvery = 1000;

/** One JSON object per line on standard output; numbers that are not finite are strings. */
export function jsonPresenter(): Presenter {
  const line = (value: object) => say(`${encode(value)}\n`);
  /** by study, and by the runs that prepare */
  const lastProgress = new Map<string, number>();
  return {
    device: ({ info, why, workers, replicas, expectedSeconds }) =>
      line({ type: "device", ...info, why, workers, replicas, expectedSeconds }),
    plan: ({ experiment, arms, runs, dataHash }, { cached }) =>
      line({
        type: "plan",
        experiment: experiment.id,
        cell: experiment.cell,
        title: experiment.title,
        baseline: experiment.baseline,
        primary: experiment.primary,
        seeds: experiment.seeds,
        dataHash,
        arms: arms.map(({ name, patch, differences, cost }) => ({ name, patch, differences, ...cost })),
        runs: runs.map(({ id, arm, seed, key }) => ({ run: id, arm, seed, key, cached: cached.has(id) })),
      }),
    event(event) {
      if (event.type === "run") {
        const { events: _events, metrics, ...run } = event.result;
        line({ type: "run", study: event.study, run: event.run, ...run, valLoss: metrics?.valLoss ?? null });
      } else if (event.type === "progress") {
        const now = Date.now();
        if (event.progress.ended < event.progress.runs && now - (lastProgress.get(event.study) ?? 0) < progressEvery) return;
        lastProgress.set(event.study, now);
        line({ type: "progress", study: event.study, ...event.progress });
      } else if (event.type === "preparing") {
        const now = Date.now();
        const key = `${event.study} ${event.runs.join()}`;
        if (now - (lastProgress.get(key) ?? 0) < progressEvery) return;
        lastProgress.set(key, now);
        line(event);
      } else if (event.type === "checkpoint" || event.type === "message") line(event);
    },
    notice: (text) => remark(`${text}\n`),
    log: (cell, level, text) => line({ type: "log", cell, level, text }),
    result: ({ id, arms, comparisons }) =>
      line({
        type: "result",
        experiment: id,
        arms: arms.map(({ name, n, mean, sd }) => ({ name, n, mean, sd })),
        comparisons: comparisons.filter(({ verdict }) => verdict !== "not tested"),
      }),
    wrote: (files) => line({ type: "wrote", ...files }),
    close: () => {},
  };
}
