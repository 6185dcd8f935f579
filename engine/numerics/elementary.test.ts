import { describe, expect, test } from "vitest";
import { stream } from "../random.ts";
import { cos, exp, log, log2, sin } from "./elementary.ts";
import { pow } from "./pow.ts";

/** Whole numbers of 2^-1200, and series that anyone can check: what the functions are held against. */
const bits = 1200n;
const one = 1n << bits;
const times = (a: bigint, b: bigint) => (a * b) >> bits;

/** a double exactly */
function fixed(x: number): bigint {
  let [mantissa, exponent] = [x, 0];
  while (!Number.isInteger(mantissa)) [mantissa, exponent] = [mantissa * 2, exponent - 1];
  return (BigInt(mantissa) << bits) >> BigInt(-exponent);
}

function exactExp(x: bigint): bigint {
  const halvings = 64n;
  let [sum, term] = [one, one];
  for (let n = 1n; term !== 0n; n++) {
    term = times(term, x >> halvings) / n;
    if (term === -1n) break; // a shift rounds down and never reaches 0 from below
    sum += term;
  }
  for (let n = 0n; n < halvings; n++) sum = times(sum, sum);
  return sum;
}

function exactLog(x: bigint): bigint {
  const digits = x.toString(2).length - Number(bits);
  let y = BigInt(Math.round(digits * Math.LN2)) << bits;
  for (let n = 0; n < 8; n++) y += ((times(x, exactExp(-y)) - one) * 2n * one) / (times(x, exactExp(-y)) + one);
  return y;
}

const pi = (() => {
  const arctangent = (x: bigint) => {
    let [term, sum, n] = [(one << 64n) / x, 0n, 1n];
    for (; term !== 0n; term /= x * x, n += 2n) sum += n % 4n === 1n ? term / n : -(term / n);
    return sum;
  };
  return (16n * arctangent(5n) - 4n * arctangent(239n)) >> 64n;
})();

function exactSinCos(x: bigint): { sin: bigint; cos: bigint } {
  const r = x % (2n * pi);
  const sums = [0n, 0n];
  let term = one;
  for (let n = 0n; term !== 0n && term !== -1n; n++) {
    sums[Number(n % 2n)] += (n & 2n) === 0n ? term : -term;
    term = times(term, r) / (n + 1n);
  }
  return { cos: sums[0], sin: sums[1] };
}

/** distance of `value` from `exact`, in units in value's last place */
function ulps(value: number, exact: bigint): number {
  const float = new Float64Array([Math.abs(value)]);
  const next = new BigInt64Array(float.buffer);
  next[0] += 1n;
  const unit = fixed(float[0] - Math.abs(value));
  const distance = fixed(value) - exact;
  return Number(((distance < 0n ? -distance : distance) * 1000n) / unit) / 1000;
}

const random = stream(1, "elementary");
const draws = (count: number, from: number, to: number) => Array.from({ length: count }, () => from + (to - from) * random.uniform());
const worst = (xs: number[], f: (x: number) => number, exact: (x: bigint) => bigint) =>
  Math.max(...xs.map((x) => ulps(f(x), exact(fixed(x)))));

describe("elementary functions are within one unit in the last place of the exact value", () => {
  test("exp", () =>
    expect(worst([...draws(60, -1, 1), ...draws(60, -300, 300), 0.5, -0.34657, 1e-9, 20, -20], exp, exactExp)).toBeLessThan(1));
  test("log", () =>
    expect(worst([...draws(40, 0, 2), ...draws(20, 0, 1e6), 256, 1 + 2 ** -30, 1 - 2 ** -30, 1e-30, 1e30], log, exactLog)).toBeLessThan(1));
  test("sin and cos, near 0 and far from it, also where an angle is almost a quarter turn", () => {
    const angles = [
      ...draws(60, -4, 4),
      ...draws(60, 0, 5000),
      ...draws(20, 0, 8e5),
      Math.PI / 2,
      Math.PI,
      3 * Math.PI,
      11,
      22,
      355,
      103993,
      1e-5,
    ];
    const distant = [1e6, 823550.5, 1e9 + 0.25, 6381956970095103 * 2 ** 200, 1e22, -1e22];
    expect(worst([...angles, ...distant], cos, (x) => exactSinCos(x).cos)).toBeLessThan(1);
    expect(worst([...angles, ...distant], sin, (x) => exactSinCos(x).sin)).toBeLessThan(1);
  });
  test("powers, of AdamW's corrections and of rotary frequencies", () => {
    const cases: [number, number][] = [
      [0.9, 1],
      [0.9, 37],
      [0.95, 400],
      [0.999, 1000],
      [0.999, 20_000],
      ...[2, 8, 30, 62].map((c): [number, number] => [1e4, -c / 64]),
      [5e5, -0.37],
      [0.5, -0.75],
      [3.25, 7.5],
    ];
    expect(Math.max(...cases.map(([x, y]) => ulps(pow(x, y), exactExp(times(fixed(y), exactLog(fixed(x)))))))).toBeLessThan(0.51);
  });
});

test("at their ends the functions say what Math's do", () => {
  for (const [own, theirs] of [
    [exp, Math.exp],
    [log, Math.log],
    [sin, Math.sin],
    [cos, Math.cos],
    [log2, Math.log2],
  ] as const)
    for (const x of [NaN, Infinity, -Infinity, 0]) expect(own(x)).toBe(theirs(x));
  expect([exp(-745), exp(-745.2), exp(-708.5), exp(709.7), exp(709.8)].map((x) => x > 0)).toEqual([true, false, true, true, true]);
  expect(exp(-745) / Math.exp(-745)).toBe(1);
  expect(log(5e-324)).toBeCloseTo(Math.log(5e-324), 10);
  expect([8, 16, 256].map(log2)).toEqual([3, 4, 8]);
  expect([pow(0, 5), pow(0.9, 1e6), pow(2, 0), pow(2, 10), pow(0.25, 0.5)]).toEqual([0, 0, 1, 1024, 0.5]);
  expect(() => pow(-1, 2)).toThrow("negative base");
});
