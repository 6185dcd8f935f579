import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stream } from "./random.ts";

const draw = (seed: number, name: string, n = 8) => {
  const random = stream(seed, name);
  return Array.from({ length: n }, () => random.bits());
};

describe("a random stream", () => {
  test("gives the same numbers on every platform and in every version", () => {
    const random = stream(7, "model.embed_tokens.weight");
    // Pinned: a change here changes every run.
    expect([random.bits(), random.bits(), random.below(1000), random.uniform()]).toEqual([54543534, 3138377636, 294, 0.6601936027873307]);
    expect([random.normal(), random.normal(), random.normal()]).toEqual([1.8868949738196248, -0.657925167773346, -0.48028444768665535]);
  });

  test("is sfc32: its words follow the published recurrence", () => {
    const random = stream(1, "x");
    let [a, b, c, counter] = random.getState();
    for (let i = 0; i < 100; i++) {
      const t = (a + b + counter) % 2 ** 32;
      [a, b, c, counter] = [
        (b ^ (b >>> 9)) >>> 0,
        (c + c * 8) % 2 ** 32,
        (Number((BigInt(c) * 2n ** 21n) % 2n ** 32n) + (c >>> 11) + t) % 2 ** 32,
        counter + 1,
      ];
      expect(random.bits()).toBe(t);
    }
  });

  test("differs by seed and by name", () => {
    const runs = [draw(0, "a"), draw(1, "a"), draw(-1, "a"), draw(0, "b"), draw(0, "")].map(String);
    expect(new Set(runs).size).toBe(runs.length);
  });

  test("goes on from a stored state as if it had never stopped", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(50), (seed, name, before) => {
        const random = stream(seed, name);
        for (let i = 0; i < before; i++) random.normal();
        const state = JSON.parse(JSON.stringify(random.getState()));
        const resumed = stream(0, "another");
        resumed.setState(state);
        expect([resumed.normal(), resumed.below(17), resumed.bits()]).toEqual([random.normal(), random.below(17), random.bits()]);
      }),
    );
  });

  test("refuses seeds that are not integers and bounds out of range", () => {
    expect(() => stream(0.5, "a")).toThrow(/integer/);
    expect(() => stream(0, "a").below(0)).toThrow(/from 1/);
    expect(() => stream(0, "a").below(2 ** 33)).toThrow(/from 1/);
  });

  test("below(n) reaches every value equally often", () => {
    const [n, draws] = [7, 70_000];
    const random = stream(3, "below");
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < draws; i++) counts[random.below(n)]++;
    const expected = draws / n;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(22.46); // 99.9 % point of chi-square with 6 degrees of freedom
  });

  test("below(n) has no modulo bias where the remainder of 2^32 is large", () => {
    // n is two thirds of 2^32: without rejection the lower half would come up twice as often as the upper.
    const [n, draws] = [Math.floor(2 ** 32 / 1.5), 20_000];
    const random = stream(4, "below");
    let lower = 0;
    for (let i = 0; i < draws; i++) if (random.below(n) < n / 2) lower++;
    expect(Math.abs(lower / draws - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(draws)); // four standard errors
  });

  test("normal() has the moments and the tails of a standard normal", () => {
    const draws = 200_000;
    const random = stream(5, "normal");
    const sums = [0, 0, 0, 0];
    let beyondTwo = 0;
    for (let i = 0; i < draws; i++) {
      const x = random.normal();
      sums.forEach((_, power) => (sums[power] += x ** (power + 1)));
      if (Math.abs(x) > 2) beyondTwo++;
    }
    // Four standard errors: the variances of x, x², x³, x⁴ are 1, 2, 15, 96.
    const bound = (variance: number) => 4 * Math.sqrt(variance / draws);
    const [m1, m2, m3, m4] = sums.map((sum) => sum / draws);
    expect(Math.abs(m1)).toBeLessThan(bound(1));
    expect(Math.abs(m2 - 1)).toBeLessThan(bound(2));
    expect(Math.abs(m3)).toBeLessThan(bound(15));
    expect(Math.abs(m4 - 3)).toBeLessThan(bound(96));
    expect(Math.abs(beyondTwo / draws - 0.0455)).toBeLessThan(bound(0.0455 * 0.9545));
  });

  test("normal() agrees with the polar method by Math.log", () => {
    const [random, bits] = [stream(6, "log"), stream(6, "log")];
    for (let i = 0; i < 1000; i++) {
      let [u, s] = [0, 2];
      while (s >= 1) {
        u = (2 * (bits.bits() + 0.5)) / 2 ** 32 - 1;
        s = u ** 2 + ((2 * (bits.bits() + 0.5)) / 2 ** 32 - 1) ** 2;
      }
      const expected = u * Math.sqrt((-2 * Math.log(s)) / s);
      // Two logarithms of a few units in the last place each, halved by the root.
      expect(Math.abs(random.normal() - expected)).toBeLessThanOrEqual(8 * Number.EPSILON * Math.abs(expected));
    }
  });
});
