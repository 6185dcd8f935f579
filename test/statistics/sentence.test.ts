import { expect, test } from "vitest";
import type { ArmResult, ExperimentResult } from "../../experiments/results.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { describeExperiment } from "../../experiments/statistics/sentence.ts";
import { armWith } from "./arms.ts";

function describeArms(arms: ArmResult[], primary = ["valLoss"]): string[] {
  const comparisons = compareArms(arms, arms[0].name, primary);
  return describeExperiment({ baseline: arms[0].name, primary, arms, comparisons } as ExperimentResult);
}

test("an arm that differs: by how much, with the interval, the seeds and the unit", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [1.9, 2.01, 2.09] })])).toEqual([
    "Validation loss: “new” is lower than “base” by 0.100 nats (95 % interval of the difference −0.125 to −0.075, 3 seeds).",
  ]);
});

test("arms that cannot be told apart: what the design could have seen and what the difference would take", () => {
  const [text] = describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [2.01, 2.09, 2.22] })]);
  expect(text).toBe(
    "Validation loss: “new” cannot be told apart from “base” (difference +0.007 nats, 95 % interval −0.031 to +0.045, 3 seeds). This design would have seen 0.050 nats with 80 % power; a difference of the size seen would take about 44 seeds.",
  );
});

test("one seed says that it cannot tell", () => {
  expect(describeArms([armWith("base", { valLoss: [2] }), armWith("new", { valLoss: [2.5] })])[0]).toContain("One seed cannot tell “new” from “base”");
});

test("identical arms are called so", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 3] }), armWith("A/A", { valLoss: [2, 3] })])[0]).toBe("Validation loss: “A/A” and “base” are identical in 2 seeds.");
});

test("runs that diverged or failed are counted in words", () => {
  const texts = describeArms([armWith("base", { valLoss: [2, 2.2, 2.1] }), armWith("hot", { valLoss: [2, "diverged", "diverged"] }), armWith("bad", { valLoss: ["failed", 2, 2] })]);
  expect(texts.at(-1)).toBe("2 of 3 runs of “hot” diverged. 1 of 3 runs of “bad” failed. Means and comparisons leave these runs out.");
});

test("many arms that cannot be told apart share a sentence", () => {
  const noisy = (name: string, by: number) => armWith(name, { valLoss: [2 + by, 2.1 - by, 2.2] });
  const [text] = describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), ...["a", "b", "c", "d"].map((name, i) => noisy(name, 0.01 * (i + 1)))]);
  expect(text).toContain("“a”, “b”, “c” and “d” cannot be told apart from “base”. This design would have seen");
  expect(text).toContain("Corrected for 4 comparisons (Holm).");
});

test("there are no stars", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [1, 1.1, 1.21] })]).join("")).not.toContain("*");
});
