import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { average, decimate, seriesOf, smooth, type Series } from "../../experiments/figures/series.ts";
import { balancing } from "./studies.ts";

const series = (y: number[], steps = y.map((_, i) => i + 1)): Series => ({ steps, x: steps, y });

describe("smooth", () => {
  test("leaves straight lines as they are, ends included", () => {
    const line = series([3, 5, 7, 9, 11, 13, 15]);
    smooth(line, 2).y.forEach((value, i) => expect(value).toBeCloseTo(line.y[i], 9));
  });

  /** The definition: weighted least squares of a line about each point. */
  function slow({ steps, y }: Series, scale: number): number[] {
    return steps.map((centre) => {
      let [w, wd, wdd, wy, wdy] = [0, 0, 0, 0, 0];
      steps.forEach((step, j) => {
        if (!Number.isFinite(y[j])) return;
        const d = step - centre;
        const weight = Math.exp(-Math.abs(d) / scale);
        [w, wd, wdd, wy, wdy] = [w + weight, wd + weight * d, wdd + weight * d * d, wy + weight * y[j], wdy + weight * d * y[j]];
      });
      const determinant = w * wdd - wd * wd;
      return determinant > 1e-9 * w * wdd ? (wdd * wy - wd * wdy) / determinant : wy / w;
    });
  }

  test("equals local linear regression, with uneven steps and gaps", () => {
    const points = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.oneof({ weight: 6, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(NaN) })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(points, fc.double({ min: 0.5, max: 30, noNaN: true }), (pairs, scale) => {
        let step = 0;
        const all = series(pairs.map(([, y]) => y), pairs.map(([gap]) => (step += gap)));
        const expected = slow(all, scale);
        smooth(all, scale).y.forEach((value, i) => {
          if (!Number.isFinite(all.y[i])) expect(value).toBeNaN();
          // the determinant loses up to nine digits before the fit falls back to the mean
          else expect(Math.abs(value - expected[i])).toBeLessThan(1e-5);
        });
      }),
    );
  });

  test("weighs by distance in steps, not by number of points", () => {
    const dense = series([0, 0, 0, 0, 1], [1, 2, 3, 4, 100]);
    expect(smooth(dense, 5).y[4]).toBeCloseTo(1, 6);
  });
});

describe("average over seeds", () => {
  test("is taken at the steps that all of them have reached", () => {
    const { steps, y, low, high } = average([series([1, 2, 3, 4]), series([3, 4, 5])], "range");
    expect({ steps, y, low, high }).toEqual({ steps: [1, 2, 3], y: [2, 3, 4], low: [1, 2, 3], high: [3, 4, 5] });
  });

  test("skips steps where a seed has no number, and matches steps that differ", () => {
    expect(average([series([1, NaN, 3, 4]), series([3, 9, 4], [1, 3, 4])], "range").steps).toEqual([1, 3, 4]);
    expect(average([], "sd").steps).toEqual([]);
  });

  test("has a band of one sample standard deviation on request", () => {
    const { low, high } = average([series([1]), series([3])], "sd");
    expect([low[0], high[0]]).toEqual([2 - Math.SQRT2, 2 + Math.SQRT2]);
  });
});

describe("decimate", () => {
  test("keeps at most four points per pixel column and every extreme", () => {
    const n = 200_000;
    const width = 300;
    const y = Float64Array.from({ length: n }, (_, i) => Math.sin(i / 9000) + ((i * 7919) % 1000) / 5000);
    y[123_457] = 55; // one spike among two hundred thousand
    const points = decimate(n, (i) => (i * width) / n, (i) => y[i]);
    expect(points.length).toBeLessThanOrEqual(4 * width);
    expect(Math.max(...points.map((p) => p![1]))).toBe(55);
    for (let column = 0; column < width; column += 37) {
      const own = points.filter((p) => Math.floor(p![0]) === column).map((p) => p![1]);
      const all = Array.from(y.subarray(Math.ceil((column * n) / width), Math.ceil(((column + 1) * n) / width)));
      expect([Math.min(...own), Math.max(...own)]).toEqual([Math.min(...all), Math.max(...all)]);
    }
  });

  test("keeps order and marks gaps", () => {
    const y = [0, 5, NaN, NaN, 2, 1];
    expect(decimate(6, (i) => i * 10, (i) => y[i])).toEqual([[0, 0], [10, 5], null, [40, 2], [50, 1]]);
  });
});

test("a million points take time in proportion, not a square of it", () => {
  const steps = Array.from({ length: 1_000_000 }, (_, i) => i + 1);
  const large = series(steps.map((step) => 1 / step), steps);
  const start = performance.now();
  const { y } = average([smooth(large, 20_000)], "range");
  decimate(y.length, (i) => i / 2000, (i) => y[i]);
  expect(performance.now() - start).toBeLessThan(10_000); // under a second on an idle core; a square of it would take hours
});

test("series come from events by flat name, and a metric that is not there is empty", () => {
  const run = balancing.arms[0].runs[0];
  expect(seriesOf(run, "trainLoss", "steps").y).toHaveLength(120);
  expect(seriesOf(run, "valBpb.prose", "tokens")).toMatchObject({ steps: [15, 30, 45, 60, 75, 90, 105, 120] });
  expect(seriesOf(run, "valBpb.prose", "tokens").x[0]).toBe(15 * 1024);
  expect(seriesOf(run, "acceptance.1", "steps").y).toEqual([]);
  expect(seriesOf(run, "__proto__", "steps").y).toEqual([]);
});
