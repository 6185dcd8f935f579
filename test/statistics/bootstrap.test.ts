import fc from "fast-check";
import { randomLcg, randomNormal } from "d3-random";
import { expect, test } from "vitest";
import { bcaMean, bootstrapMean95 } from "../../experiments/statistics/bootstrap.ts";
import { tHalfWidth } from "../../experiments/statistics/student-t.ts";

test("equal values give an equal interval, every time", () => {
  const values = [0.3, -0.1, 0.2, 0.5, 0.1, 0.9, -0.4, 0.05];
  expect(bootstrapMean95(values)).toEqual(bootstrapMean95(values));
});

test("values that are all equal give that value twice", () => {
  expect(bootstrapMean95(Array(9).fill(0.25))).toEqual([0.25, 0.25]);
});

test("of many normal values it is the normal interval", () => {
  const values = Array.from({ length: 400 }, randomNormal.source(randomLcg(0.1))(0, 1));
  const mean = values.reduce((a, b) => a + b) / 400;
  const [low, high] = bootstrapMean95(values);
  const half = tHalfWidth(400, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 399));
  // a tail quantile of 4,000 resamples has a standard error of √(p(1 − p)/4000)/φ(1.96) ≈ 0.042 standard errors of the mean, half/1.96: four of those
  const tolerance = 4 * 0.042 * (half / 1.96);
  expect(Math.abs(low - (mean - half))).toBeLessThan(tolerance);
  expect(Math.abs(high - (mean + half))).toBeLessThan(tolerance);
});

test("a long right tail moves the interval to the right of the symmetric one", () => {
  const values = [0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 3];
  const mean = values.reduce((a, b) => a + b) / 8;
  const [low, high] = bootstrapMean95(values);
  expect(high - mean).toBeGreaterThan(mean - low);
});

test("of few values it is wider than the resampled means are, of many it is not", () => {
  const width = ([low, high]: [number, number]) => high - low;
  const wider = (n: number) => {
    const values = Array.from({ length: n }, randomNormal.source(randomLcg(0.2))(0, 1));
    return width(bootstrapMean95(values)) / width(bcaMean(values, 0.025, 4000));
  };
  // of normal values by √(n/(n − 1)) · t/1.96: 1.29 at 8 and 1.00 at 1,000; less where few resampled means lie so far out
  expect(wider(8)).toBeGreaterThan(1.15);
  expect(wider(8)).toBeLessThan(1.35);
  expect(Math.abs(wider(1000) - 1)).toBeLessThan(0.05);
});

test("values whose squares are too small for a number have an interval", () => {
  const [low, high] = bootstrapMean95([-1.796260325374433e-162, 0, 0, 0, 0, 0, 0, 0], 500);
  expect(low).toBeLessThanOrEqual(high);
});

test("it lies within the range of the values", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 8, maxLength: 20 }), (values) => {
      const [low, high] = bootstrapMean95(values, 500);
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
      expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
    }),
    { numRuns: 50 },
  );
});

test("equals the BCa interval of an independent implementation", () => {
  // scipy 1.17, stats.bootstrap, method "BCa", 400,000 resamples: 0.15 and 1.6375; without acceleration 0.1375 and 1.3. Means of eight of
  // these values lie on a grid of 1/80, and the resamples here may come out one step away
  const [low, high] = bcaMean([0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 3], 0.025, 200_000);
  expect(Math.abs(low - 0.15)).toBeLessThan(1.5 / 80);
  expect(Math.abs(high - 1.6375)).toBeLessThan(1.5 / 80);
});
