import { madd, nmadd } from "./simd";

// exp(x) = 2^n · exp(r), n = round(x / ln 2), |r| ≤ ln 2 / 2, with the minimax polynomial of Cephes `expf`
// (relative error below 2e-7). ln 2 is split in two so that n·ln 2 loses no bits.
// Constants are loaded from memory: V8 would otherwise rebuild each v128 constant in every iteration.
const table = memory.data<f32>([
  -88, 89, 1.44269504088896341, 12582912, 0.693359375, -2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
]);

// @ts-ignore: decorator
@inline
function constant(index: i32): v128 {
  return v128.load32_splat(table + (index << 2));
}

/** e^x in each lane; 0 below −88, Infinity above 88.4, NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, constant(0)), constant(1));
  // Adding 1.5·2^23 rounds to an integer and leaves it in the low mantissa bits.
  const shifted = madd(x, constant(2), constant(3));
  const n = f32x4.sub(shifted, constant(3));
  const r = nmadd(n, constant(5), nmadd(n, constant(4), x));
  let p = madd(constant(6), r, constant(7));
  p = madd(p, r, constant(8));
  p = madd(p, r, constant(9));
  p = madd(p, r, constant(10));
  p = madd(p, r, constant(11));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, constant(12)));
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), constant(12)));
}

/**
 * Writes e^x of eight numbers to `out`. Each constant is loaded once for two vectors: one by one, the loads are what
 * limits `exp4`, and there are too many constants to keep in registers.
 */
// @ts-ignore: decorator
@inline
export function exp8(x0: v128, x1: v128, out: usize): void {
  let c = constant(0);
  x0 = f32x4.pmax(x0, c); x1 = f32x4.pmax(x1, c);
  c = constant(1);
  x0 = f32x4.pmin(x0, c); x1 = f32x4.pmin(x1, c);
  c = constant(2);
  const magic = constant(3);
  const shifted0 = madd(x0, c, magic), shifted1 = madd(x1, c, magic);
  const n0 = f32x4.sub(shifted0, magic), n1 = f32x4.sub(shifted1, magic);
  c = constant(4);
  let r0 = nmadd(n0, c, x0), r1 = nmadd(n1, c, x1);
  c = constant(5);
  r0 = nmadd(n0, c, r0); r1 = nmadd(n1, c, r1);
  const p5 = constant(6);
  c = constant(7);
  let p0 = madd(p5, r0, c), p1 = madd(p5, r1, c);
  c = constant(8);
  p0 = madd(p0, r0, c); p1 = madd(p1, r1, c);
  c = constant(9);
  p0 = madd(p0, r0, c); p1 = madd(p1, r1, c);
  c = constant(10);
  p0 = madd(p0, r0, c); p1 = madd(p1, r1, c);
  c = constant(11);
  p0 = madd(p0, r0, c); p1 = madd(p1, r1, c);
  c = constant(12);
  p0 = madd(p0, f32x4.mul(r0, r0), f32x4.add(r0, c));
  p1 = madd(p1, f32x4.mul(r1, r1), f32x4.add(r1, c));
  v128.store(out, f32x4.mul(p0, i32x4.add(i32x4.shl(shifted0, 23), c)));
  v128.store(out, f32x4.mul(p1, i32x4.add(i32x4.shl(shifted1, 23), c)), 16);
}

/** Room for eight numbers between one step of a loop and the next. */
export const eight = memory.data<f32>([0, 0, 0, 0, 0, 0, 0, 0]);

/** 1 / (1 + e^−x) of eight numbers; the address where they are until the next call. */
// @ts-ignore: decorator
@inline
export function sigmoid8(x0: v128, x1: v128): usize {
  exp8(f32x4.neg(x0), f32x4.neg(x1), eight);
  const one = constant(12);
  v128.store(eight, f32x4.div(one, f32x4.add(one, v128.load(eight))));
  v128.store(eight, f32x4.div(one, f32x4.add(one, v128.load(eight, 16))), 16);
  return eight;
}

/** 1 / (1 + e^−x) */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = constant(12);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}
