import { log } from "../numerics/elementary.ts";
import type { Evaluation } from "./evaluate.ts";
import type { FinalMetrics, StepMetrics } from "./protocol.ts";

/** Reported as means over the last steps. */
const tailed = ["trainLoss", "maxVioBatch", "balanceLoss", "zLoss", "mtpRouterLoss", "gradNorm"] as const;

interface State {
  tail: Record<(typeof tailed)[number], number[]>;
  skippedSteps: number;
  clippedSteps: number;
  /** consecutive steps that were skipped or far above the loss of guessing */
  astray: number;
  /** training loss of the first step that has one */
  firstLoss: number;
  /** the last step was skipped, or its loss is not finite */
  lastLost: boolean;
}

/** After this many steps in a row without a usable loss a run has diverged. */
const patience = 10;
/** Batches and validation text of an untrained model differ by less than this, in nats: what lies beyond is no chance. */
const noise = 0.1;

/** What a run reports at its end beside its last validation: means over the last 10 % of steps, and counts of all. */
export class Summary {
  private state: State = {
    tail: { trainLoss: [], maxVioBatch: [], balanceLoss: [], zLoss: [], mtpRouterLoss: [], gradNorm: [] },
    skippedSteps: 0,
    clippedSteps: 0,
    astray: 0,
    firstLoss: NaN,
    lastLost: false,
  };
  private readonly tailFrom: number;
  private readonly guessing: number;

  /** Above this a run that goes on for a while does not come back. */
  private get hopeless(): number {
    return 3 * this.guessing;
  }

  /** `steps` of the run; `vocabSize` sets the loss of guessing, ln V. */
  constructor(steps: number, vocabSize: number) {
    this.tailFrom = Math.floor(steps * 0.9) + 1;
    this.guessing = log(vocabSize);
  }

  add(metrics: StepMetrics): void {
    const { tail } = this.state;
    if (metrics.skipped) this.state.skippedSteps++;
    if (metrics.clipped) this.state.clippedSteps++;
    if (!Number.isFinite(this.state.firstLoss)) this.state.firstLoss = metrics.trainLoss;
    this.state.lastLost = metrics.skipped || !Number.isFinite(metrics.trainLoss);
    this.state.astray = metrics.skipped || !(metrics.trainLoss < this.hopeless) ? this.state.astray + 1 : 0;
    if (metrics.step < this.tailFrom) return;
    for (const name of tailed) tail[name].push(metrics[name] ?? 0);
  }

  /** Why the run has diverged, or null. */
  get diverged(): string | null {
    if (this.state.astray < patience) return null;
    return `${patience} steps in a row had no finite gradient or a training loss above ${this.hopeless.toFixed(1)} nats (three times that of guessing); try a lower learning rate or a longer warm-up`;
  }

  /** Why a run has diverged that came to its last step, or null: it ended without a usable model. `valLoss` is that of its last validation. */
  lost(valLoss: number): string | null {
    const { firstLoss, lastLost } = this.state;
    const advice = "try a lower learning rate or a longer warm-up";
    if (!Number.isFinite(valLoss)) return `its last validation loss is not finite (${valLoss}); ${advice}`;
    if (lastLost) return `its last step had no finite loss or gradient; ${advice}`;
    const start = Number.isFinite(firstLoss) ? Math.max(this.guessing, firstLoss) : this.guessing;
    if (valLoss <= start + noise) return null;
    return `it ended at ${valLoss.toFixed(2)} nats, above guessing (${this.guessing.toFixed(2)}) and above where it began (${firstLoss.toFixed(2)}); ${advice}`;
  }

  /** `tokens` and `seconds` of training; `last` is the validation at the end. */
  finish(last: Evaluation, domains: string[], step: number, tokens: number, seconds: number): FinalMetrics {
    const { tail, skippedSteps, clippedSteps } = this.state;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      ...last,
      step,
      tokens,
      seconds,
      trainLoss: mean(tail.trainLoss),
      balanceLoss: mean(tail.balanceLoss),
      zLoss: mean(tail.zLoss),
      mtpRouterLoss: mean(tail.mtpRouterLoss),
      gradNorm: mean(tail.gradNorm),
      maxVioBatch: mean(tail.maxVioBatch),
      skippedSteps,
      clippedSteps,
      tokensPerSecond: tokens / seconds,
      domains,
    };
  }

  getState(): State {
    return structuredClone(this.state);
  }

  setState(state: State): void {
    this.state = structuredClone(state);
  }
}
