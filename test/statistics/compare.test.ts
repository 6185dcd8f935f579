import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { tTestPower } from "../../experiments/statistics/student-t.ts";
import { armWith } from "./arms.ts";

const one = (base: (number | "diverged")[], other: (number | "diverged")[]) =>
  compareArms([armWith("base", { valLoss: base }), armWith("other", { valLoss: other })], "base", ["valLoss"])[0];

describe("compareArms, worked by hand", () => {
  test("differences 1, 2, 3: mean 2, sd 1, interval 2 ± 4.303/√3, t = 2√3 with 2 degrees of freedom", () => {
    const comparison = one([1, 1, 1], [2, 3, 4]);
    expect(comparison).toMatchObject({ metric: "valLoss", arm: "other", n: 3, difference: 2, sd: 1, family: 1, verdict: "cannot tell" });
    expect(comparison.ci95![0]).toBeCloseTo(2 - 2.48414, 4);
    expect(comparison.ci95![1]).toBeCloseTo(2 + 2.48414, 4);
    const t = 2 * Math.sqrt(3);
    expect(comparison.p).toBeCloseTo(1 - t / Math.sqrt(t * t + 2), 9); // ν = 2 in closed form
    expect(comparison.pHolm).toBe(comparison.p);
    expect(comparison.detectable80).toBeCloseTo(3.264, 3);
  });

  test("pairs by seed: arms that move together by seed are told apart though they overlap", () => {
    expect(one([1, 5, 9, 13], [1.1, 5.11, 9.09, 13.1]).verdict).toBe("higher");
    expect(one([1.1, 5.11, 9.09, 13.1], [1, 5, 9, 13]).verdict).toBe("lower");
  });

  test("Holm corrects over the arms of one primary metric", () => {
    const arms = [
      armWith("base", { valLoss: [0, 0, 0, 0] }),
      armWith("clear", { valLoss: [1, 1.01, 0.99, 1] }),
      armWith("near", { valLoss: [1, 2, 3, 1.2] }),
      armWith("none", { valLoss: [1, -1, 0.5, -0.4] }),
    ];
    const [clear, near, none] = compareArms(arms, "base", ["valLoss"]);
    expect(near.p).toBeLessThan(0.05);
    expect([clear.pHolm, near.pHolm]).toEqual([3 * clear.p!, 2 * near.p!]);
    expect([clear.family, near.family, none.family]).toEqual([3, 3, 3]);
    expect([clear.verdict, near.verdict, none.verdict]).toEqual(["higher", "cannot tell", "cannot tell"]);
  });
});

describe("one experiment is one family", () => {
  const both = (name: string, values: number[]) => armWith(name, { valLoss: values, specialisation: values });
  const arms = [both("base", [0, 0, 0, 0]), both("near", [1.1, 2, 2.6, 1.2]), both("none", [1, -1, 0.5, -0.4])];

  test("Holm corrects over all primary metrics: a second one is no second chance", () => {
    const [single] = compareArms(arms, "base", ["valLoss"]);
    const [first, , second] = compareArms(arms, "base", ["valLoss", "specialisation"]);
    expect(single.pHolm).toBe(2 * single.p!);
    expect([first, second].map(({ metric, arm, family, pHolm }) => [metric, arm, family, pHolm])).toEqual([
      ["valLoss", "near", 4, 4 * single.p!],
      ["specialisation", "near", 4, 4 * single.p!],
    ]);
    expect([single.verdict, first.verdict]).toEqual(["higher", "cannot tell"]);
    expect(tTestPower(4, first.detectable80! / first.sd, 0.05 / 4)).toBeCloseTo(0.8, 6);
  });

  test("a metric that is named twice is tested once", () => {
    expect(compareArms(arms, "base", ["valLoss", "valLoss"])).toEqual(compareArms(arms, "base", ["valLoss"]));
  });
});

describe("what could have been told is told of the verdict as it is given", () => {
  const base = armWith("base", { valLoss: [0, 0, 0, 0], specialisation: [0, 0, 0, 0] });
  const noisy = (name: string) => armWith(name, { valLoss: [1, -1, 0.5, -0.4], specialisation: [1, -1, 0.5, -0.4] });
  const of = (arms: number, ...others: ReturnType<typeof armWith>[]) =>
    compareArms([base, ...Array.from({ length: arms }, (_, i) => noisy(`arm ${i}`)), ...others], "base", ["valLoss"]);

  test("in a family of four at a fourth of the level, Holm's first step", () => {
    const [alone] = of(1);
    const [one] = of(4);
    expect(tTestPower(4, alone.detectable80! / alone.sd)).toBeCloseTo(0.8, 6);
    expect(tTestPower(4, one.detectable80! / one.sd, 0.05 / 4)).toBeCloseTo(0.8, 6);
    const [size, seeds] = Object.entries(one.seedsFor)[0];
    expect(tTestPower(seeds, Number(size) / one.sd, 0.05 / 4)).toBeGreaterThanOrEqual(0.8);
    expect(tTestPower(seeds - 1, Number(size) / one.sd, 0.05 / 4)).toBeLessThan(0.8);
  });

  test("arms that are not tested, identical ones, are no part of the family", () => {
    expect(of(1, armWith("same", { valLoss: [0, 0, 0, 0] }))[0].detectable80).toBe(of(1)[0].detectable80);
  });

  test("of a metric that is not tested by itself", () => {
    const [one, four] = [of(1), of(4)].map((comparisons) => comparisons.find(({ metric }) => metric === "specialisation")!);
    expect(four).toMatchObject({ verdict: "not tested", detectable80: one.detectable80, seedsFor: one.seedsFor });
  });
});

describe("verdicts", () => {
  test("differences that are all zero are identical and never a t test", () => {
    expect(one([1, 2, 3], [1, 2, 3])).toMatchObject({
      verdict: "identical",
      p: null,
      pHolm: null,
      ci95: [0, 0],
      family: 0,
      detectable80: null,
      seedsFor: {},
    });
    expect(one([1], [1])).toMatchObject({ verdict: "identical", ci95: null });
  });

  test.each([
    ["the same number", [1, 2, 3], [2, 3, 4]],
    ["the same but for rounding", [2.1, 2.2, 2.3], [2.2, 2.3, 2.4]],
  ])("differences that are all %s have no spread: no interval, no p, no verdict", (_, base, other) => {
    expect(one(base, other)).toMatchObject({
      n: 3,
      p: null,
      pHolm: null,
      ci95: null,
      family: 0,
      detectable80: null,
      seedsFor: {},
      verdict: "cannot tell",
    });
  });

  test("one pair has a difference, no interval, and cannot tell", () => {
    expect(one([1], [2])).toMatchObject({
      n: 1,
      difference: 1,
      ci95: null,
      p: null,
      pHolm: null,
      detectable80: null,
      seedsFor: {},
      verdict: "cannot tell",
    });
  });

  test("no pair cannot tell either", () => {
    expect(one(["diverged"], [2])).toMatchObject({ n: 0, difference: NaN, ci95: null, verdict: "cannot tell" });
  });

  test("a diverged run takes its pair along and no other", () => {
    const comparison = one([1, "diverged", 1, 1], [2, 3, "diverged", 4]);
    expect(comparison).toMatchObject({ n: 2, difference: 2 });
  });

  test("only primary metrics are tested; the others carry intervals", () => {
    const arms = [armWith("base", { valLoss: [1, 1.1, 1.2] }), armWith("other", { valLoss: [2, 2.1, 2.25] })];
    const comparisons = compareArms(arms, "base", ["specialisation"]);
    const loss = comparisons.find((c) => c.metric === "valLoss")!;
    expect(loss).toMatchObject({ verdict: "not tested", p: null, pHolm: null, family: 0 });
    expect(loss.ci95![0]).toBeGreaterThan(0.9);
    expect(comparisons[0].metric).toBe("specialisation");
  });

  test("a value that is not a number makes no pair", () => {
    expect(one([1, NaN, 2], [2, 3, 4])).toMatchObject({ n: 2 });
  });

  test("a baseline that is no arm is an error that names the arms", () => {
    expect(() => compareArms([armWith("a", { valLoss: [1] })], "b", ["valLoss"])).toThrow(/"b" is not an arm; the arms are "a"/);
  });
});

describe("seeds and bootstrap", () => {
  test("seedsFor has the difference seen and half of it, which takes about four times the seeds", () => {
    const { seedsFor } = one([0, 0, 0, 0], [1, -1, 0.5, 0.4]);
    expect(Object.keys(seedsFor)).toEqual(["0.225", "0.1125"]);
    expect(seedsFor["0.1125"] / seedsFor["0.225"]).toBeGreaterThan(3.5);
    expect(seedsFor["0.1125"] / seedsFor["0.225"]).toBeLessThan(4.1);
  });

  test("the bootstrap comes with eight pairs and not with seven", () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(
      one(
        values.map(() => 0),
        values,
      ).bootstrap95,
    ).toHaveLength(2);
    expect(
      one(
        values.slice(1).map(() => 0),
        values.slice(1),
      ),
    ).not.toHaveProperty("bootstrap95");
  });
});

test("swapping arm and baseline turns every sign and changes nothing else", () => {
  const losses = fc.array(fc.double({ min: 0.5, max: 6, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(losses, losses, (a, b) => {
      const arms = [armWith("a", { valLoss: a }), armWith("b", { valLoss: b })];
      const [forth] = compareArms(arms, "a", ["valLoss"]);
      const [back] = compareArms(arms, "b", ["valLoss"]);
      expect(forth.difference).toBeCloseTo(-back.difference, 12);
      expect(forth.p ?? 1).toBeCloseTo(back.p ?? 1, 9);
      expect(forth.ci95![0]).toBeCloseTo(-back.ci95![1], 9);
    }),
  );
});
