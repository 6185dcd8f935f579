import { exp8 } from "./exp";
import { packedProduct } from "./matmul";
import { packColumns, packRows, padded } from "./pack";
import { keepLanes, maxLanes, storePart, sumLanes } from "./simd";
import { nextTile, tileRows } from "./tile";

/** Floats from row to row of a block of scores: whole panels, and room to write zeros behind the diagonal. */
// @ts-ignore: decorator
@inline
export function scoreStride(seqLen: i32): i32 {
  return padded(seqLen) + 8;
}

/** Zeros behind the first `count` of a row of scores, as far as a tile that crosses the diagonal may look (7 columns). */
// @ts-ignore: decorator
@inline
export function clearBehind(row: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let end = row + (<usize>(count & ~3) << 2);
  if (count & 3) {
    v128.store(end, keepLanes(v128.load(end), count & 3, zero));
    end += 16;
  }
  v128.store(end, zero);
  v128.store(end, zero, 16);
}

/** Bytes of scratch `attention` uses. */
export function attentionScratch(seqLen: i32, qkDim: i32, vDim: i32): i32 {
  return (padded(seqLen) * qkDim + seqLen * padded(vDim) + tileRows * scoreStride(seqLen) + 9 * tileRows) << 2;
}

/**
 * q[T,H·qkDim], k[T,kvHeads·qkDim], v[T,kvHeads·vDim] → o[T,H·vDim], lse[T,H]; causal within each sequence.
 * Per key head, K and V are packed once; then each tile of query rows makes its scores up to the diagonal, their
 * softmax and its output before the next, so scores never leave the cache.
 */
export function attention(
  q: usize, k: usize, v: usize, o: usize, lse: usize,
  batch: i32, seqLen: i32, heads: i32, kvHeads: i32, qkDim: i32, vDim: i32, scale: f32, scratch: usize,
): void {
  const ldq = <usize>(heads * qkDim) << 2, ldk = <usize>(kvHeads * qkDim) << 2;
  const ldo = <usize>(heads * vDim) << 2, ldv = <usize>(kvHeads * vDim) << 2, ldl = <usize>heads << 2;
  const stride = <usize>scoreStride(seqLen) << 2;
  const keys = scratch, values = keys + (<usize>(padded(seqLen) * qkDim) << 2);
  const scores = values + (<usize>(seqLen * padded(vDim)) << 2), edge = scores + stride * tileRows, inverses = edge + 32 * tileRows;
  const group = heads / kvHeads;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const kvHead = h / group;
      if (h % group == 0) {
        packColumns(k + (<usize>(kvHead * qkDim) << 2), ldk, qkDim, seqLen, keys);
        packRows(v + (<usize>(kvHead * vDim) << 2), ldv, seqLen, vDim, values);
      }
      const qHead = q + (<usize>(h * qkDim) << 2), oHead = o + (<usize>(h * vDim) << 2), lseHead = lse + (<usize>h << 2);
      for (let i = 0; i < seqLen; ) {
        const rows = nextTile(seqLen - i);
        const seen = i + rows;
        packedProduct(qHead + ldq * i, ldq, false, keys, <usize>qkDim << 5, scores, stride, rows, padded(seen), qkDim, false, edge);
        for (let r = 0; r < rows; r++) softmaxRow(scores + stride * r, i + r + 1, scale, lseHead + ldl * (i + r), inverses + (<usize>r << 2));
        packedProduct(scores, stride, false, values, <usize>seqLen << 5, oHead + ldo * i, ldo, rows, vDim, seen, false, edge);
        for (let r = 0; r < rows; r++) scaleRow(oHead + ldo * (i + r), vDim, load<f32>(inverses + (<usize>r << 2)));
        i = seen;
      }
    }
    q += ldq * seqLen;
    k += ldk * seqLen;
    v += ldv * seqLen;
    o += ldo * seqLen;
    lse += ldl * seqLen;
  }
}

/** Raw scores, `count` of them, become exp(scale·score − max) with zeros behind; also log Σ exp(scale·score), and 1/Σ for the output. */
function softmaxRow(row: usize, count: i32, scale: f32, lse: usize, inverse: usize): void {
  const scales = f32x4.splat(scale), lowest = f32x4.splat(-Infinity);
  const whole = <usize>(count & ~3) << 2, rest = count & 3;
  let top = lowest;
  for (let j: usize = 0; j < whole; j += 16) top = f32x4.pmax(top, f32x4.mul(v128.load(row + j), scales));
  if (rest) top = f32x4.pmax(top, keepLanes(f32x4.mul(v128.load(row + whole), scales), rest, lowest));
  const max = maxLanes(top);
  const maxes = f32x4.splat(max);
  const end = row + (<usize>count << 2);
  for (let j = row; j < end; j += 32) {
    exp8(f32x4.sub(f32x4.mul(v128.load(j), scales), maxes), f32x4.sub(f32x4.mul(v128.load(j, 16), scales), maxes), j);
  }
  clearBehind(row, count);
  let sum0 = f32x4.splat(0), sum1 = sum0;
  for (let j = row; j < end; j += 32) {
    sum0 = f32x4.add(sum0, v128.load(j));
    sum1 = f32x4.add(sum1, v128.load(j, 16));
  }
  const sum = sumLanes(f32x4.add(sum0, sum1));
  store<f32>(lse, max + Mathf.log(sum));
  store<f32>(inverse, 1 / sum);
}

// @ts-ignore: decorator
@inline
function scaleRow(row: usize, width: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const whole = <usize>(width & ~3) << 2;
  for (let j: usize = 0; j < whole; j += 16) v128.store(row + j, f32x4.mul(v128.load(row + j), factors));
  if (width & 3) storePart(row + whole, f32x4.mul(v128.load(row + whole), factors), width & 3);
}
