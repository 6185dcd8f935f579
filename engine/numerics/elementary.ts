/**
 * exp, ln, sin and cos of doubles. JavaScript leaves the last bits of `Math.exp`, `Math.cos` and their like to each engine, and engines differ
 * (Node and Chromium do in 2 % of cosines); what a run computes must not. Only + − × ÷ are used, which IEEE 754 defines exactly.
 * Algorithms and coefficients are those of fdlibm (Sun Microsystems, 1993; freely granted), whose error is below one unit in the last place.
 */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** index of the half with sign and exponent */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

const exponentOf = (x: number): number => {
  double[0] = x;
  return (words[high] >>> 20) & 0x7ff;
};

const power = (k: number): number => {
  words[1 - high] = 0;
  words[high] = (k + 1023) << 20;
  return double[0];
};

/** y·2^k, rounded once. */
export function scaled(y: number, k: number): number {
  if (k > 1023) return y * power(1023) * power(Math.min(1023, k - 1023));
  if (k < -1021) return y * power(-1021 + 54) * power(Math.max(-1022, k + 1021 - 54));
  return y * power(k);
}

const [ln2High, ln2Low, perLn2] = [6.9314718036912381649e-1, 1.90821492927058770002e-10, 1.442695040888963387];

/** e^x */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.trunc(perLn2 * x + (x < 0 ? -0.5 : 0.5));
  const [hi, lo] = [x - k * ln2High, k * ln2Low];
  const r = hi - lo;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  return scaled(1 - (lo - (r * c) / (2 - c) - hi), k);
}

/** ln x */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let k = 0;
  if (exponentOf(x) === 0) [x, k] = [x * 2 ** 54, -54];
  k += exponentOf(x) - 1023;
  let f = scaled(x, 1023 - exponentOf(x));
  if (f > Math.SQRT2) [f, k] = [f / 2, k + 1];
  f -= 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd = z * (6.66666666666673513e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  return k * ln2High - (half - (s * (half + even + odd) + k * ln2Low) - f);
}

/** log2 x */
export const log2 = (x: number): number => log(x) / Math.LN2;

/** sin(x + y) for |x| ≤ π/4, y a correction below x's last place */
function sine(x: number, y: number): number {
  const z = x * x;
  const r =
    8.33333333332248946124e-3 +
    z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return x - (z * (0.5 * y - z * x * r) - y - z * x * -1.66666666666666324348e-1);
}

/** cos(x + y), likewise */
function cosine(x: number, y: number): number {
  const z = x * x;
  const low = z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * 2.48015872894767294178e-5));
  const r = low + z * z * (z * z) * (-2.75573143513906633035e-7 + z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * y));
}

/** π/2 in three parts of 33 bits, and what each leaves */
const halfPi = [
  [1.57079632673412561417, 6.07710050650619224932e-11],
  [6.0771005063039659766e-11, 2.02226624879595063154e-21],
  [2.0222662487111664558e-21, 8.47842766036889956997e-32],
];
/** beyond this many quarter turns a part times their number is no longer exact */
const mostQuarters = 2 ** 19;

/** Quarter turns (mod 4) in x, and the angle that is left, as a sum of two. */
function quarters(x: number): [number, number, number] {
  if (Math.abs(x) <= Math.PI / 4) return [0, x, 0];
  const n = Math.round(x * 6.36619772367581382433e-1);
  if (Math.abs(n) > mostQuarters) return distantQuarters(x);
  let r = x - n * halfPi[0][0];
  let w = n * halfPi[0][1];
  let left = r - w;
  // where so many leading bits cancel, the next part of π/2 counts
  for (const [part, bits] of [
    [1, 16],
    [2, 49],
  ]) {
    if (exponentOf(x) - exponentOf(left) <= bits) break;
    const before = r;
    const term = n * halfPi[part][0];
    r = before - term;
    w = n * halfPi[part][1] - (before - r - term);
    left = r - w;
  }
  return [n & 3, left, r - left - w];
}

/** The same for any angle, in whole numbers of 2^-1200: an angle of 10^300 needs that much of π. */
function distantQuarters(x: number): [number, number, number] {
  if (!Number.isFinite(x)) return [0, NaN, NaN];
  const bits = 1200n;
  const quarter = (pi ??= machin(bits + 60n)) >> 61n; // π/2
  const shift = BigInt(exponentOf(x) - 1075); // x is distant: a normal number
  const mantissa = BigInt(scaled(x, -Number(shift)));
  const whole = mantissa << (shift + bits);
  let n = (whole + (quarter >> 1n)) / quarter;
  if (n * quarter > whole + (quarter >> 1n)) n--;
  const rest = whole - n * quarter;
  const places = 140n;
  const kept = Number(rest >> (bits - places));
  const below = Number((rest >> (bits - places)) - BigInt(kept));
  return [Number(((n % 4n) + 4n) % 4n), scaled(kept, -140), scaled(below, -140)];
}

let pi: bigint | null = null;
/** π·2^bits (Machin 1706) */
function machin(bits: bigint): bigint {
  const arctangent = (x: bigint) => {
    let [term, sum, n] = [(1n << bits) / x, 0n, 1n];
    for (; term !== 0n; term /= x * x, n += 2n) sum += (n & 2n) === 0n ? term / n : -(term / n);
    return sum;
  };
  return 4n * (4n * arctangent(5n) - arctangent(239n));
}

export function sin(x: number): number {
  const [n, r, rest] = quarters(x);
  const value = n & 1 ? cosine(r, rest) : sine(r, rest);
  return n & 2 ? -value : value;
}

export function cos(x: number): number {
  const [n, r, rest] = quarters(x);
  const value = n & 1 ? sine(r, rest) : cosine(r, rest);
  return n === 1 || n === 2 ? -value : value;
}
