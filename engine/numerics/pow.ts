import { log, scaled } from "./elementary.ts";

/** A number as the sum of two doubles, the second below the last place of the first: about 32 decimal digits. */
type Pair = readonly [number, number];

const sum = (a: number, b: number): Pair => {
  const s = a + b;
  const t = s - a;
  return [s, a - (s - t) + (b - t)];
};

/** Dekker's product: both halves of a double have 26 bits, so that their products are exact. */
const split = (a: number): Pair => {
  const t = 134217729 * a;
  const upper = t - (t - a);
  return [upper, a - upper];
};
const product = (a: number, b: number): Pair => {
  const p = a * b;
  const [[a1, a2], [b1, b2]] = [split(a), split(b)];
  return [p, a2 * b2 - (p - a1 * b1 - a2 * b1 - a1 * b2)];
};

const plus = ([a, a2]: Pair, [b, b2]: Pair): Pair => {
  const [s, e] = sum(a, b);
  return sum(s, e + a2 + b2);
};
const times = ([a, a2]: Pair, [b, b2]: Pair): Pair => {
  const [p, e] = product(a, b);
  return sum(p, e + (a * b2 + a2 * b));
};
const over = (a: Pair, n: number): Pair => {
  const q = a[0] / n;
  const [p, e] = product(q, n);
  return sum(q, (a[0] - p - e + a[1]) / n);
};

const ln2: Pair = [0.6931471805599453, 2.3190468138462996e-17];
/** r^27/27! is below 2^-107 for |r| ≤ ln 2 / 2 */
const terms = 26;

/** e^x as a pair times 2^k */
function exponential(x: Pair): { pair: Pair; k: number } {
  const k = Math.round(x[0] / ln2[0]);
  const r = plus(x, times([-k, 0], ln2));
  let series: Pair = [1, 0];
  for (let n = terms; n >= 1; n--) series = plus([1, 0], over(times(r, series), n));
  return { pair: series, k };
}

/** x^y for x ≥ 0, to half a unit in the last place and a little; `Math.pow` is as free as `Math.exp` (see elementary.ts). */
export function pow(x: number, y: number): number {
  if (!(x >= 0) || !Number.isFinite(x) || !Number.isFinite(y))
    throw new RangeError(`pow(${x}, ${y}): needs finite numbers and no negative base`);
  if (y === 0 || x === 1) return 1;
  if (x === 0) return y > 0 ? 0 : Infinity;
  // one step of Newton's from a double's logarithm doubles its digits: ln x = l + (x·e^−l − 1)
  const near = log(x);
  const { pair, k } = exponential([-near, 0]);
  const ratio = times([scaled(x, k), 0], pair);
  const logarithm = plus([near, 0], plus(ratio, [-1, 0]));
  const exponent = times([y, 0], logarithm);
  if (exponent[0] > 710) return Infinity;
  if (exponent[0] < -746) return 0;
  const result = exponential(exponent);
  return scaled(result.pair[0] + result.pair[1], result.k);
}
