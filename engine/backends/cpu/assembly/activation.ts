import { sigmoid4, sigmoid8 } from "./exp";
import { madd, storeUpTo } from "./simd";

/** gu[rows,2·width], gate columns first → h[rows,width] = silu(gate)·up */
export function swiglu(gu: usize, h: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, gu += 2 * bytes, h += bytes) {
    let i = 0;
    for (; i + 8 <= width; i += 8) {
      const at = <usize>i << 2;
      const gate0 = v128.load(gu + at), gate1 = v128.load(gu + at, 16);
      const s = sigmoid8(gate0, gate1);
      v128.store(h + at, f32x4.mul(f32x4.mul(gate0, v128.load(s)), v128.load(gu + bytes + at)));
      v128.store(h + at, f32x4.mul(f32x4.mul(gate1, v128.load(s, 16)), v128.load(gu + bytes + at, 16)), 16);
    }
    for (; i < width; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gu + at);
      storeUpTo(h + at, f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), v128.load(gu + bytes + at)), width - i);
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
export function swigluGrad(gu: usize, dh: usize, dgu: usize, rows: i32, width: i32): void {
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
      v128.store(dgu + at, f32x4.mul(f32x4.mul(d0, v128.load(gu + bytes + at)), siluSlope(silu0, s0)));
      v128.store(dgu + at, f32x4.mul(f32x4.mul(d1, v128.load(gu + bytes + at, 16)), siluSlope(silu1, s1)), 16);
      v128.store(dgu + bytes + at, f32x4.mul(d0, silu0));
      v128.store(dgu + bytes + at, f32x4.mul(d1, silu1), 16);
    }
    for (; i < width; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gu + at), d = v128.load(dh + at);
      const s = sigmoid4(gate);
      const silu = f32x4.mul(gate, s);
      storeUpTo(dgu + at, f32x4.mul(f32x4.mul(d, v128.load(gu + bytes + at)), siluSlope(silu, s)), width - i);
      storeUpTo(dgu + bytes + at, f32x4.mul(d, silu), width - i);
    }
  }
}

/** logits → s = 1 / (1 + e^−logit) */
export function sigmoid(logits: usize, s: usize, length: i32): void {
  for (let i = 0; i < length; i += 4) {
    const at = <usize>i << 2;
    storeUpTo(s + at, sigmoid4(v128.load(logits + at)), length - i);
  }
}

/** s, ds → dlogits = ds·s·(1 − s) */
export function sigmoidGrad(s: usize, ds: usize, dlogits: usize, length: i32): void {
  const one = f32x4.splat(1);
  const whole = <usize>(length & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(dlogits + i, slope(s + i, ds + i, one));
  if (length & 3) storeUpTo(dlogits + whole, slope(s + whole, ds + whole, one), length & 3);
}

// @ts-ignore: decorator
@inline
function slope(s: usize, ds: usize, one: v128): v128 {
  const v = v128.load(s);
  return f32x4.mul(f32x4.mul(v128.load(ds), v), f32x4.sub(one, v));
}
