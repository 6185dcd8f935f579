/** What the columns of a comparison mean, for reports and schemas; those of a run are in metrics.ts. */
import type { MetricDefinition } from "../results.ts";

type Entry = Pick<MetricDefinition, "unit" | "definition">;

/** Keyed as in results.json. */
export const comparisonDefinitions = {
  difference: { unit: "the metric's", definition: "Arm minus baseline, mean over the seeds that both finished." },
  ci95: { unit: "the metric's", definition: "95 % interval of that mean by Student's t, for this comparison by itself." },
  bootstrap95: {
    unit: "the metric's",
    definition:
      "BCa bootstrap interval of that mean with tails widened for small samples, from 8 seeds on, for this comparison by itself; it holds the truth in 94 of 100 simulated studies of 8 normal pairs, 95 of 100 of 10. No verdict rests on it.",
  },
  pHolm: {
    unit: "1",
    definition:
      "p of the paired t test after Holm's correction over all arms and primary metrics of the experiment; below 0.05 it is a verdict. None where all differences are the same number.",
  },
  detectable80: {
    unit: "the metric's",
    definition:
      "Smallest true difference that the verdict tells with 80 % power whatever the other arms do: the t test's at level 0.05 / family, Holm's first step. An estimate from the spread seen. Of a metric that is not tested: at level 0.05.",
  },
  seedsFor: {
    unit: "seeds",
    definition: "Seeds with which the verdict tells a difference of the size of the key with 80 % power, at the level of detectable80.",
  },
} satisfies Record<string, Entry>;
