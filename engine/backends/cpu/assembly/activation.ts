import { sigmoid4, sigmoid8 } from "./exp";
import { madd, put, putUpTo } from "./simd";

/** gu[rows,2·width], gate columns first → h[rows,width] = silu(gate)·up */
export function swiglu(gu: usize, h: usize, rows: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, gu += 2 * bytes, h += bytes) {
    let i = 0;
    for (; i + 8 <= width; i += 8) {
      const at = <usize>i << 2;
      const gate0 = v128.load(gu + at), gate1 = v128.load(gu + at, 16);
      const s = sigmoid8(gate0, gate1);
      put(h + at, f32x4.mul(f32x4.mul(gate0, v128.load(s)), v128.load(gu + bytes + at)), add);
      put(h + at + 16, f32x4.mul(f32x4.mul(gate1, v128.load(s, 16)), v128.load(gu + bytes + at, 16)), add);
    }
    for (; i < width; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gu + at);
      putUpTo(h + at, f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), v128.load(gu + bytes + at)), width - i, add);
    }
  }
}

/** silu'(x) = σ + x·σ·(1 − σ) */
// @ts-ignore: decorator
@inline
function siluSlope(silu: v128, s: v128): v128 {
  const one = f32x4.splat(1);
  return madd(silu, f32x4.sub(one, s), s);
}

/** gu, dh[rows,width] → dgu */
export function swigluGrad(gu: usize, dh: usize, dgu: usize, rows: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, gu += 2 * bytes, dgu += 2 * bytes, dh += bytes) {
    let i = 0;
    for (; i + 8 <= width; i += 8) {
      const at = <usize>i << 2;
      const gate0 = v128.load(gu + at), gate1 = v128.load(gu + at, 16);
      const sigmoids = sigmoid8(gate0, gate1);
      const d0 = v128.load(dh + at), d1 = v128.load(dh + at, 16);
      const s0 = v128.load(sigmoids), s1 = v128.load(sigmoids, 16);
      const silu0 = f32x4.mul(gate0, s0), silu1 = f32x4.mul(gate1, s1);
      put(dgu + at, f32x4.mul(f32x4.mul(d0, v128.load(gu + bytes + at)), siluSlope(silu0, s0)), add);
      put(dgu + at + 16, f32x4.mul(f32x4.mul(d1, v128.load(gu + bytes + at, 16)), siluSlope(silu1, s1)), add);
      put(dgu + bytes + at, f32x4.mul(d0, silu0), add);
      put(dgu + bytes + at + 16, f32x4.mul(d1, silu1), add);
    }
    for (; i < width; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gu + at), d = v128.load(dh + at);
      const s = sigmoid4(gate);
      const silu = f32x4.mul(gate, s);
      putUpTo(dgu + at, f32x4.mul(f32x4.mul(d, v128.load(gu + bytes + at)), siluSlope(silu, s)), width - i, add);
      putUpTo(dgu + bytes + at, f32x4.mul(d, silu), width - i, add);
    }
  }
}

/** logits → s = 1 / (1 + e^−logit) */
export function sigmoid(logits: usize, s: usize, length: i32, add: bool): void {
  for (let i = 0; i < length; i += 4) {
    const at = <usize>i << 2;
    putUpTo(s + at, sigmoid4(v128.load(logits + at)), length - i, add);
  }
}

/** s, ds → dlogits = ds·s·(1 − s) */
export function sigmoidGrad(s: usize, ds: usize, dlogits: usize, length: i32, add: bool): void {
  const one = f32x4.splat(1);
  const whole = <usize>(length & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) put(dlogits + i, slope(s + i, ds + i, one), add);
  if (length & 3) putUpTo(dlogits + whole, slope(s + whole, ds + whole, one), length & 3, add);
}

// @ts-ignore: decorator
@inline
function slope(s: usize, ds: usize, one: v128): v128 {
  const v = v128.load(s);
  return f32x4.mul(f32x4.mul(v128.load(ds), v), f32x4.sub(one, v));
}
