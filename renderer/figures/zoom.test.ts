import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlotArea } from "../../experiments/figures/block.ts";
import { isWhole, panBy, rangeBetween, valueAt, zoomBy } from "./zoom.ts";

const areaOf = (domain: [number, number], whole: [number, number], log: boolean): PlotArea => ({
  x: 40,
  y: 10,
  width: 400,
  height: 200,
  whole,
  xScale: { domain, log, name: "steps" },
  yScale: { domain: [0, 1], log: false, name: "loss" },
});

/** An area that shows a part of 1 to 1000. */
const areas = fc
  .tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0.05, max: 1, noNaN: true }), fc.boolean())
  .map(([from, share, log]) => {
    const at = (part: number) => (log ? 1000 ** part : 1 + 999 * part);
    return areaOf([at(from), at(Math.min(1, from + share))], [1, 1000], log);
  });
const pixels = fc.double({ min: -100, max: 600, noNaN: true });

describe("a range of an axis", () => {
  it("is ordered and within the whole axis, whatever a hand does", () => {
    fc.assert(
      fc.property(
        areas,
        pixels,
        pixels,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (area, a, b, factor, part) => {
          for (const [low, high] of [rangeBetween(area, a, b), zoomBy(area, factor, valueAt(area, a)), panBy(area, part)]) {
            expect(low).toBeLessThan(high);
            expect(low).toBeGreaterThanOrEqual(1 - 1e-9);
            expect(high).toBeLessThanOrEqual(1000 * (1 + 1e-12));
          }
        },
      ),
    );
  });

  it("that is dragged is the one between the two pixels, in either direction", () => {
    expect(rangeBetween(areaOf([0, 100], [0, 100], false), 140, 240)).toEqual([25, 50]);
    expect(rangeBetween(areaOf([0, 100], [0, 100], false), 240, 140)).toEqual([25, 50]);
    const [low, high] = rangeBetween(areaOf([1, 10_000], [1, 10_000], true), 140, 240);
    expect(low).toBeCloseTo(10, 9);
    expect(high).toBeCloseTo(100, 8);
  });

  it("keeps what is under the pointer where it is, unless an end of the axis is reached", () => {
    const [low, high] = zoomBy(areaOf([20, 60], [0, 100], false), 0.5, 30);
    expect([low, high]).toEqual([25, 45]);
    expect((30 - low) / (high - low)).toBeCloseTo((30 - 20) / (60 - 20), 12);
  });

  it("is as wide after it was moved, also at an end", () => {
    expect(panBy(areaOf([20, 60], [0, 100], false), 0.5)).toEqual([40, 80]);
    expect(panBy(areaOf([20, 60], [0, 100], false), 5)).toEqual([60, 100]);
    expect(panBy(areaOf([20, 60], [0, 100], false), -5)).toEqual([0, 40]);
  });

  it("that is all there is counts as no zoom", () => {
    const area = areaOf([20, 60], [0, 100], false);
    expect(isWhole(area, zoomBy(area, 100, 30))).toBe(true);
    expect(isWhole(area, zoomBy(area, 1.5, 30))).toBe(false);
  });
});
