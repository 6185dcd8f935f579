import { MultiBar, Presets, type SingleBar } from "cli-progress";
import { isEnded } from "../../runs/training/schedule.ts";
import { terminalLine, terminalText } from "../../text/terminal-text.ts";
import { say } from "../output.ts";
import { seconds } from "../plan-text.ts";
import type { Presenter } from "./presenter.ts";
import { remarks, runLine } from "./plain.ts";

/** For a terminal: a bar for each experiment and one for each run that trains, finished runs as lines above. */
export function barPresenter(): Presenter {
  const bars = new MultiBar(
    { format: "{bar} {percentage} %  {name}  {detail}", hideCursor: true, clearOnComplete: false, barsize: 24, fps: 10, forceRedraw: true },
    Presets.rect,
  );
  const studies = new Map<string, SingleBar>();
  const runs = new Map<string, { bar: SingleBar; steps: number }>();
  const lengths = new Map<string, number>();
  let open = true;
  const above = (text: string) =>
    void (open && (studies.size > 0 || runs.size > 0) ? bars.log(`${terminalText(text)}\n`) : say(`${text}\n`));
  const drop = (run: string) => {
    const shown = runs.get(run);
    if (shown) bars.remove(shown.bar);
    runs.delete(run);
  };
  const told = remarks(above);
  return {
    ...told,
    plan(plan, cache, miss) {
      told.plan(plan, cache, miss);
      for (const run of plan.runs) lengths.set(run.id, run.config.train.steps);
    },
    event(event) {
      if (!open) return;
      // a study's bar stands above those of its runs
      const name = terminalLine(event.study.split("#")[0]);
      let bar = studies.get(event.study);
      if (!bar) studies.set(event.study, (bar = bars.create(1, 0, { name, detail: "looking into the store" })));
      switch (event.type) {
        case "run":
          if (isEnded(event.result.status)) {
            drop(event.run);
            above(runLine(event));
          } else if (event.result.status === "queued") drop(event.run);
          else if (event.result.status === "running" && !runs.has(event.run)) {
            const steps = lengths.get(event.run) ?? 1;
            runs.set(event.run, {
              bar: bars.create(steps, event.result.steps, { name: terminalLine(event.run), detail: "starting" }),
              steps,
            });
          }
          break;
        case "metrics": {
          const step = event.events.findLast((metric) => metric.kind === "step");
          const loss = step ? `loss ${step.trainLoss.toFixed(3)}` : "";
          if (step) runs.get(event.run)?.bar.update(step.step, { name: terminalLine(event.run), detail: loss });
          break;
        }
        case "progress": {
          const { tokens, totalTokens, tokensPerSecond, secondsLeft, ended, runs: all } = event.progress;
          bar.setTotal(totalTokens);
          const speed = tokensPerSecond > 0 ? `${Math.round(tokensPerSecond).toLocaleString("en")} tokens/s  ` : "";
          bar.update(tokens, {
            name,
            detail: `${ended}/${all} runs  ${speed}${secondsLeft === null ? "" : `${seconds(secondsLeft)} left`}`,
          });
          break;
        }
        case "preparing":
          for (const run of event.runs) runs.get(run)?.bar.update({ name: terminalLine(run), detail: terminalLine(event.text) });
          break;
        case "message":
          above(event.text);
      }
    },
    close() {
      if (!open) return;
      open = false;
      bars.stop();
    },
  };
}
