import { clear, put, putPart } from "./simd";

/** y[y0…] (+)= x[x0…] for `width` elements. */
// @ts-ignore: decorator
@inline
export function row(x: usize, y: usize, width: i32, add: bool): void {
  const whole = <usize>(width & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) put(y + i, v128.load(x + i), add);
  if (width & 3) putPart(y + whole, v128.load(x + whole), width & 3, add);
}

/** ids i32[rows], table[vocab,width] → y[rows,width] = table[ids] */
export function embedding(ids: usize, table: usize, y: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, y += bytes) row(table + bytes * load<i32>(ids + (<usize>r << 2)), y, width, false);
}

/** dy[rows,width], order, starts[vocab+1] → dTable[vocab,width]: the rows of each id summed in ascending order */
export function embeddingGrad(dy: usize, order: usize, starts: usize, dTable: usize, vocab: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  if (!add) clear(dTable, bytes * vocab);
  for (let v = 0; v < vocab; v++, dTable += bytes) {
    const last = load<i32>(starts + (<usize>v << 2), 4);
    for (let i = load<i32>(starts + (<usize>v << 2)); i < last; i++) {
      row(dy + bytes * load<i32>(order + (<usize>i << 2)), dTable, width, true);
    }
  }
}
