// Four f32 lanes at a time. Loads may read up to 12 bytes past a tensor (the memory has slack); stores never do.

/** a·b + c: one rounding where relaxed SIMD is compiled in (and the CPU has fma), two otherwise. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  else return f32x4.sub(c, f32x4.mul(a, b));
}

/** Sum of the lanes in a fixed order: (0+2) + (1+3). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 2, 3));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 2, 3));
  return f32x4.extract_lane(f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 1, 1, 1)), 0);
}

/** Writes, or adds to what is there. */
// @ts-ignore: decorator
@inline
export function put(address: usize, value: v128, add: bool): void {
  if (add) value = f32x4.add(v128.load(address), value);
  v128.store(address, value);
}

/** Writes the first `count` (1 to 3) lanes. */
export function storePart(address: usize, value: v128, count: i32): void {
  v128.store32_lane(address, value, 0);
  if (count > 1) v128.store32_lane(address, value, 1, 4);
  if (count > 2) v128.store32_lane(address, value, 2, 8);
}

/** Writes min(4, count) lanes; count > 0. */
// @ts-ignore: decorator
@inline
export function storeUpTo(address: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(address, value);
  else storePart(address, value, count);
}

/** `put` of the first `count` (1 to 3) lanes. */
export function putPart(address: usize, value: v128, count: i32, add: bool): void {
  storePart(address, add ? f32x4.add(v128.load(address), value) : value, count);
}

/** `put` of min(4, count) lanes; count > 0. */
// @ts-ignore: decorator
@inline
export function putUpTo(address: usize, value: v128, count: i32, add: bool): void {
  if (count >= 4) put(address, value, add);
  else putPart(address, value, count, add);
}

// @ts-ignore: decorator
@inline
export function putScalar(address: usize, value: f32, add: bool): void {
  store<f32>(address, add ? load<f32>(address) + value : value);
}

const laneMasks = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0]);

/** The first `count` (0 to 4) lanes of v, `rest` in the others. */
// @ts-ignore: decorator
@inline
export function keepLanes(v: v128, count: i32, rest: v128): v128 {
  return v128.bitselect(v, rest, v128.load(laneMasks + ((4 - count) << 2)));
}

/** Zeros `bytes` (a multiple of 4) from `address`. */
// @ts-ignore: decorator
@inline
export function clear(address: usize, bytes: usize): void {
  memory.fill(address, 0, bytes);
}
