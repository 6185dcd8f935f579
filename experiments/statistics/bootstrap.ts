import jstat from "jstat";
import { mean, quantileSorted } from "d3-array";
import { randomLcg } from "d3-random";

const { normal, studentt } = jstat.jStat;

/**
 * 95 % bootstrap interval of the mean. Resampling n values by itself gives intervals that are too narrow, by the factor
 * √((n − 1)/n) and by the difference of the normal's tails to t's: the tails are widened by both ("expanded" interval: Hesterberg,
 * What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015). It holds the truth in 93.7 % of simulated studies of 8 normal pairs and in 94.6 % of 10
 * (`npm run study:statistics`), where the plain one does in 90.5 % of 10.
 */
export function bootstrapMean95(values: readonly number[], resamples = 4000): [number, number] {
  const n = values.length;
  return bcaMean(values, normal.cdf(-Math.sqrt(n / (n - 1)) * studentt.inv(0.975, n - 1), 0, 1), resamples);
}

/**
 * BCa bootstrap interval (bias-corrected and accelerated: Efron, JASA 82, 1987) of the mean. The resampling is seeded, so
 * equal values give an equal interval. Values that are all equal give that value twice.
 * @param tail probability left out at either end
 */
export function bcaMean(values: readonly number[], tail: number, resamples: number, seed = 0.5): [number, number] {
  const n = values.length;
  const observed = mean(values)!;
  const random = randomLcg(seed);
  const means = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(random() * n)];
    means[b] = sum / n;
  }
  const sorted = Array.from(means.sort()); // a typed array sorts by value, and fast

  // how far the median of the resampled means lies from the observed one. A mean equal to it counts half; sums in another
  // order are equal but for rounding, and few values make many such ties
  const rounding = n * Number.EPSILON * Math.max(...values.map(Math.abs));
  let below = 0;
  for (const m of sorted) below += m < observed - rounding ? 1 : m <= observed + rounding ? 0.5 : 0;
  const bias = normal.inv(Math.min(1 - 0.5 / resamples, Math.max(0.5 / resamples, below / resamples)), 0, 1);

  // acceleration by the jackknife; leaving out value i moves the mean by (observed − value i) / (n − 1)
  // (in units of the largest deviation, for squares of tiny ones are 0)
  const unit = Math.max(...values.map((value) => Math.abs(value - observed)));
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const d = unit === 0 ? 0 : (value - observed) / unit;
    squares += d * d;
    cubes += d * d * d;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);

  const end = (p: number) => {
    const z = bias + normal.inv(p, 0, 1);
    return quantileSorted(sorted, normal.cdf(bias + z / (1 - acceleration * z), 0, 1))!;
  };
  return [end(tail), end(1 - tail)];
}
