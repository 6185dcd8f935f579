import fc from "fast-check";
import { expect, it } from "vitest";
import { areaAt, pixelOf, pointAt } from "./crosshair.ts";

const area = (low: number, high: number, log = false, name = "steps") => ({
  x: 40,
  y: 10,
  width: 400,
  height: 200,
  xScale: { domain: [low, high] as [number, number], log, name },
  yScale: { domain: [0, 1] as [number, number], log: false, name: "loss" },
});

it("a point goes to the data and back to its pixel, on linear and log axes", () => {
  fc.assert(
    fc.property(fc.double({ min: 40, max: 440, noNaN: true }), fc.boolean(), (x, log) => {
      const place = area(1, 1000, log);
      expect(pixelOf(place, pointAt(place, x)!)).toBeCloseTo(x, 6);
    }),
  );
});

it("a line shows only where the same axis reaches", () => {
  expect(pixelOf(area(0, 100), { axis: "steps", value: 50 })).toBe(240);
  expect(pixelOf(area(0, 100), { axis: "steps", value: 150 })).toBeNull();
  expect(pixelOf(area(0, 100), { axis: "tokens", value: 50 })).toBeNull();
});

it("outside all areas there is no point", () => {
  expect(areaAt([area(0, 1)], 10, 10)).toBeNull();
  expect(areaAt([area(0, 1)], 50, 20)).not.toBeNull();
});
