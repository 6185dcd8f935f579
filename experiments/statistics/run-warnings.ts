/** What is wrong with runs that came to their end: no reason to leave them out, but every reason to look before believing them. */
import { mean } from "d3-array";
import type { ArmResult, ExperimentResult, RunResult } from "../results.ts";
import { isFinished, type FinishedRun } from "./metrics.ts";

/** A rise of the training loss that no batch explains, in nats. */
const muchRise = 1;
/** Steps over which the training loss is averaged before it is held against itself. */
const block = 10;

type Experiment = Pick<ExperimentResult, "arms" | "bigramEntropy">;

/** A sentence for each thing, with the arms and seeds it happened to. */
export function runWarnings({ arms, bigramEntropy }: Experiment): string[] {
  const pairs = mean(Object.values(bigramEntropy));
  return [
    told(arms, "Steps changed nothing, because their gradient was not finite", ({ metrics: { skippedSteps, step } }) =>
      skippedSteps > 0 ? `${skippedSteps} of ${step} steps` : null,
    ),
    told(arms, `The training loss rose by more than ${muchRise} nat after the warm-up`, (run, arm) => {
      const found = largestRise(run, Math.round((arm.config.train?.schedule.warmup ?? 0) * run.steps));
      return found && found.to - found.from > muchRise ? `${found.from.toFixed(2)} to ${found.to.toFixed(2)}` : null;
    }),
    pairs === undefined
      ? null
      : told(
          arms,
          `The validation loss is no better than knowing letter pairs (${pairs.toFixed(2)} nats, the entropy of a byte given the one before it)`,
          ({ metrics: { valLoss } }) => (valLoss >= pairs ? valLoss.toFixed(2) : null),
        ),
  ].filter((text) => text !== null);
}

/** "What: “arm”, seed 1 (how much), seed 2 (how much); “other”, …" for every finished run with a `how`. */
function told(arms: readonly ArmResult[], what: string, how: (run: FinishedRun, arm: ArmResult) => string | null): string | null {
  const found = arms.flatMap((arm) => {
    const seeds = arm.runs.filter(isFinished).flatMap((run) => {
      const size = how(run, arm);
      return size === null ? [] : [`seed ${run.seed.init} (${size})`];
    });
    return seeds.length ? [`“${arm.name}”, ${seeds.join(", ")}`] : [];
  });
  return found.length ? `${what}: ${found.join("; ")}.` : null;
}

/** From the lowest mean of ten training losses after the warm-up to the highest that came later; null where there are too few. */
export function largestRise({ events = [] }: Pick<RunResult, "events">, warmup: number): { from: number; to: number } | null {
  const losses = events.flatMap((event) =>
    event.kind === "step" && event.step > warmup && Number.isFinite(event.trainLoss) ? [event.trainLoss] : [],
  );
  let worst: { from: number; to: number } | null = null;
  let lowest = Infinity;
  let sum = 0;
  losses.forEach((loss, i) => {
    sum += loss - (i >= block ? losses[i - block] : 0);
    if (i < block - 1) return;
    const average = sum / block;
    if (lowest < Infinity && (worst === null || average - lowest > worst.to - worst.from)) worst = { from: lowest, to: average };
    lowest = Math.min(lowest, average);
  });
  return worst;
}
