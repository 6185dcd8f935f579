import { clearBehind, scoreStride } from "./attention";
import { exp8 } from "./exp";
import { packedProduct } from "./matmul";
import { packColumns, packRows, padded } from "./pack";
import { clear, keepLanes, madd, sumLanes } from "./simd";
import { nextTile, tileRows } from "./tile";

/** Query rows whose probabilities are held at once. */
const blockQueries: i32 = 128;

/** Bytes of scratch `attentionGrad` uses. */
export function attentionGradScratch(seqLen: i32, qkDim: i32, vDim: i32): i32 {
  const queries = min(seqLen, blockQueries);
  const keys = padded(seqLen) * (qkDim + vDim) + seqLen * padded(qkDim);
  return (keys + queries * (padded(qkDim) + padded(vDim) + 2 * scoreStride(seqLen)) + 8 * tileRows) << 2;
}

/**
 * q, k, v, o, lse, do → dq, dk, dv, delta[T,H]. Per head and block of 128 queries: P and dS are rebuilt tile by tile
 * from q·kᵀ, lse and do·vᵀ (dS = P∘(do·vᵀ − delta)·scale), giving dq at once; then dk += dSᵀ·q and dv += Pᵀ·do over
 * the block, each tile of keys starting at its diagonal.
 */
export function attentionGrad(
  q: usize, k: usize, v: usize, o: usize, lse: usize, dO: usize, dq: usize, dk: usize, dv: usize, delta: usize,
  batch: i32, seqLen: i32, heads: i32, kvHeads: i32, qkDim: i32, vDim: i32, scale: f32,
  scratch: usize,
): void {
  const ldq = <usize>(heads * qkDim) << 2, ldk = <usize>(kvHeads * qkDim) << 2;
  const ldo = <usize>(heads * vDim) << 2, ldv = <usize>(kvHeads * vDim) << 2, ldl = <usize>heads << 2;
  const queries = min(seqLen, blockQueries);
  const stride = <usize>scoreStride(seqLen) << 2;
  const keyColumns = scratch, keyRows = keyColumns + (<usize>(padded(seqLen) * qkDim) << 2);
  const valueColumns = keyRows + (<usize>(seqLen * padded(qkDim)) << 2);
  const queryRows = valueColumns + (<usize>(padded(seqLen) * vDim) << 2);
  const gradRows = queryRows + (<usize>(queries * padded(qkDim)) << 2);
  const probabilities = gradRows + (<usize>(queries * padded(vDim)) << 2);
  const slopes = probabilities + stride * queries, edge = slopes + stride * queries;
  const group = heads / kvHeads;
  clear(dk, ldk * seqLen * batch);
  clear(dv, ldv * seqLen * batch);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const qkAt = <usize>(h * qkDim) << 2, vAt = <usize>(h * vDim) << 2;
      const kvK = <usize>(h / group * qkDim) << 2, kvV = <usize>(h / group * vDim) << 2;
      if (h % group == 0) {
        packColumns(k + kvK, ldk, qkDim, seqLen, keyColumns);
        packRows(k + kvK, ldk, seqLen, qkDim, keyRows);
        packColumns(v + kvV, ldv, vDim, seqLen, valueColumns);
      }
      for (let first = 0; first < seqLen; first += blockQueries) {
        const last = min(first + blockQueries, seqLen), steps = last - first;
        packRows(q + qkAt + ldq * first, ldq, steps, qkDim, queryRows);
        packRows(dO + vAt + ldo * first, ldo, steps, vDim, gradRows);
        for (let i = first; i < last; ) {
          const rows = nextTile(last - i), seen = i + rows;
          const p = probabilities + stride * (i - first), ds = slopes + stride * (i - first);
          packedProduct(q + qkAt + ldq * i, ldq, false, keyColumns, <usize>qkDim << 5, p, stride, rows, padded(seen), qkDim, false, edge);
          packedProduct(dO + vAt + ldo * i, ldo, false, valueColumns, <usize>vDim << 5, ds, stride, rows, padded(seen), vDim, false, edge);
          for (let r = 0; r < rows; r++) {
            const t = i + r, at = ldl * t + (<usize>h << 2);
            const d = dot(dO + vAt + ldo * t, o + vAt + ldo * t, vDim);
            store<f32>(delta + at, d);
            gradRow(p + stride * r, ds + stride * r, t + 1, scale, load<f32>(lse + at), d);
          }
          packedProduct(ds, stride, false, keyRows, <usize>seqLen << 5, dq + qkAt + ldq * i, ldq, rows, qkDim, seen, false, edge);
          i = seen;
        }
        for (let j = 0; j < last; ) {
          const rows = nextTile(last - j);
          const start = max(first, j), skipped = <usize>(start - first), column = stride * skipped + (<usize>j << 2);
          packedProduct(slopes + column, stride, true, queryRows + (skipped << 5), <usize>steps << 5, dk + kvK + ldk * j, ldk, rows, qkDim, last - start, true, edge);
          packedProduct(probabilities + column, stride, true, gradRows + (skipped << 5), <usize>steps << 5, dv + kvV + ldv * j, ldv, rows, vDim, last - start, true, edge);
          j += rows;
        }
      }
    }
    q += ldq * seqLen; dq += ldq * seqLen;
    k += ldk * seqLen; dk += ldk * seqLen;
    v += ldv * seqLen; dv += ldv * seqLen;
    o += ldo * seqLen; dO += ldo * seqLen;
    lse += ldl * seqLen; delta += ldl * seqLen;
  }
}

/** Raw scores in p and do·v in ds, `count` each, become P and dS; zeros follow. */
function gradRow(p: usize, ds: usize, count: i32, scale: f32, lse: f32, delta: f32): void {
  const scales = f32x4.splat(scale), lses = f32x4.splat(lse), deltas = f32x4.splat(delta);
  const bytes = <usize>count << 2;
  for (let j: usize = 0; j < bytes; j += 32) {
    exp8(f32x4.sub(f32x4.mul(v128.load(p + j), scales), lses), f32x4.sub(f32x4.mul(v128.load(p + j, 16), scales), lses), p + j);
    v128.store(ds + j, f32x4.mul(f32x4.mul(v128.load(p + j), scales), f32x4.sub(v128.load(ds + j), deltas)));
    v128.store(ds + j, f32x4.mul(f32x4.mul(v128.load(p + j, 16), scales), f32x4.sub(v128.load(ds + j, 16), deltas)), 16);
  }
  clearBehind(p, count);
  clearBehind(ds, count);
}

function dot(a: usize, b: usize, width: i32): f32 {
  const whole = <usize>(width & ~3) << 2, rest = width & 3;
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < whole; i += 16) sum = madd(v128.load(a + i), v128.load(b + i), sum);
  if (rest) sum = f32x4.add(sum, keepLanes(f32x4.mul(v128.load(a + whole), v128.load(b + whole)), rest, f32x4.splat(0)));
  return sumLanes(sum);
}
