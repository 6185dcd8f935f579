import fc from "fast-check";
import jstat from "jstat";
import { describe, expect, test } from "vitest";
import { detectableDifference, seedsToTell, tHalfWidth, tTestP, tTestPower } from "../../experiments/statistics/student-t.ts";

const { jStat } = jstat;

/** Power from the library's noncentral t, a series: another way than ours, right for δ up to 18. */
function powerBySeries(n: number, effect: number, alpha = 0.05): number {
  const critical = jStat.studentt.inv(1 - alpha / 2, n - 1);
  const delta = effect * Math.sqrt(n);
  return 1 - jStat.noncentralt.cdf(critical, n - 1, delta) + jStat.noncentralt.cdf(-critical, n - 1, delta);
}

/** Power straight from the definition T = (Z + δ) / √(V/ν), by the midpoint rule over s = √(V/ν) in steps so small that no thought is needed. */
function powerByQuadrature(n: number, effect: number, alpha = 0.05): number {
  const nu = n - 1;
  const critical = jStat.studentt.inv(1 - alpha / 2, nu);
  const delta = effect * Math.sqrt(n);
  const width = (1 + 12 / Math.sqrt(nu)) / 40_000;
  let [power, mass] = [0, 0];
  for (let s = width / 2; s < 1 + 12 / Math.sqrt(nu); s += width) {
    const density = Math.exp((nu - 1) * Math.log(s) - (nu * (s * s - 1)) / 2);
    mass += density;
    power += density * (jStat.normal.cdf(delta - critical * s, 0, 1) + jStat.normal.cdf(-delta - critical * s, 0, 1));
  }
  return power / mass;
}

describe("the library's Student t", () => {
  // Table of upper 2.5 % points to the digits tables print
  test.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [7, 2.365],
    [9, 2.262],
    [29, 2.045],
    [120, 1.98],
  ])("has the tabled 97.5 % point for %i degrees of freedom", (dof, tabled) => {
    expect(jStat.studentt.inv(0.975, dof)).toBeCloseTo(tabled, 3);
  });

  test("keeps small p values, with ν = 1 and 2 in closed form", () => {
    // Cauchy: P(|T| > t) = 2/π · atan(1/t); ν = 2: 1 − t/√(t² + 2)
    expect(tTestP(2, 1e4, Math.SQRT2) / ((2 / Math.PI) * Math.atan(1e-4))).toBeCloseTo(1, 6);
    expect(tTestP(3, 4.303, Math.sqrt(3))).toBeCloseTo(1 - 4.303 / Math.sqrt(4.303 ** 2 + 2), 9);
  });
});

describe("power", () => {
  const designs = fc.record({
    n: fc.integer({ min: 2, max: 3000 }),
    delta: fc.double({ min: 0, max: 18, noNaN: true }),
    family: fc.integer({ min: 1, max: 50 }),
  });

  test("is that of the library's series, where that is right, at the levels of all families", () => {
    fc.assert(
      fc.property(designs, ({ n, delta, family }) => {
        expect(tTestPower(n, delta / Math.sqrt(n), 0.05 / family)).toBeCloseTo(powerBySeries(n, delta / Math.sqrt(n), 0.05 / family), 6);
      }),
      { numRuns: 200 },
    );
  });

  // noncentralities from 21 to 260, where the series stops before its bulk or underflows
  test.each([
    [2, 12, 0.05],
    [2, 15, 0.05 / 4],
    [2, 46, 0.05 / 4],
    [2, 180, 0.05 / 20],
    [3, 6.7, 0.05 / 4],
    [3, 13, 0.05 / 20],
    [4, 11, 0.05 / 1000],
    [5, 2.4, 0.05 / 4],
    [10, 7, 0.05 / 12],
  ])("is that of the definition for n = %i, effect %f, level %f", (n, effect, alpha) => {
    // the midpoint rule's error with this step is below 1e-5 at the largest critical value, 255
    expect(tTestPower(n, effect, alpha)).toBeCloseTo(powerByQuadrature(n, effect, alpha), 5);
  });

  test("without an effect is the level", () => {
    for (const n of [2, 3, 5, 10, 100])
      for (const family of [1, 4, 20]) expect(tTestPower(n, 0, 0.05 / family)).toBeCloseTo(0.05 / family, 7);
  });

  test("rises with the effect and falls with the family", () => {
    const digits = 2e-7; // two powers, each to seven digits
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        (n, effect, family) => {
          const power = tTestPower(n, effect, 0.05 / family);
          expect(tTestPower(n, 1.1 * effect, 0.05 / family)).toBeGreaterThanOrEqual(power - digits);
          expect(tTestPower(n, effect, 0.05 / (family + 1))).toBeLessThanOrEqual(power + digits);
        },
      ),
    );
  });
});

describe("the interval", () => {
  test("of 1, 2, 3 has half width 4.303 · 1 / √3", () => {
    expect(tHalfWidth(3, 1)).toBeCloseTo(2.4841, 4);
  });

  test("and the p value agree: 0 lies on the end of the interval exactly when p is 0.05", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (n, sd) => {
        expect(tTestP(n, tHalfWidth(n, sd), sd)).toBeCloseTo(0.05, 6);
      }),
    );
  });

  test("needs two values", () => {
    expect([tHalfWidth(1, 0), tTestP(1, 1, 0), detectableDifference(1, 1), tTestPower(1, 5)]).toEqual([NaN, NaN, NaN, 0]);
  });
});

describe("the smallest detectable difference", () => {
  // effect sizes of a two-sided paired t test at level 0.05 and power 0.8
  test.each([
    [3, 3.264],
    [4, 2.128],
    [5, 1.682],
    [8, 1.156],
    [10, 0.996],
  ])("for %i seeds is %f standard deviations", (n, effect) => {
    expect(detectableDifference(n, 1)).toBeCloseTo(effect, 3);
  });

  test("scales with the spread and is seen with 80 % power, at any level", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (n, sd, family) => {
          expect(tTestPower(n, detectableDifference(n, sd, 0.05 / family) / sd, 0.05 / family)).toBeCloseTo(0.8, 6);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("the number of seeds", () => {
  test("is the first whose power reaches 80 %, at any level", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 5, noNaN: true }), fc.integer({ min: 1, max: 40 }), (effect, family) => {
        const n = seedsToTell(effect, 1, 0.05 / family);
        expect(tTestPower(n, effect, 0.05 / family)).toBeGreaterThanOrEqual(0.8);
        expect(tTestPower(n - 1, effect, 0.05 / family)).toBeLessThan(0.8);
      }),
      { numRuns: 40 },
    );
  });

  test("half a standard deviation takes 34, and no difference takes for ever", () => {
    expect(seedsToTell(-0.5, 1)).toBe(34);
    expect(seedsToTell(0, 1)).toBe(Infinity);
    expect(seedsToTell(1e-9, 1)).toBe(Infinity);
  });
});
