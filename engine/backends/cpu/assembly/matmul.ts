import { packColumns, packRows } from "./pack";
import { clear, putUpTo } from "./simd";
import { nextTile, tileByRow, tileByStep, tileRows } from "./tile";

/** Steps and columns of B packed at a time (half a MiB, half of a common L2), rows of A swept per panel of B. */
const blockSteps: i32 = 256;
const blockColumns: i32 = 512;
const blockRows: i32 = 16 * tileRows;

/** Bytes of scratch that `product` may use: one packed block of B and one tile of C. */
export function productScratch(): i32 {
  return 4 * (blockSteps * blockColumns + 8 * tileRows);
}

/**
 * C[m,n] (+)= op(A)·op(B), with row strides in bytes. A is [m,k], or [k,m] if transA; B is [k,n], or [n,k] if transB.
 * The order of summation depends on k only: blocks of 256 steps, each summed in order.
 */
export function product(
  a: usize, lda: usize, transA: bool, b: usize, ldb: usize, transB: bool, c: usize, ldc: usize,
  m: i32, n: i32, k: i32, add: bool, scratch: usize,
): void {
  const edge = scratch + 4 * blockSteps * blockColumns;
  for (let j0 = 0; j0 < n; j0 += blockColumns) {
    const columns = min(blockColumns, n - j0);
    for (let p0 = 0; p0 < k; p0 += blockSteps) {
      const steps = min(blockSteps, k - p0);
      if (transB) packColumns(b + <usize>j0 * ldb + (<usize>p0 << 2), ldb, steps, columns, scratch);
      else packRows(b + <usize>p0 * ldb + (<usize>j0 << 2), ldb, steps, columns, scratch);
      const aBlock = transA ? a + <usize>p0 * lda : a + (<usize>p0 << 2);
      packedProduct(aBlock, lda, transA, scratch, <usize>steps << 5, c + (<usize>j0 << 2), ldc, m, columns, steps, add || p0 > 0, edge);
    }
  }
}

/** C[m,columns] (+)= op(A)·B over `steps` of a packed B whose panels are `panelBytes` apart. `edge`: scratch for one tile. */
export function packedProduct(
  a: usize, lda: usize, transA: bool, b: usize, panelBytes: usize, c: usize, ldc: usize, m: i32, columns: i32, steps: i32, add: bool, edge: usize,
): void {
  for (let i0 = 0; i0 < m; ) {
    // A last block shorter than two tiles joins the one before it.
    const i1 = m - i0 < blockRows + 2 * tileRows ? m : i0 + blockRows;
    for (let j = 0, panel = b; j < columns; j += 8, panel += panelBytes) {
      const cPanel = c + (<usize>j << 2);
      if (j + 8 <= columns) sweep(a, lda, transA, panel, steps, cPanel, ldc, i0, i1, add);
      else sweepEdge(a, lda, transA, panel, steps, cPanel, ldc, i0, i1, columns - j, add, edge);
    }
    i0 = i1;
  }
}

/** Rows [i0, i1) of one whole panel. */
function sweep(a: usize, lda: usize, transA: bool, panel: usize, steps: i32, c: usize, ldc: usize, i0: i32, i1: i32, add: bool): void {
  for (let i = i0; i < i1; ) {
    const rows = nextTile(i1 - i);
    const target = c + <usize>i * ldc;
    if (transA) tileByStep(rows, a + (<usize>i << 2), lda, panel, steps, target, ldc, add);
    else tileByRow(rows, a + <usize>i * lda, lda, panel, steps, target, ldc, add);
    i += rows;
  }
}

/** Rows [i0, i1) of the last panel, which has fewer than 8 columns: through a tile of scratch. */
function sweepEdge(
  a: usize, lda: usize, transA: bool, panel: usize, steps: i32, c: usize, ldc: usize, i0: i32, i1: i32, columns: i32, add: bool, edge: usize,
): void {
  for (let i = i0; i < i1; ) {
    const rows = nextTile(i1 - i);
    if (transA) tileByStep(rows, a + (<usize>i << 2), lda, panel, steps, edge, 32, false);
    else tileByRow(rows, a + <usize>i * lda, lda, panel, steps, edge, 32, false);
    for (let r = 0; r < rows; r++) {
      const source = edge + (<usize>r << 5), target = c + <usize>(i + r) * ldc;
      putUpTo(target, v128.load(source), columns, add);
      if (columns > 4) putUpTo(target + 16, v128.load(source, 16), columns - 4, add);
    }
    i += rows;
  }
}

/** a, b → c[m,n] = op(a)·op(b), all dense. */
export function matmul(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, transA: bool, transB: bool, add: bool, scratch: usize): void {
  product(a, <usize>(transA ? m : k) << 2, transA, b, <usize>(transB ? k : n) << 2, transB, c, <usize>n << 2, m, n, k, add, scratch);
}

/** a[R,k], w[E,n,k] → c[R,n] = a·wᵀ, each expert over its rows. */
export function groupedMatmulNT(a: usize, w: usize, starts: usize, c: usize, experts: i32, n: i32, k: i32, add: bool, scratch: usize): void {
  const lda = <usize>k << 2, ldc = <usize>n << 2;
  for (let e = 0; e < experts; e++, w += lda * n) {
    const first = load<i32>(starts + (<usize>e << 2)), rows = load<i32>(starts + (<usize>e << 2), 4) - first;
    if (rows > 0) product(a + lda * first, lda, false, w, lda, true, c + ldc * first, ldc, rows, n, k, add, scratch);
  }
}

/** a[R,k], w[E,k,n] → c[R,n] = a·w, each expert over its rows. */
export function groupedMatmulNN(a: usize, w: usize, starts: usize, c: usize, experts: i32, n: i32, k: i32, add: bool, scratch: usize): void {
  const lda = <usize>k << 2, ldc = <usize>n << 2;
  for (let e = 0; e < experts; e++, w += ldc * k) {
    const first = load<i32>(starts + (<usize>e << 2)), rows = load<i32>(starts + (<usize>e << 2), 4) - first;
    if (rows > 0) product(a + lda * first, lda, false, w, ldc, false, c + ldc * first, ldc, rows, n, k, add, scratch);
  }
}

/** a[R,n], b[R,k] → c[E,n,k] = aᵀ·b over each expert's rows; zeros for an expert without rows. */
export function groupedMatmulTN(a: usize, b: usize, starts: usize, c: usize, experts: i32, n: i32, k: i32, add: bool, scratch: usize): void {
  const lda = <usize>n << 2, ldb = <usize>k << 2;
  for (let e = 0; e < experts; e++, c += ldb * n) {
    const first = load<i32>(starts + (<usize>e << 2)), rows = load<i32>(starts + (<usize>e << 2), 4) - first;
    if (rows > 0) product(a + lda * first, lda, true, b + ldb * first, ldb, false, c, ldb, n, k, rows, add, scratch);
    else if (!add) clear(c, ldb * n);
  }
}
