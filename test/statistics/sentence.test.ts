import { expect, test } from "vitest";
import type { ArmResult, ExperimentResult } from "../../experiments/results.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { describeExperiment } from "../../experiments/statistics/sentence.ts";
import { armWith } from "./arms.ts";

function describeArms(arms: ArmResult[], primary = ["valLoss"]): string[] {
  const comparisons = compareArms(arms, arms[0].name, primary);
  return describeExperiment({ baseline: arms[0].name, primary, arms, comparisons, bigramEntropy: {} } as unknown as ExperimentResult);
}

test("an arm that differs: by how much, with the interval, the seeds and the unit", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [1.9, 2.01, 2.09] })])).toEqual([
    "Validation loss: “new” is lower than “base” by 0.100 nats (95 % interval of the difference −0.125 to −0.075, 3 seeds).",
  ]);
});

test("arms that cannot be told apart: what the design could have seen and what the difference would take", () => {
  const [text] = describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [2.01, 2.09, 2.22] })]);
  expect(text).toBe(
    "Validation loss: “new” (difference +0.007 nats, 95 % interval −0.031 to +0.045, 3 seeds) cannot be told apart from “base”. This design would have seen 0.050 nats with 80 % power; a difference of the size seen would take about 44 seeds.",
  );
});

test("one seed says that it cannot tell", () => {
  expect(describeArms([armWith("base", { valLoss: [2] }), armWith("new", { valLoss: [2.5] })])[0]).toContain(
    "One seed cannot tell “new” from “base”",
  );
});

test("a difference without a spread is told as what it is, and not tested", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 3] }), armWith("new", { valLoss: [2.5, 3.5] })])[0]).toBe(
    "Validation loss: “new” minus “base” is exactly +0.5000 nats in each of 2 seeds: without a spread there is neither interval nor test.",
  );
});

test("runs that finished without a finite value are not told as runs that did not finish", () => {
  const [told] = describeArms([armWith("base", { valLoss: [2, 3] }), armWith("new", { valLoss: [NaN, NaN] })]);
  expect(told).toBe("Validation loss: No seed has a finite value in both “new” and “base”.");
  expect(describeArms([armWith("base", { valLoss: [2, 3] }), armWith("new", { valLoss: ["diverged", "diverged"] })])[0]).toBe(
    "Validation loss: No seed finished in both “new” and “base”.",
  );
});

test("identical arms are called so", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 3] }), armWith("A/A", { valLoss: [2, 3] })])[0]).toBe(
    "Validation loss: “A/A” and “base” are identical in 2 seeds.",
  );
});

test("runs that diverged or failed are counted in words", () => {
  const texts = describeArms([
    armWith("base", { valLoss: [2, 2.2, 2.1] }),
    armWith("hot", { valLoss: [2, "diverged", "diverged"] }),
    armWith("bad", { valLoss: ["failed", 2, 2] }),
  ]);
  expect(texts.at(-1)).toBe("2 of 3 runs of “hot” diverged. 1 of 3 runs of “bad” failed. Means and comparisons leave these runs out.");
});

const noisy = (name: string, by: number) => armWith(name, { valLoss: [2 + by, 2.1 - by, 2.2 + by / 2] });

test("a few arms that cannot be told apart share a sentence, each with its numbers", () => {
  const [text] = describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), noisy("a", 0.01), noisy("b", 0.02)]);
  expect(text).toBe(
    "Validation loss: “a” (difference +0.002 nats, 95 % interval −0.024 to +0.028, 3 seeds) and “b” (difference +0.003 nats, −0.048 to +0.055, 3 seeds) cannot be told apart from “base”. " +
      "This design would have seen 0.048 to 0.096 nats with 80 % power; to tell a difference of the size seen would take about 374 seeds for “a” and about 374 seeds for “b”. Verdicts and power are corrected for 2 comparisons (Holm).",
  );
});

test("many are named without numbers", () => {
  const [text] = describeArms([
    armWith("base", { valLoss: [2, 2.1, 2.2] }),
    ...["a", "b", "c", "d", "e"].map((name, i) => noisy(name, 0.01 * (i + 1))),
  ]);
  expect(text).toContain(
    "“a”, “b”, “c”, “d” and “e” cannot be told apart from “base”. This design would have seen 0.076 to 0.38 nats with 80 % power.",
  );
});

test("arms that differ in one direction share a sentence", () => {
  const [text] = describeArms([
    armWith("base", { valLoss: [2, 2.1, 2.2] }),
    armWith("a", { valLoss: [1, 1.1, 1.21] }),
    armWith("b", { valLoss: [1.5, 1.61, 1.7] }),
    armWith("c", { valLoss: [3, 3.1, 3.21] }),
  ]);
  expect(text).toMatch(
    /“a” is lower than “base” by .* and “b” by .*\. “c” is higher than “base” by .* Verdicts are corrected for 3 comparisons/,
  );
});

test("an interval that leaves out 0 only before correction says so", () => {
  const clear = armWith("clear", { valLoss: [3, 3.1, 3.2, 3.31] });
  const near = armWith("near", { valLoss: [3, 4.1, 5.2, 3.5] });
  const none = armWith("none", { valLoss: [3, 1.1, 2.7, 1.9] });
  const [text] = describeArms([armWith("base", { valLoss: [2, 2.1, 2.2, 2.3] }), clear, near, none]);
  expect(text).toContain("The interval of “near” by itself leaves out 0, but not after correction for all comparisons.");
});

test("there are no stars", () => {
  expect(describeArms([armWith("base", { valLoss: [2, 2.1, 2.2] }), armWith("new", { valLoss: [1, 1.1, 1.21] })]).join("")).not.toContain(
    "*",
  );
});
