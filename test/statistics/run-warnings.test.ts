import { describe, expect, test } from "vitest";
import { largestRise, runWarnings } from "../../experiments/statistics/run-warnings.ts";
import { stepOf } from "../runs/owned-run.ts";
import { armWith } from "./arms.ts";

const course = (losses: number[]) => losses.map((loss, i) => stepOf(i + 1, loss));
const flat = (loss: number, n: number) => new Array<number>(n).fill(loss);

describe("a run that is done, but", () => {
  test("skipped steps is named with how many", () => {
    const arm = armWith("hot", { valLoss: [1.9, 1.8, "diverged"] });
    arm.runs[1].metrics!.skippedSteps = 5;
    expect(runWarnings({ arms: [arm], bigramEntropy: { prose: 2.4 } })).toEqual([
      "Steps changed nothing, because their gradient was not finite: “hot”, seed 1 (5 of 10 steps).",
    ]);
  });

  test("is no better than letter pairs is named with its loss", () => {
    const arms = [armWith("good", { valLoss: [2.2, 2.3] }), armWith("poor", { valLoss: [3.54, 2.2] })];
    expect(runWarnings({ arms, bigramEntropy: { prose: 2.4, code: 2.6 } })).toEqual([
      "The validation loss is no better than knowing letter pairs (2.50 nats, the entropy of a byte given the one before it): “poor”, seed 0 (3.54).",
    ]);
  });

  test("rose by more than a nat after its warm-up is named with from where to where", () => {
    const arm = armWith("late", { valLoss: [2, 2, 2] });
    arm.runs[0].events = course([...flat(5, 20), ...flat(2, 20), ...flat(3.5, 20)]);
    arm.runs[1].events = course([...flat(5, 20), ...flat(2, 20), ...flat(2.9, 20)]);
    arm.runs[2].events = course([...flat(2, 20), ...flat(8, 20), ...flat(2, 20)]);
    expect(runWarnings({ arms: [arm], bigramEntropy: {} })).toEqual([
      "The training loss rose by more than 1 nat after the warm-up: “late”, seed 0 (2.00 to 3.50), seed 2 (2.00 to 8.00).",
    ]);
  });
});

test("what rises and falls within the warm-up is no rise", () => {
  expect(largestRise({ events: course([...flat(2, 10), ...flat(8, 10), ...flat(3, 20)]) }, 20)).toEqual({ from: 3, to: 3 });
  expect(largestRise({ events: course(flat(2, 10)) }, 0)).toBeNull();
  expect(largestRise({}, 0)).toBeNull();
});
