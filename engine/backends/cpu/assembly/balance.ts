import { clear, putScalar } from "./simd";

/**
 * s[rows,E], idx → loss[1], f[groups,E] (V3 Eq. 17-20 per group of groupRows rows): f = E/(K·groupRows)·count,
 * P = mean of s/Σs, loss = alpha·mean over groups of Σ f·P. Scratch: E floats.
 */
export function balanceLoss(
  s: usize, idx: usize, loss: usize, f: usize, rows: i32, experts: i32, k: i32, groupRows: i32, alpha: f32, add: bool, scratch: usize,
): void {
  const bytes = <usize>experts << 2;
  const groups = rows / groupRows;
  const perCount = <f32>experts / <f32>(k * groupRows);
  let total: f64 = 0;
  for (let g = 0; g < groups; g++, f += bytes) {
    clear(f, bytes);
    clear(scratch, bytes);
    for (let r = 0; r < groupRows; r++, s += bytes) {
      for (let i = 0; i < k; i++, idx += 4) putScalar(f + (<usize>load<i32>(idx) << 2), perCount, true);
      const inverse: f32 = 1 / rowSum(s, experts);
      for (let e: usize = 0; e < bytes; e += 4) putScalar(scratch + e, load<f32>(s + e) * inverse, true);
    }
    for (let e: usize = 0; e < bytes; e += 4) total += <f64>load<f32>(f + e) * <f64>load<f32>(scratch + e);
  }
  putScalar(loss, <f32>(<f64>alpha * total / <f64>rows), add);
}

/** s, f → ds = alpha/rows · (f_i − Σ_j f_j s_j/Σs)/Σs */
export function balanceLossGrad(s: usize, f: usize, ds: usize, rows: i32, experts: i32, groupRows: i32, alpha: f32, add: bool): void {
  const bytes = <usize>experts << 2;
  for (let r = 0, inGroup = 0; r < rows; r++, s += bytes, ds += bytes) {
    let weighted: f32 = 0;
    for (let e: usize = 0; e < bytes; e += 4) weighted += load<f32>(f + e) * load<f32>(s + e);
    const inverse: f32 = 1 / rowSum(s, experts);
    const centre = weighted * inverse, factor = alpha / <f32>rows * inverse;
    for (let e: usize = 0; e < bytes; e += 4) putScalar(ds + e, factor * (load<f32>(f + e) - centre), add);
    if (++inGroup == groupRows) {
      inGroup = 0;
      f += bytes;
    }
  }
}

// @ts-ignore: decorator
@inline
function rowSum(x: usize, width: i32): f32 {
  let sum: f32 = 0;
  for (let i: usize = 0; i < <usize>width << 2; i += 4) sum += load<f32>(x + i);
  return sum;
}
