import { copyRows } from "./elementwise";

/**
 * x[rows,heads·headDim] → y. cos, sin: [seqLen,ropeDim], one value per column, sin negated in the even columns, so that
 * y = x·cos + swap(x)·sin with the two numbers of each pair swapped; the host negates sin for the inverse.
 */
export function rope(x: usize, cos: usize, sin: usize, y: usize, rows: i32, heads: i32, headDim: i32, ropeDim: i32, seqLen: i32): void {
  const headBytes = <usize>headDim << 2, plain = headDim - ropeDim, rotated = <usize>ropeDim << 2, whole = rotated & ~15;
  if (plain) copyRows(x, headBytes, y, headBytes, rows * heads, plain, false);
  x += <usize>plain << 2;
  y += <usize>plain << 2;
  for (let r = 0, position = 0; r < rows; r++, position = position + 1 == seqLen ? 0 : position + 1) {
    const c = cos + rotated * position, s = sin + rotated * position;
    for (let h = 0; h < heads; h++, x += headBytes, y += headBytes) {
      for (let i: usize = 0; i < whole; i += 16) {
        const v = v128.load(x + i);
        const swapped = v128.shuffle<f32>(v, v, 1, 0, 3, 2);
        v128.store(y + i, f32x4.add(f32x4.mul(v, v128.load(c + i)), f32x4.mul(swapped, v128.load(s + i))));
      }
      if (whole < rotated) {
        const x0 = load<f32>(x + whole), x1 = load<f32>(x + whole, 4);
        const y0 = x0 * load<f32>(c + whole) + x1 * load<f32>(s + whole);
        const y1 = x1 * load<f32>(c + whole, 4) + x0 * load<f32>(s + whole, 4);
        store<f32>(y + whole, y0);
        store<f32>(y + whole, y1, 4);
      }
    }
  }
}
