import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apart } from "../../experiments/figures/references.ts";
import { linearTicks, logTicks, spread, textOfLinearTicks, textOfTicks } from "../../experiments/figures/ticks.ts";

const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ min: -1e7, max: 1e7, noNaN: true }));

describe("ticks", () => {
  test("lie within the axis, and different ticks have different texts", () => {
    fc.assert(
      fc.property(number, number, fc.double({ min: 2, max: 8, noNaN: true }), (a, b, count) => {
        const domain = spread([Math.min(a, b), Math.max(a, b)], false);
        const ticks = linearTicks(domain, count);
        for (const tick of ticks) expect(tick >= domain[0] && tick <= domain[1]).toBe(true);
        expect(new Set(ticks.map(textOfLinearTicks(ticks))).size).toBe(new Set(ticks).size);
      }),
    );
    fc.assert(
      fc.property(
        fc.double({ min: -300, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.double({ min: 2, max: 8, noNaN: true }),
        (power, decades, count) => {
          const ticks = logTicks(spread([10 ** power, 10 ** Math.min(307, power + decades)], true), count);
          expect(new Set(ticks.map(textOfTicks(ticks))).size).toBe(new Set(ticks).size);
        },
      ),
    );
  });

  test("of large values that differ little have the digits that tell them apart", () => {
    const ticks = [1_000_000, 1_000_000.5, 1_000_001];
    expect(ticks.map(textOfLinearTicks(ticks))).toEqual(["1 M", "1.0000005 M", "1.000001 M"]);
  });

  test("share their decimals in the everyday range", () => {
    expect([1.6, 1.65, 1.7].map(textOfLinearTicks([1.6, 1.65, 1.7]))).toEqual(["1.60", "1.65", "1.70"]);
    expect([0, 1000, 2000].map(textOfLinearTicks([0, 1000, 2000]))).toEqual(["0", "1,000", "2,000"]);
  });
});

describe("a domain", () => {
  test("has an extent whose pixels are numbers, whatever its ends", () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.boolean(), (a, b, log) => {
        const [low, high] = spread(a < b ? [a, b] : [b, a], log);
        expect(low).toBeLessThan(high);
        expect(Number.isFinite(high - low)).toBe(true);
        if (log) expect(low).toBeGreaterThan(0);
      }),
    );
  });

  test("does not make a difference of what is rounding", () => {
    expect(spread([1, 1 + 1e-12], false)[0]).toBeCloseTo(0.9, 6);
    expect(spread([1, 1 + 1e-6], false)).toEqual([1, 1 + 1e-6]);
  });
});

test("labels that are moved apart keep their order, their distance and both ends", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 250, noNaN: true }), { minLength: 1, maxLength: 12 }), (wanted) => {
      const sorted = wanted.sort((a, b) => a - b);
      const places = apart(sorted, 14, 11, 200);
      expect(places[0]).toBeGreaterThanOrEqual(11 - 1e-9);
      expect(places.at(-1)!).toBeLessThanOrEqual(200);
      places.slice(1).forEach((place, i) => expect(place - places[i]).toBeGreaterThanOrEqual(14 - 1e-9));
    }),
  );
  expect(apart([50, 100], 14, 11, 200)).toEqual([50, 100]);
});
