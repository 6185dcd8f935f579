// B laid out for the tile: panels of 8 columns, each [steps][8], the last one padded with zeros.

/** Columns rounded up to whole panels. */
// @ts-ignore: decorator
@inline
export function padded(columns: i32): i32 {
  return (columns + 7) & ~7;
}

/** b[steps, columns] with row stride `ldb` bytes. */
export function packRows(b: usize, ldb: usize, steps: i32, columns: i32, out: usize): void {
  let j = 0;
  for (; j + 8 <= columns; j += 8) {
    let row = b + (<usize>j << 2);
    for (const end = out + (<usize>steps << 5); out < end; out += 32, row += ldb) {
      v128.store(out, v128.load(row));
      v128.store(out, v128.load(row, 16), 16);
    }
  }
  if (j < columns) packEdge(b + (<usize>j << 2), ldb, 4, steps, columns - j, out);
}

/** b[columns, steps] with row stride `ldb` bytes: a transpose, four by four. */
export function packColumns(b: usize, ldb: usize, steps: i32, columns: i32, out: usize): void {
  let j = 0;
  for (; j + 8 <= columns; j += 8) {
    const rows = b + <usize>j * ldb;
    let p = 0;
    for (; p + 4 <= steps; p += 4, out += 128) {
      const column = rows + (<usize>p << 2);
      transpose4(column, ldb, out);
      transpose4(column + 4 * ldb, ldb, out + 16);
    }
    for (; p < steps; p++, out += 32) {
      for (let i = 0; i < 8; i++) store<f32>(out + (<usize>i << 2), load<f32>(rows + <usize>i * ldb + (<usize>p << 2)));
    }
  }
  if (j < columns) packEdge(b + <usize>j * ldb, 4, ldb, steps, columns - j, out);
}

/** Four rows of four, written as four columns with a stride of 32 bytes. */
// @ts-ignore: decorator
@inline
function transpose4(rows: usize, ldb: usize, out: usize): void {
  const r0 = v128.load(rows), r1 = v128.load(rows + ldb), r2 = v128.load(rows + 2 * ldb), r3 = v128.load(rows + 3 * ldb);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(out, v128.shuffle<f64>(low01, low23, 1, 3), 32);
  v128.store(out, v128.shuffle<f64>(high01, high23, 0, 2), 64);
  v128.store(out, v128.shuffle<f64>(high01, high23, 1, 3), 96);
}

/** The last panel: fewer than 8 columns, then zeros. */
function packEdge(b: usize, stepStride: usize, columnStride: usize, steps: i32, columns: i32, out: usize): void {
  for (let p = 0; p < steps; p++, out += 32) {
    for (let j = 0; j < 8; j++) {
      const value = j < columns ? load<f32>(b + <usize>p * stepStride + <usize>j * columnStride) : 0;
      store<f32>(out + (<usize>j << 2), value);
    }
  }
}
