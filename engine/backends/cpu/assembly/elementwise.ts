import { put, putPart, storePart } from "./simd";

/** y = a + b */
export function add2(a: usize, b: usize, y: usize, length: i32): void {
  const whole = <usize>(length & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
  if (length & 3) storePart(y + whole, f32x4.add(v128.load(a + whole), v128.load(b + whole)), length & 3);
}

/** y = (a + b) + c */
export function add3(a: usize, b: usize, c: usize, y: usize, length: i32): void {
  const whole = <usize>(length & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    v128.store(y + i, f32x4.add(f32x4.add(v128.load(a + i), v128.load(b + i)), v128.load(c + i)));
  }
  if (length & 3) {
    const sum = f32x4.add(f32x4.add(v128.load(a + whole), v128.load(b + whole)), v128.load(c + whole));
    storePart(y + whole, sum, length & 3);
  }
}

/** y = x */
export function copy(x: usize, y: usize, length: i32): void {
  memory.copy(y, x, <usize>length << 2);
}

export function fill(y: usize, length: i32, value: f32): void {
  const values = f32x4.splat(value);
  const whole = <usize>(length & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, values);
  if (length & 3) storePart(y + whole, values, length & 3);
}

/** `rows` runs of `width` elements, from one stride (bytes) to another. */
export function copyRows(x: usize, strideX: usize, y: usize, strideY: usize, rows: i32, width: i32, add: bool): void {
  const whole = <usize>(width & ~3) << 2;
  const rest = width & 3;
  for (let r = 0; r < rows; r++, x += strideX, y += strideY) {
    for (let i: usize = 0; i < whole; i += 16) put(y + i, v128.load(x + i), add);
    if (rest) putPart(y + whole, v128.load(x + whole), rest, add);
  }
}
