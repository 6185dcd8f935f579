import type { RunResult } from "../../results.ts";
import type { CoordinatorEvent } from "../../runs/training/coordinator.ts";
import { isEnded } from "../../runs/training/schedule.ts";
import { describeExperiment } from "../../statistics/sentence.ts";
import { terminalLine } from "../../text/terminal-text.ts";
import { remark, say } from "../output.ts";
import { planText, seconds } from "../plan-text.ts";
import type { Presenter } from "./presenter.ts";

const progressEvery = 10_000;

/** Plain lines, for files and pipes: one per run that ends, and one for the whole, or what it waits for, every ten seconds. */
export function plainPresenter(): Presenter {
  const out = (text: string) => say(`${text}\n`);
  let last = Date.now();
  return {
    ...remarks(out),
    event(event) {
      if (event.type === "run" && isEnded(event.result.status)) out(runLine(event));
      else if (event.type === "message") out(event.text);
      else if (event.type === "progress" && Date.now() - last >= progressEvery) {
        last = Date.now();
        out(progressLine(event));
      } else if (event.type === "preparing" && Date.now() - last >= progressEvery) {
        last = Date.now();
        out(preparingLine(event));
      }
    },
    close: () => {},
  };
}

/** What is said once, in whatever way progress is shown. */
export function remarks(out: (text: string) => void): Pick<Presenter, "device" | "plan" | "notice" | "log" | "result" | "wrote"> {
  return {
    device: ({ info, why, workers, replicas, expectedSeconds }) =>
      out(
        `${info.name}: ${info.adapter} (${why}), ${workers * replicas} at once${expectedSeconds === null ? "" : `, about ${seconds(expectedSeconds)} in all`}`,
      ),
    plan: (plan, cache, miss) => out(planText(plan, cache, miss)),
    notice: (text) => remark(`${text}\n`),
    log: (cell, level, text) => out(`#${cell} ${level}: ${text}`),
    result: (experiment) =>
      out(
        [`${experiment.id}: ${experiment.title}`, ...describeExperiment(experiment).map((sentence) => `  ${sentence}`)]
          .map(terminalLine)
          .join("\n"),
      ),
    wrote: ({ report }) => out(`report: ${report}`),
  };
}

export function runLine({ run: id, result }: { run: string; result: RunResult }): string {
  const run = terminalLine(id);
  const { status, cached, metrics, error, divergedAt, steps, seconds: took } = result;
  if (status === "done")
    return `${run}: ${cached ? "in the store" : `done in ${seconds(took)}`}, validation loss ${metrics ? metrics.valLoss.toFixed(4) : "unknown"} nats${skipped(metrics)}`;
  if (status === "diverged") return `${run}: diverged at step ${divergedAt}: ${error}`;
  if (status === "failed") return `${run}: failed at step ${steps}: ${error}`;
  return `${run}: stopped at step ${steps}`;
}

const skipped = (metrics: RunResult["metrics"]): string =>
  metrics && metrics.skippedSteps > 0 ? `, ${metrics.skippedSteps} of ${metrics.step} steps skipped` : "";

const preparingLine = ({ runs, text }: Extract<CoordinatorEvent, { type: "preparing" }>): string =>
  `${runs.length === 1 ? terminalLine(runs[0]) : `${runs.length} runs side by side`}: ${text}`;

function progressLine({ study, progress }: Extract<CoordinatorEvent, { type: "progress" }>): string {
  const { ended, runs, tokens, totalTokens, tokensPerSecond, secondsLeft } = progress;
  const speed = tokensPerSecond > 0 ? `, ${Math.round(tokensPerSecond).toLocaleString("en")} tokens/s` : "";
  const left = secondsLeft === null ? "" : `, ${seconds(secondsLeft)} left`;
  return `${terminalLine(study.split("#")[0])}: ${ended}/${runs} runs, ${Math.floor((100 * tokens) / totalTokens)} %${speed}${left}`;
}
