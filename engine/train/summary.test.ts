import { describe, expect, test } from "vitest";
import type { StepMetrics } from "./protocol.ts";
import { Summary } from "./summary.ts";

const step = (n: number, trainLoss: number, skipped = false): StepMetrics => ({
  kind: "step",
  step: n,
  tokens: n,
  seconds: n,
  trainLoss,
  mtpLoss: [],
  balanceLoss: 0,
  gradNorm: 1,
  clipped: false,
  skipped,
  lr: 1,
  maxVioBatch: 0,
});
const after = (...steps: StepMetrics[]): Summary => {
  const summary = new Summary(steps.length, 256);
  steps.forEach((one) => summary.add(one));
  return summary;
};

describe("a run that came to its last step", () => {
  test.each([
    ["ended well", after(step(1, 5.6), step(2, 4)), 4.1, null],
    ["skipped a step before the last", after(step(1, 5.6), step(2, NaN, true), step(3, 4)), 4.1, null],
    ["learned nothing, within what batches scatter", after(step(1, 5.55), step(2, 5.6)), 5.6, null],
    ["began far above guessing and came down", after(step(1, 30), step(2, 12)), 11, null],
    ["has no last validation loss", after(step(1, 5.6), step(2, 4)), NaN, /last validation loss is not finite \(NaN\)/],
    ["has an infinite one", after(step(1, 5.6), step(2, 4)), Infinity, /last validation loss is not finite \(Infinity\)/],
    ["skipped its last step", after(step(1, 5.6), step(2, 4, true)), 4.1, /last step had no finite loss or gradient/],
    ["lost its last training loss", after(step(1, 5.6), step(2, NaN)), 4.1, /last step had no finite loss or gradient/],
    [
      "ended worse than guessing and than it began",
      after(step(1, 5.6), step(2, 4)),
      9,
      /ended at 9\.00 nats, above guessing \(5\.55\) and above where it began \(5\.60\)/,
    ],
  ])("and %s", (_, summary, valLoss, reason) => {
    if (reason === null) expect(summary.lost(valLoss)).toBeNull();
    else expect(summary.lost(valLoss)).toMatch(reason);
  });

  test("is judged the same when it was interrupted", () => {
    const first = after(step(1, 5.6), step(2, NaN, true));
    const second = new Summary(2, 256);
    second.setState(first.getState());
    expect(second.lost(9)).toBe(first.lost(9));
  });
});
