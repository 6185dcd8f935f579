import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { figures } from "../../experiments/figures/registry.ts";
import { average, decimate, pointsPerColumn, seriesOf, smooth, type Series } from "../../experiments/figures/series.ts";
import { balancing, huge } from "./studies.ts";

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
    const points = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 20 }),
        fc.oneof({ weight: 6, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(NaN) }),
      ),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(points, fc.double({ min: 0.5, max: 30, noNaN: true }), (pairs, scale) => {
        let step = 0;
        const all = series(
          pairs.map(([, y]) => y),
          pairs.map(([gap]) => (step += gap)),
        );
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
    const points = decimate(
      n,
      (i) => (i * width) / n,
      (i) => y[i],
    );
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
    expect(
      decimate(
        6,
        (i) => i * 10,
        (i) => y[i],
      ),
    ).toEqual([[0, 0], [10, 5], null, [40, 2], [50, 1]]);
  });
});

describe("a run of a million steps", () => {
  const study = huge();
  const draw = () => figures.curves.draw(study, { metrics: ["trainLoss"], smoothing: 0 }, { width: 720, theme: "light" });

  test("is drawn within a second of processor time, with no more points than pixels need", () => {
    const times = [0, 1, 2].map(() => {
      const start = process.cpuUsage();
      draw();
      return process.cpuUsage(start).user / 1e6;
    });
    expect(Math.min(...times)).toBeLessThan(1);
    const path = draw()
      .svg.match(/ d="(M[^"]*)"/g)!
      .sort((a, b) => b.length - a.length)[0];
    expect(path.match(/l/g)!.length).toBeLessThanOrEqual(pointsPerColumn * 720);
  });

  test("keeps its one spike, and the figure says by what rule lines are thinned", () => {
    const { svg, areas } = draw();
    expect(areas[0].yScale.domain[1]).toBeGreaterThan(9);
    // from its column's lowest to the spike: most of the height of the plot
    const steepest = Math.max(...[...svg.matchAll(/l-?[\d.]+,(-?[\d.]+)/g)].map(([, dy]) => Math.abs(Number(dy))));
    expect(steepest).toBeGreaterThan(areas[0].height * 0.7);
    expect(svg.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")).toContain("a line keeps its first, least, greatest and last value");
  });

  test("is drawn as exactly when a part of it is looked at", () => {
    const zoom = { axis: "steps", from: 699_990, to: 700_010 };
    const { svg } = figures.curves.draw(
      study,
      { metrics: ["trainLoss"], smoothing: 0 },
      { width: 720, theme: "light", view: { hidden: [], zoom } },
    );
    const path = svg.match(/ d="(M[^"]*)"/g)!.sort((a, b) => b.length - a.length)[0];
    expect(path.match(/l/g)).toHaveLength(22); // 21 steps and one beyond each edge
  });
});

test("series come from events by flat name, and a metric that is not there is empty", () => {
  const run = balancing.arms[0].runs[0];
  expect(seriesOf(run, "trainLoss", "steps").y).toHaveLength(120);
  expect(seriesOf(run, "valBpb.prose", "tokens")).toMatchObject({ steps: [15, 30, 45, 60, 75, 90, 105, 120] });
  expect(seriesOf(run, "valBpb.prose", "tokens").x[0]).toBe(15 * 1024);
  expect(seriesOf(run, "acceptance.1", "steps").y).toEqual([]);
  expect(seriesOf(run, "__proto__", "steps").y).toEqual([]);
});
