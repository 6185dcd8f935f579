/** What an interval, a verdict and a detectable difference promise is a frequency, and is counted in simulated studies. The full count is `npm run study:statistics`. */
import { describe, expect, test } from "vitest";
import {
  percent,
  studyBootstrap,
  studyCoverage,
  studyFamilies,
  studyMixedFamilies,
  studyPower,
  type Finding,
} from "../studies/simulate-study.ts";
import { simulateStudies } from "../studies/simulate.ts";

const studies = 2000;

/** Throws with the count, which is what one wants to know of a promise that is broken. */
function expectKept(findings: Iterable<Finding>): void {
  for (const { design, what, counted, promised, kept } of findings)
    expect(kept, `${design}: ${what} in ${percent(counted.frequency)} of studies, promised ${promised?.text}`).toBe(true);
}

describe.each(["3 seeds", "5 seeds", "5 seeds, one run diverged", "5 seeds, arms four times as noisy as the baseline"])("%s", (name) => {
  test("95 of 100 intervals hold the true difference", { timeout: 120_000 }, () => expectKept(studyCoverage(studies, [name])));
  test(
    "a difference of the reported detectable size is told in 80 of 100 studies, by itself and in families of three and four",
    { timeout: 120_000 },
    () => expectKept(studyPower(studies, [name])),
  );
});

test("95 of 100 intervals of ten seeds hold the true difference", { timeout: 120_000 }, () =>
  expectKept(studyCoverage(studies, ["10 seeds"])),
);

test("93 to 97 of 100 bootstrap intervals of eight seeds do", { timeout: 120_000 }, () => expectKept(studyBootstrap(studies, ["8 seeds"])));

test(
  "four arms without a difference get any verdict in at most 5 of 100 studies, of one primary metric or of two",
  { timeout: 120_000 },
  () => expectKept(studyFamilies(studies, ["3 seeds"])),
);

test("so do three beside one that differs", { timeout: 120_000 }, () => expectKept(studyMixedFamilies(studies, ["5 seeds"])));

describe("a simulated study", () => {
  const design = { seeds: 4, shifts: [0.5, 0], noise: [0.01, 0.01, 0.01] };

  test("equal names give equal studies, others others", () => {
    const [a, b, other] = ["x", "x", "y"].map((name) => [...simulateStudies(design, 3, name)]);
    expect(a).toEqual(b);
    expect(a).not.toEqual(other);
  });

  test("differs from the baseline by the shifts it was given", () => {
    for (const [far, equal] of simulateStudies(design, 20, "shifts")) {
      expect(Math.abs(far.difference - 0.5)).toBeLessThan((5 * Math.hypot(0.01, 0.01)) / 2);
      expect(Math.abs(equal.difference)).toBeLessThan((5 * Math.hypot(0.01, 0.01)) / 2);
    }
  });

  test("with a diverged run has one pair less, in all arms where it was the baseline's", () => {
    const lost = new Set(
      [...simulateStudies({ ...design, diverged: true }, 50, "diverged")].map((comparisons) => comparisons.map(({ n }) => n).join()),
    );
    expect(lost).toEqual(new Set(["3,3", "3,4", "4,3"]));
  });
});
