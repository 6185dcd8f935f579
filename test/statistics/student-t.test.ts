import fc from "fast-check";
import jstat from "jstat";
import { describe, expect, test } from "vitest";
import { detectableDifference, seedsToTell, tHalfWidth, tTestP, tTestPower } from "../../experiments/statistics/student-t.ts";

const { jStat } = jstat;

/** Power straight from the definition T = (Z + δ) / √(V/ν), integrating over s = √(V/ν): independent of the library's noncentral t. */
function powerByQuadrature(n: number, effect: number): number {
  const nu = n - 1;
  const critical = jStat.studentt.inv(0.975, nu);
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
  test.each([[1, 12.706], [2, 4.303], [3, 3.182], [4, 2.776], [7, 2.365], [9, 2.262], [29, 2.045], [120, 1.98]])("has the tabled 97.5 % point for %i degrees of freedom", (dof, tabled) => {
    expect(jStat.studentt.inv(0.975, dof)).toBeCloseTo(tabled, 3);
  });

  test("keeps small p values, with ν = 1 and 2 in closed form", () => {
    // Cauchy: P(|T| > t) = 2/π · atan(1/t); ν = 2: 1 − t/√(t² + 2)
    expect(tTestP(2, 1e4, Math.SQRT2) / ((2 / Math.PI) * Math.atan(1e-4))).toBeCloseTo(1, 6);
    expect(tTestP(3, 4.303, Math.sqrt(3))).toBeCloseTo(1 - 4.303 / Math.sqrt(4.303 ** 2 + 2), 9);
  });

  test.each([[2, 1], [2, 5], [2, 11.5], [3, 1], [3, 3.264], [5, 1.682], [8, 1.156], [20, 0.66], [107, 0.27], [1000, 0.0887]])("its noncentral form gives the power of n = %i at effect %f", (n, effect) => {
    // the midpoint rule's error with this step is below 1e-6; the two agree to that
    expect(tTestPower(n, effect)).toBeCloseTo(powerByQuadrature(n, effect), 6);
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
  test.each([[3, 3.264], [4, 2.128], [5, 1.682], [8, 1.156], [10, 0.996]])("for %i seeds is %f standard deviations", (n, effect) => {
    expect(detectableDifference(n, 1)).toBeCloseTo(effect, 3);
  });

  test("scales with the spread and is seen with 80 % power", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.double({ min: 1e-3, max: 10, noNaN: true }), (n, sd) => {
        expect(tTestPower(n, detectableDifference(n, sd) / sd)).toBeCloseTo(0.8, 6);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the number of seeds", () => {
  test("is the first whose power reaches 80 %", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 5, noNaN: true }), (effect) => {
        const n = seedsToTell(effect, 1);
        expect(tTestPower(n, effect)).toBeGreaterThanOrEqual(0.8);
        expect(tTestPower(n - 1, effect)).toBeLessThan(0.8);
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
