// The register tile at the heart of every product: up to 6 rows × 8 columns of C held in registers.
//
// Per step p it loads 8 packed values of B and one broadcast value of A per row. 6×8 uses 12 accumulators + 2 of B
// + 1 broadcast = all 15 registers V8 hands out on x64; without fma the product needs one more, so 5×8.
// Measured: unrolling p loses up to half (V8 moves accumulators between iterations), 4×12 and 3×16 spill, and so does
// any branch after the loop: what C holds is therefore loaded before it.
import { madd } from "./simd";

/** Rows of the tallest tile. */
export const tileRows: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/** Height of the next tile when `rows` remain: no tile of one or two rows is left over where it can be avoided. */
// @ts-ignore: decorator
@inline
export function nextTile(rows: i32): i32 {
  if (rows >= 2 * tileRows) return tileRows;
  return rows <= tileRows ? rows : (rows + 1) >> 1;
}

/** C[R,8] = Σ_p A·B. `lda`: bytes from row to row of A if `byRow`, else from step p to step p (rows are adjacent). */
// @ts-ignore: decorator
@inline
function tile(R: i32, byRow: bool, a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  let a0 = a;
  const next = byRow ? lda : 4;
  let a1 = a0 + next, a2 = a1 + next, a3 = a2 + next, a4 = a3 + next, a5 = a4 + next;
  if (add) {
    let d = c;
    c00 = v128.load(d); c01 = v128.load(d, 16);
    if (R > 1) { d += ldc; c10 = v128.load(d); c11 = v128.load(d, 16); }
    if (R > 2) { d += ldc; c20 = v128.load(d); c21 = v128.load(d, 16); }
    if (R > 3) { d += ldc; c30 = v128.load(d); c31 = v128.load(d, 16); }
    if (R > 4) { d += ldc; c40 = v128.load(d); c41 = v128.load(d, 16); }
    if (R > 5) { d += ldc; c50 = v128.load(d); c51 = v128.load(d, 16); }
  }
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a0);
    c00 = madd(s0, b0, c00); c01 = madd(s0, b1, c01);
    if (R > 1) { const s = byRow ? v128.load32_splat(a1) : v128.load32_splat(a0, 4); c10 = madd(s, b0, c10); c11 = madd(s, b1, c11); }
    if (R > 2) { const s = byRow ? v128.load32_splat(a2) : v128.load32_splat(a0, 8); c20 = madd(s, b0, c20); c21 = madd(s, b1, c21); }
    if (R > 3) { const s = byRow ? v128.load32_splat(a3) : v128.load32_splat(a0, 12); c30 = madd(s, b0, c30); c31 = madd(s, b1, c31); }
    if (R > 4) { const s = byRow ? v128.load32_splat(a4) : v128.load32_splat(a0, 16); c40 = madd(s, b0, c40); c41 = madd(s, b1, c41); }
    if (R > 5) { const s = byRow ? v128.load32_splat(a5) : v128.load32_splat(a0, 20); c50 = madd(s, b0, c50); c51 = madd(s, b1, c51); }
    if (byRow) {
      a0 += 4;
      if (R > 1) a1 += 4;
      if (R > 2) a2 += 4;
      if (R > 3) a3 += 4;
      if (R > 4) a4 += 4;
      if (R > 5) a5 += 4;
    } else a0 += lda;
    b += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  if (R > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); }
  if (R > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); }
  if (R > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); }
  if (R > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); }
  if (R > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); }
}

function byRow1(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(1, true, a, lda, b, end, c, ldc, add); }
function byRow2(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(2, true, a, lda, b, end, c, ldc, add); }
function byRow3(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(3, true, a, lda, b, end, c, ldc, add); }
function byRow4(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(4, true, a, lda, b, end, c, ldc, add); }
function byRow5(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(5, true, a, lda, b, end, c, ldc, add); }
function byRow6(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(6, true, a, lda, b, end, c, ldc, add); }
function byStep1(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(1, false, a, lda, b, end, c, ldc, add); }
function byStep2(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(2, false, a, lda, b, end, c, ldc, add); }
function byStep3(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(3, false, a, lda, b, end, c, ldc, add); }
function byStep4(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(4, false, a, lda, b, end, c, ldc, add); }
function byStep5(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(5, false, a, lda, b, end, c, ldc, add); }
function byStep6(a: usize, lda: usize, b: usize, end: usize, c: usize, ldc: usize, add: bool): void { tile(6, false, a, lda, b, end, c, ldc, add); }

/** C[rows,8] (+)= A[rows,steps]·B, rows ≤ tileRows. A row-major with row stride `lda` bytes; B packed [steps][8]. */
// @ts-ignore: decorator
@inline
export function tileByRow(rows: i32, a: usize, lda: usize, b: usize, steps: i32, c: usize, ldc: usize, add: bool): void {
  const end = b + (<usize>steps << 5);
  if (tileRows == 6 && rows == 6) byRow6(a, lda, b, end, c, ldc, add);
  else if (rows == 5) byRow5(a, lda, b, end, c, ldc, add);
  else if (rows == 4) byRow4(a, lda, b, end, c, ldc, add);
  else if (rows == 3) byRow3(a, lda, b, end, c, ldc, add);
  else if (rows == 2) byRow2(a, lda, b, end, c, ldc, add);
  else byRow1(a, lda, b, end, c, ldc, add);
}

/** C[rows,8] (+)= Aᵀ·B for A[steps,rows] with step stride `lda` bytes; B packed [steps][8]. */
// @ts-ignore: decorator
@inline
export function tileByStep(rows: i32, a: usize, lda: usize, b: usize, steps: i32, c: usize, ldc: usize, add: bool): void {
  const end = b + (<usize>steps << 5);
  if (tileRows == 6 && rows == 6) byStep6(a, lda, b, end, c, ldc, add);
  else if (rows == 5) byStep5(a, lda, b, end, c, ldc, add);
  else if (rows == 4) byStep4(a, lda, b, end, c, ldc, add);
  else if (rows == 3) byStep3(a, lda, b, end, c, ldc, add);
  else if (rows == 2) byStep2(a, lda, b, end, c, ldc, add);
  else byStep1(a, lda, b, end, c, ldc, add);
}
