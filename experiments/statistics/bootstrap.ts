import jstat from "jstat";
import { mean, quantileSorted } from "d3-array";
import { randomLcg } from "d3-random";

const { normal } = jstat.jStat;

/**
 * 95 % BCa bootstrap interval (bias-corrected and accelerated: Efron, JASA 82, 1987) of the mean. The resampling is
 * seeded, so equal values give an equal interval. Values that are all equal give that value twice.
 */
export function bootstrapMean95(values: readonly number[], resamples = 4000, seed = 0.5): [number, number] {
  const n = values.length;
  const observed = mean(values)!;
  const random = randomLcg(seed);
  const means = new Array<number>(resamples);
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(random() * n)];
    means[b] = sum / n;
  }
  means.sort((a, b) => a - b);

  // how far the median of the resampled means lies from the observed one. A mean equal to it counts half; sums in another
  // order are equal but for rounding, and few values make many such ties
  const rounding = n * Number.EPSILON * Math.max(...values.map(Math.abs));
  let below = 0;
  for (const m of means) below += m < observed - rounding ? 1 : m <= observed + rounding ? 0.5 : 0;
  const bias = normal.inv(Math.min(1 - 0.5 / resamples, Math.max(0.5 / resamples, below / resamples)), 0, 1);

  // acceleration by the jackknife; leaving out value i moves the mean by (observed − value i) / (n − 1)
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const d = value - observed;
    squares += d * d;
    cubes += d * d * d;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);

  const end = (p: number) => {
    const z = bias + normal.inv(p, 0, 1);
    return quantileSorted(means, normal.cdf(bias + z / (1 - acceleration * z), 0, 1))!;
  };
  return [end(0.025), end(0.975)];
}
