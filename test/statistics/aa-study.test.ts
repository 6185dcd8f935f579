import { expect, test } from "vitest";
import { domainNames } from "../../engine/data/corpus.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { openDomains } from "../../experiments/runs/store/node/corpora.ts";
import { aaPlans, chanceOfMore, differing, mostByChance } from "../studies/aa-study.ts";

test("the A/A study is 40 experiments of two arms and five seeds, no two of its 400 runs alike", async () => {
  const plans = aaPlans(await openDomains(domainNames));
  expect(plans).toHaveLength(40);
  expect(new Set(plans.map(({ experiment }) => experiment.id)).size).toBe(40);
  for (const { arms, runs } of plans) {
    expect(runs).toHaveLength(10);
    expect(arms[1].differences).toEqual([]);
  }
  const runs = plans.flatMap((plan) => plan.runs);
  expect(new Set(runs.map((run) => run.key)).size).toBe(400);
  expect(new Set(runs.flatMap(({ seed }) => [seed.init])).size).toBe(400);
});

test("its seeds stay what they were when it was first run", async () => {
  const [first, second] = aaPlans(await openDomains(domainNames));
  const seeds = ({ runs }: typeof first) => runs.map(({ arm, seed }) => `${arm} ${seed.init} ${seed.data}`);
  expect(seeds(first)).toEqual([
    "a 1 1",
    "a again 1001 1001",
    "a 2 2",
    "a again 1002 1002",
    "a 3 3",
    "a again 1003 1003",
    "a 4 4",
    "a again 1004 1004",
    "a 5 5",
    "a again 1005 1005",
  ]);
  expect(seeds(second)[0]).toBe("a 11 11");
});

test("six of 40 false verdicts still come by chance in more than 1 of 100 such studies, seven do not", () => {
  // P(X ≥ 6) and P(X ≥ 7) of a binomial with n = 40, p = 0.05, summed over the upper tail in Python with math.comb
  expect(chanceOfMore(5)).toBeCloseTo(0.013876949213303609, 12);
  expect(chanceOfMore(6)).toBeCloseTo(0.0033918975779359765, 12);
  expect(mostByChance()).toBe(6);
});

test("a verdict either way counts as a difference, one that cannot tell does not", () => {
  const results = (["lower", "cannot tell", "higher", "identical"] as const).map(
    (verdict, i) => ({ id: `aa-${i}`, comparisons: [{ verdict: "not tested" }, { verdict }] }) as ExperimentResult,
  );
  expect(differing(results)).toEqual(["aa-0", "aa-2"]);
});
