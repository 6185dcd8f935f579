import fc from "fast-check";
import { expect, test } from "vitest";
import { holm } from "../../experiments/statistics/holm.ts";

test("four p values by hand: the smallest times 4, the next times 3, never below the one before", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
});

test("one test is left as it is, none gives none, and no value exceeds 1", () => {
  expect(holm([0.04])).toEqual([0.04]);
  expect(holm([])).toEqual([]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});

test("adjusted values keep the order of the raw ones and lie between them and Bonferroni's", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (p) => {
      const adjusted = holm(p);
      p.forEach((value, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(value);
        expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p.length * value) + 1e-15);
        p.forEach((other, j) => value <= other && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]));
      });
    }),
  );
});
