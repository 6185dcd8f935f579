import { type RunConfig, type SchedulePiece, scheduledValue } from "../model/config.ts";
import { cos } from "../numerics/elementary.ts";
import { pow } from "../numerics/pow.ts";
import { NumberSlot } from "../program/ops.ts";

/** Learning rate of step t (1-based) of `steps`: linear warm-up from 0, then cosine (or constant) down to `final`·lr at the last step, or pieces. */
export function learningRate({ steps, schedule, optimizer }: RunConfig["train"], t: number): number {
  const peak = scheduledValue(optimizer.lr, (t - 1) / steps);
  const warmup = Math.round(schedule.warmup * steps);
  if (t <= warmup) return (peak * t) / warmup;
  if (schedule.kind === "constant") return peak;
  if (schedule.kind === "pieces") return peak * pieceFactor(schedule.pieces!, t / steps);
  const progress = (t - warmup) / Math.max(1, steps - warmup);
  return peak * (schedule.final + (1 - schedule.final) * 0.5 * (1 + cos(Math.PI * progress)));
}

/** What the peak is multiplied with at `progress` of the run: the first piece whose `until` is not passed. */
function pieceFactor(pieces: SchedulePiece[], progress: number): number {
  const at = pieces.findIndex(({ until }) => progress <= until);
  const { until, shape, value } = pieces[at];
  if (shape === "constant") return value;
  const before = pieces[at - 1] ?? { until: 0, value: 1 };
  return value + (before.value - value) * 0.5 * (1 + cos((Math.PI * (progress - before.until)) / (until - before.until)));
}

/** The `numbers` table of step t (1-based); see `NumberSlot`. */
export function numbersOfStep({ train, balance, model }: RunConfig, t: number): Float64Array {
  const { optimizer } = train;
  const progress = (t - 1) / train.steps;
  const numbers = new Float64Array(NumberSlot.firstAlpha + balance.losses.length);
  numbers[NumberSlot.lr] = learningRate(train, t);
  numbers[NumberSlot.correction1] = 1 - pow(optimizer.beta1, t);
  numbers[NumberSlot.correction2] = 1 - pow(optimizer.beta2, t);
  numbers[NumberSlot.beta1] = optimizer.beta1;
  numbers[NumberSlot.beta2] = optimizer.beta2;
  numbers[NumberSlot.eps] = optimizer.eps;
  numbers[NumberSlot.weightDecay] = optimizer.weightDecay;
  numbers[NumberSlot.clipNorm] = train.clipNorm;
  numbers[NumberSlot.gradScale] = 1 / microstepsPerStep(train);
  numbers[NumberSlot.gamma] = balance.bias ? scheduledValue(balance.bias.gamma, progress) : 0;
  numbers[NumberSlot.zLoss] = scheduledValue(balance.zLoss, progress);
  // Eq. 25: lambda / D for each depth
  numbers[NumberSlot.mtpWeight] = model.mtp.depth > 0 ? scheduledValue(model.mtp.lambda, progress) / model.mtp.depth : 0;
  balance.losses.forEach(({ alpha }, n) => {
    numbers[NumberSlot.firstAlpha + n] = scheduledValue(alpha, progress);
  });
  return numbers;
}

export const microstepsPerStep = ({ batchSize, microBatch }: RunConfig["train"]): number => batchSize / (microBatch ?? batchSize);
