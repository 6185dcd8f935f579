/**
 * Simulated studies: what an interval, a verdict and a detectable difference promise is a frequency, and is counted here.
 * The full simulation: `STUDIES=10000 npx vitest run test/statistics/coverage.test.ts`.
 */
import { randomLcg, randomNormal } from "d3-random";
import { describe, expect, test } from "vitest";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { detectableDifference } from "../../experiments/statistics/student-t.ts";
import { armWith } from "./arms.ts";

const studies = Number(process.env.STUDIES ?? 600);
/** Five standard errors of a counted frequency: a right program fails once in two million times, and the seed is fixed anyway. */
const tolerance = (p: number) => 5 * Math.sqrt((p * (1 - p)) / studies);

/** Arms whose paired differences to the baseline have sd 0.02, on top of seeds that differ by 0.1; `shifts` are the true differences. */
function simulate(seeds: number, shifts: number[], source: number) {
  const normal = randomNormal.source(randomLcg(source))(0, 1);
  const luck = Array.from({ length: seeds }, () => 2 + 0.1 * normal());
  // each arm, the baseline too, has noise of its own: the differences share the baseline's, as they do in reality
  const noisy = (shift: number) => luck.map((base) => base + shift + (0.02 / Math.SQRT2) * normal());
  const arms = [armWith("base", { valLoss: noisy(0) }), ...shifts.map((shift, i) => armWith(`arm ${i}`, { valLoss: noisy(shift) }))];
  return compareArms(arms, "base", ["valLoss"]).filter((comparison) => comparison.metric === "valLoss");
}

const frequency = (hit: (study: number) => boolean) => Array.from({ length: studies }, (_, study) => hit(study)).filter(Boolean).length / studies;

describe.each([3, 5])("with %i seeds", (seeds) => {
  test("95 of 100 intervals hold the true difference", () => {
    const covered = frequency((study) => {
      const [{ ci95 }] = simulate(seeds, [0.03], (study + 0.5) / studies);
      return ci95![0] <= 0.03 && 0.03 <= ci95![1];
    });
    expect(Math.abs(covered - 0.95)).toBeLessThan(tolerance(0.95));
  });

  test("five equal arms yield any verdict at all in at most 5 of 100 studies", () => {
    const wrong = frequency((study) => simulate(seeds, [0, 0, 0, 0, 0], (study + 0.25) / studies).some(({ verdict }) => verdict !== "cannot tell"));
    expect(wrong).toBeLessThan(0.05 + tolerance(0.05));
  });

  test("a difference of the detectable size is told in 80 of 100 studies", () => {
    const shift = detectableDifference(seeds, 0.02);
    const told = frequency((study) => simulate(seeds, [shift], (study + 0.75) / studies)[0].verdict === "higher");
    expect(Math.abs(told - 0.8)).toBeLessThan(tolerance(0.8));
  });
});
