import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExperimentResult } from "../../experiments/results.ts";
import { judgeClaims, type Claim } from "../../experiments/statistics/claims.ts";
import { compareArms } from "../../experiments/statistics/compare.ts";
import { describeFinding, describeStudy } from "../../experiments/statistics/findings.ts";
import { armWith } from "./arms.ts";

type Values = Parameters<typeof armWith>[1];

function experimentOf(arms: Record<string, Values>, primary: string[] = []): ExperimentResult {
  const list = Object.entries(arms).map(([name, values]) => armWith(name, values));
  const baseline = list[0].name;
  return {
    id: "e",
    cell: "e",
    title: "E",
    question: null,
    baseline,
    primary,
    domains: [],
    dataHash: "",
    bigramEntropy: {},
    arms: list,
    comparisons: compareArms(list, baseline, primary),
  };
}

const claimOf = (claim: Partial<Claim>): Claim => ({
  claim: "It is so",
  paper: null,
  metric: "valLoss",
  arm: "b",
  than: null,
  expect: "lower",
  factor: null,
  within: null,
  ...claim,
});
const judge = (arms: Record<string, Values>, claim: Partial<Claim>, primary?: string[]) =>
  judgeClaims(experimentOf(arms, primary), [claimOf(claim)])[0];
const loss = (...values: (number | "diverged" | "failed" | "queued")[]): Values => ({ valLoss: values });

describe("a claim of a direction", () => {
  const base = loss(2.0, 2.1, 1.9, 2.05);
  test.each([
    ["holds where the interval lies on its side", loss(1.9, 2.01, 1.79, 1.96), "holds"],
    ["does not hold where it lies on the other", loss(2.1, 2.19, 2.01, 2.14), "does not hold"],
    ["cannot be told where it holds 0", loss(2.1, 1.9, 2.0, 2.0), "cannot tell"],
    ["does not hold of arms that are identical", base, "does not hold"],
  ] as const)("%s", (_, arm, outcome) => expect(judge({ a: base, b: arm }, {}).outcome).toBe(outcome));

  test("turned around has the opposite outcome, whatever the values", () => {
    const values = fc.array(fc.double({ min: 1, max: 3, noNaN: true }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const n = Math.min(a.length, b.length);
        const arms = { a: loss(...a.slice(0, n)), b: loss(...b.slice(0, n)) };
        const [lower, higher] = [judge(arms, { expect: "lower" }), judge(arms, { expect: "higher" })];
        if (lower.why === "identical") return;
        const opposite = {
          holds: "does not hold",
          "does not hold": "holds",
          "cannot tell": "cannot tell",
          "not measured": "not measured",
        } as const;
        expect(higher.outcome).toBe(opposite[lower.outcome]);
        expect(higher.p).toBe(lower.p);
      }),
    );
  });

  test("may be about two arms of which neither is the baseline", () => {
    expect(judge({ a: base, b: loss(1.5, 1.61, 1.4, 1.55), c: base }, { than: "c" })).toMatchObject({ than: "c", outcome: "holds", n: 4 });
  });

  test("that is one of the experiment's own tested comparisons keeps the verdict it has there", () => {
    const arms = { a: base, b: loss(1.9, 2.02, 1.82, 1.93), c: loss(2.3, 1.7, 2.2, 2.0), d: loss(2.1, 2.0, 1.8, 2.2) };
    const experiment = experimentOf(arms, ["valLoss"]);
    const own = experiment.comparisons.find((c) => c.metric === "valLoss" && c.arm === "b")!;
    const [finding] = judgeClaims(experiment, [claimOf({})]);
    expect(finding).toMatchObject({ p: own.p, pHolm: own.pHolm, family: 3 });
    expect(finding.outcome === "holds").toBe(own.verdict === "lower");
  });
});

describe("a claim of a factor", () => {
  const vio = (...values: number[]): Values => ({ maxVioGlobal: values });
  const none = vio(4, 3.8, 4.3);
  const claim = { metric: "maxVioGlobal", factor: 0.25 } as const;
  test("holds where the interval of the ratio lies below it", () => {
    const finding = judge({ a: none, b: vio(0.24, 0.26, 0.22) }, claim);
    expect(finding).toMatchObject({ outcome: "holds", scale: "ratio", n: 3 });
    // the geometric mean of the three ratios
    expect(finding.estimate).toBeCloseTo(Math.cbrt((0.24 / 4) * (0.26 / 3.8) * (0.22 / 4.3)), 12);
    expect(describeFinding(finding)).toMatch(
      /^MaxVio \(validation\) of “b” is 0\.059 times that of “a”, 0\.240 against 4\.03 \(95 % interval of the factor 0\.0\d+ to 0\.0\d+, 3 seeds, p .*\)\.$/,
    );
  });
  test("does not hold of an arm that is lower, but surely by less", () =>
    expect(judge({ a: none, b: vio(2, 1.95, 2.1) }, claim).outcome).toBe("does not hold"));
  test("is not measured of values that are not above 0", () =>
    expect(judge({ a: none, b: vio(0, 0.1, 0.1) }, claim)).toMatchObject({
      outcome: "not measured",
      why: "a factor needs values above 0",
    }));
});

describe("a claim that two arms are the same", () => {
  const base = loss(2.0, 2.1, 1.9, 2.05);
  test.each([
    ["holds where the interval stays within the margin", loss(2.003, 2.098, 1.901, 2.049), "holds"],
    ["does not hold where it lies beyond", loss(2.2, 2.31, 2.09, 2.26), "does not hold"],
    ["cannot be told where it is merely wide: not seeing a difference is not seeing none", loss(2.1, 2.0, 1.95, 2.0), "cannot tell"],
    ["holds of arms that are identical", base, "holds"],
  ] as const)("%s", (_, arm, outcome) => expect(judge({ a: base, b: arm }, { expect: "same", within: 0.05 }).outcome).toBe(outcome));

  test("holds exactly where the 90 % interval lies within the margin (two one-sided tests)", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 3, maxLength: 8 }), (differences) => {
        fc.pre(Math.max(...differences) - Math.min(...differences) > 1e-12);
        const { outcome, ci95, ci90, n, estimate } = judge(
          { a: loss(...differences.map(() => 2)), b: loss(...differences.map((d) => 2 + d)) },
          { expect: "same", within: 0.05 },
        );
        // t quantiles of 95 and 97.5 % at 2 to 7 degrees of freedom (any table)
        const ratio = [2.91999 / 4.30265, 2.35336 / 3.18245, 2.13185 / 2.77645, 2.01505 / 2.57058, 1.94318 / 2.44691, 1.89458 / 2.36462][
          n - 3
        ];
        const half = ((ci95![1] - ci95![0]) / 2) * ratio;
        const reach = Math.abs(estimate) + half;
        expect(ci90![1]).toBeCloseTo(estimate + half, 6);
        fc.pre(Math.abs(reach - 0.05) > 1e-6);
        expect(outcome === "holds").toBe(reach < 0.05);
      }),
    );
  });
});

describe("the interval that is told is the one that decides", () => {
  const base = loss(2.0, 2.1, 1.9, 2.05);
  const same = (arm: Values) => describeFinding(judge({ a: base, b: arm }, { expect: "same", within: 0.05 }));
  test.each([
    [
      "90 % where two one-sided tests find arms the same",
      loss(2.003, 2.098, 1.901, 2.049),
      /\(90 % interval of the difference .*within the ±0\.05/,
    ],
    ["90 % where they do not", loss(2.1, 2.0, 1.95, 2.0), /\(90 % interval of the difference .*reaches beyond/],
    [
      "95 % where a two-sided test finds them different",
      loss(2.2, 2.31, 2.09, 2.26),
      /\(95 % interval of the difference .*beyond the ±0\.05/,
    ],
  ] as const)("%s", (_, arm, words) => expect(same(arm)).toMatch(words));
});

describe("all claims of a list are one family", () => {
  const arms = { a: loss(2.0, 2.1, 1.9, 2.05), b: loss(1.9, 2.02, 1.82, 1.93), c: loss(2.3, 1.7, 2.2, 2.0) };
  const others = [
    claimOf({ arm: "c", than: "b", expect: "higher" }),
    claimOf({ arm: "b", metric: "valBpb.all", expect: "lower", than: 3 }),
  ];

  test("those that the experiment tests itself among them: they do not make the others' correction milder", () => {
    const tested = judgeClaims(experimentOf(arms, ["valLoss"]), [claimOf({}), claimOf({ arm: "c" }), ...others.slice(0, 1)]);
    const untested = judgeClaims(experimentOf(arms, ["specialisation"]), [claimOf({}), claimOf({ arm: "c" }), ...others.slice(0, 1)]);
    expect(tested[2]).toMatchObject({ family: 3, pHolm: untested[2].pHolm, detectable80: untested[2].detectable80 });
  });
});

describe("differences that are all the same number have no spread to test by", () => {
  test.each([
    ["of arms", { a: loss(2, 2.5, 3), b: loss(2.5, 3, 3.5) }, { expect: "higher" }],
    ["of arms within a margin", { a: loss(2, 2.5, 3), b: loss(2.5, 3, 3.5) }, { expect: "same", within: 1 }],
    ["of an arm and a number", { a: loss(2, 2, 2), b: loss(2, 2, 2) }, { than: 2.5 }],
  ] as [string, Record<string, Values>, Partial<Claim>][])("%s: nothing is told, and that is said", (_, values, claim) => {
    const finding = judge(values, claim);
    expect(finding).toMatchObject({ outcome: "cannot tell", p: null, ci95: null, ci90: null, family: 0 });
    expect(describeFinding(finding)).toMatch(/by the same in each of 3 seeds: without a spread there is neither interval nor test\.$/);
  });
});

describe("a claim about a number", () => {
  test("is held against the runs of the arm alone", () => {
    expect(judge({ a: loss(9, 9, 9), b: loss(1.6, 1.62, 1.58) }, { than: 2 })).toMatchObject({ outcome: "holds", n: 3, thanMean: 2 });
    expect(describeFinding(judge({ a: loss(9, 9, 9), b: loss(1.6, 1.62, 1.58) }, { than: 2 }))).toMatch(
      /^Validation loss of “b” is 1\.600 nats, below 2 \(95 % interval 1\.550 to 1\.650, 3 seeds, p .*\)\.$/,
    );
  });
});

describe("what is missing is said", () => {
  test.each([
    ["an arm that is not there", { a: loss(1, 2) }, {}, "The experiment has no arm “b”."],
    ["the arm it is compared with", { a: loss(1, 2), b: loss(1, 2) }, { than: "c" }, "The experiment has no arm “c”."],
    ["a metric that the runs do not have", { a: loss(1, 2), b: loss(1, 2) }, { metric: "acceptance.1" }, "“b” has no acceptance.1."],
    ["runs that all diverged", { a: loss(1, 2), b: loss("diverged", "diverged") }, {}, "Every run of “b” diverged."],
    ["runs that all failed", { a: loss(1, 2), b: loss("failed", "failed") }, {}, "Every run of “b” failed."],
    ["runs that are still to come", { a: loss(1, 2), b: loss("queued", "queued") }, {}, "No run of “b” has finished yet."],
    ["finite values", { a: loss(1, 2), b: loss(NaN, NaN) }, {}, "“b” has no finite valLoss."],
    ["a seed of finite values in common", { a: loss(NaN, 2), b: loss(1, NaN) }, {}, "No seed has a finite valLoss in both “b” and “a”."],
    ["seeds in common", { a: loss("diverged", 2), b: loss(1, "diverged") }, {}, "No seed finished in both “b” and “a”."],
  ] as [string, Record<string, Values>, Partial<Claim>, string][])("%s", (_, arms, claim, words) => {
    const finding = judge(arms, claim);
    expect(finding.outcome).toBe("not measured");
    expect(describeFinding(finding)).toBe(words);
  });

  test("one seed tells nothing, and says so", () => {
    const finding = judge({ a: loss(2), b: loss(1) }, {});
    expect(finding).toMatchObject({ outcome: "cannot tell", n: 1, p: null });
    expect(describeFinding(finding)).toBe(
      "Validation loss of “b” is below that of “a” by 1.00 nats, 1.00 against 2.00 (1 seed). One seed has no interval; two or more can tell.",
    );
  });

  test("runs that diverged are counted and left out", () => {
    const experiment = experimentOf({ a: loss(2, 2.1, 1.9), b: loss(1, "diverged", 0.92) });
    const findings = judgeClaims(experiment, [claimOf({})]);
    expect(findings[0].n).toBe(2);
    expect(describeStudy(experiment, findings)).toBe(
      "Of 1 claim 1 holds here. From 5 of 6 runs: 2 arms, 3 seeds. 1 of 3 runs of “b” diverged. Means and comparisons leave these runs out.",
    );
  });
});

test("Holm goes over the claims: what one claim tells, twenty of its like may not", () => {
  const experiment = experimentOf({ a: loss(2.0, 2.1, 1.9, 2.05), b: loss(1.9, 2.05, 1.8, 1.9) });
  const [alone] = judgeClaims(experiment, [claimOf({})]);
  const many = judgeClaims(
    experiment,
    Array.from({ length: 20 }, () => claimOf({})),
  );
  expect(alone).toMatchObject({ outcome: "holds", family: 1 });
  expect(
    many.every(({ outcome, family, pHolm }) => outcome === "cannot tell" && family === 20 && pHolm === Math.min(1, 20 * alone.p!)),
  ).toBe(true);
  expect(describeFinding(many[0])).toContain(
    "after correction for 20 comparisons). The interval by itself leaves out 0, but not after correction.",
  );
});
