/** Student's t for the mean of n paired differences: interval, p value, power. Two-sided throughout. */
import jstat from "jstat";
import { exceeds } from "./noncentral-t.ts";

const { normal, studentt } = jstat.jStat;
const targetPower = 0.8;
/** Beyond this, "how many seeds" is answered with Infinity. */
const mostSeeds = 1e6;

/** Half the width of the interval of confidence `level` for a mean. NaN for n < 2. */
export function tHalfWidth(n: number, sd: number, level = 0.95): number {
  if (n < 2) return NaN;
  return (studentt.inv((1 + level) / 2, n - 1) * sd) / Math.sqrt(n);
}

/** p of the null hypothesis that the mean is 0. NaN for n < 2, and without a spread, which is what the test measures chance by. */
export function tTestP(n: number, mean: number, sd: number): number {
  if (n < 2 || !(sd > 0)) return NaN;
  // the lower tail: the upper one, 1 − cdf, loses all digits for small p
  return Math.min(1, 2 * studentt.cdf(-Math.abs((mean / sd) * Math.sqrt(n)), n - 1));
}

/** Probability that n pairs reject at level `alpha` when the true mean is `effect` standard deviations. */
export function tTestPower(n: number, effect: number, alpha = 0.05): number {
  if (n < 2) return 0;
  return exceeds(studentt.inv(1 - alpha / 2, n - 1), n - 1, Math.abs(effect) * Math.sqrt(n));
}

/** Smallest |mean| that n pairs with this sd tell from 0 at level `alpha` with 80 % power. NaN for n < 2. */
export function detectableDifference(n: number, sd: number, alpha = 0.05): number {
  return n < 2 ? NaN : sd * detectableEffect(n, alpha);
}

const effects = new Map<string, number>();

/** The same in standard deviations; depends on n and the level alone, and is asked for once per metric and arm. */
function detectableEffect(n: number, alpha: number): number {
  const key = `${n} ${alpha}`;
  const known = effects.get(key);
  if (known !== undefined) return known;
  let [low, high] = [0, 1];
  while (tTestPower(n, high, alpha) < targetPower) high *= 2;
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (tTestPower(n, middle, alpha) < targetPower) low = middle;
    else high = middle;
  }
  effects.set(key, high);
  return high;
}

/** Fewest pairs that tell a true mean of `difference` from 0 at level `alpha` with 80 % power; Infinity above a million. */
export function seedsToTell(difference: number, sd: number, alpha = 0.05): number {
  const effect = Math.abs(difference) / sd;
  if (!(effect > 0)) return Infinity;
  // the normal approximation with Guenther's correction (The American Statistician 35, 1981) is within a few seeds
  const z = normal.inv(1 - alpha / 2, 0, 1);
  const estimate = ((z + normal.inv(targetPower, 0, 1)) / effect) ** 2 + (z * z) / 2;
  if (estimate > mostSeeds) return Infinity;
  let n = Math.max(2, Math.round(estimate));
  while (tTestPower(n, effect, alpha) < targetPower) n++;
  while (n > 2 && tTestPower(n - 1, effect, alpha) >= targetPower) n--;
  return n;
}
