import { row } from "./embedding";
import { clear, keepLanes, madd, maxLanes, put, putPart, putScalar, storePart, sumLanes } from "./simd";

/** Choice scores of four experts: s, s + bias or s·bias (form 0, 1, 2); what is no number becomes −∞ and loses, so that ids stay valid. */
// @ts-ignore: decorator
@inline
function choices4(s: usize, bias: usize, form: i32): v128 {
  let value = v128.load(s);
  if (form == 1) value = f32x4.add(value, v128.load(bias));
  if (form == 2) value = f32x4.mul(value, v128.load(bias));
  return v128.bitselect(value, f32x4.splat(-Infinity), f32x4.eq(value, value));
}

/** Index of the largest of `vectors`·4 values, the lowest of equal ones, and NaN in its place: what is taken is NaN. */
// @ts-ignore: decorator
@inline
function takeLargest(values: usize, vectors: i32): i32 {
  let top = f32x4.splat(-Infinity);
  for (let i = 0; i < vectors; i++) top = f32x4.pmax(top, v128.load(values + (<usize>i << 4)));
  top = f32x4.splat(maxLanes(top));
  let i = 0;
  let mask = 0;
  while (i < vectors - 1) {
    mask = i32x4.bitmask(f32x4.eq(top, v128.load(values + (<usize>i << 4))));
    if (mask) break;
    i++;
  }
  if (!mask) mask = i32x4.bitmask(f32x4.eq(top, v128.load(values + (<usize>i << 4))));
  const index = (i << 2) + ctz(mask);
  store<f32>(values + (<usize>index << 2), NaN);
  return index;
}

/** Sum of the `top` largest choices of a group, largest first. */
function groupScore(choices: usize, size: i32, top: i32): f32 {
  if (top != 2) return sumOfLargest(choices, size, top);
  let first: f32 = -Infinity, second: f32 = -Infinity;
  for (let i: usize = 0; i < <usize>size << 2; i += 4) {
    const value = load<f32>(choices + i);
    second = max(second, min(first, value));
    first = max(first, value);
  }
  return first + second;
}

/** Of equal values the one of lower index is the larger, so that each is taken once. */
function sumOfLargest(choices: usize, size: i32, top: i32): f32 {
  let sum: f32 = 0, last: f32 = Infinity;
  let taken = -1;
  for (let n = 0; n < top; n++) {
    let best: f32 = -Infinity;
    let index = -1;
    for (let i = 0; i < size; i++) {
      const value = load<f32>(choices + (<usize>i << 2));
      if (value > last || (value == last && i <= taken)) continue;
      if (index < 0 || value > best) {
        best = value;
        index = i;
      }
    }
    sum = n == 0 ? best : sum + best;
    last = best;
    taken = index;
  }
  return sum;
}

/** −∞ for every choice outside the topkGroup groups of the highest score. */
function limitGroups(choices: usize, groupScores: usize, nGroup: i32, size: i32, topkGroup: i32, groupTop: i32): void {
  const vectors = (nGroup + 3) >> 2;
  for (let g = nGroup; g < vectors << 2; g++) store<f32>(groupScores + (<usize>g << 2), NaN);
  for (let g = 0; g < nGroup; g++) store<f32>(groupScores + (<usize>g << 2), groupScore(choices + (<usize>(g * size) << 2), size, groupTop));
  for (let n = 0; n < topkGroup; n++) takeLargest(groupScores, vectors);
  for (let g = 0; g < nGroup; g++) {
    const score = load<f32>(groupScores + (<usize>g << 2));
    if (score == score) for (let e = g * size; e < (g + 1) * size; e++) store<f32>(choices + (<usize>e << 2), -Infinity);
  }
}

/** Bytes of scratch `topk` uses: choices and group scores in whole vectors. */
export function topkScratch(experts: i32, nGroup: i32): i32 {
  return ((experts + 3 & ~3) + (nGroup + 3 & ~3)) << 2;
}

/** s[rows,E] (, bias[E]) → idx i32[rows,K] ascending */
export function topk(
  s: usize, bias: usize, idx: usize, rows: i32, experts: i32, k: i32, nGroup: i32, topkGroup: i32, groupTop: i32, form: i32, scratch: usize,
): void {
  const vectors = (experts + 3) >> 2;
  const groupScores = scratch + (<usize>vectors << 4);
  for (let r = 0; r < rows; r++, s += <usize>experts << 2, idx += <usize>k << 2) {
    for (let at: usize = 0; at < <usize>vectors << 4; at += 16) v128.store(scratch + at, choices4(s + at, bias + at, form));
    for (let e = experts; e < vectors << 2; e++) store<f32>(scratch + (<usize>e << 2), NaN);
    if (nGroup > 1) limitGroups(scratch, groupScores, nGroup, experts / nGroup, topkGroup, groupTop);
    for (let n = 0; n < k; n++) {
      const expert = takeLargest(scratch, vectors);
      let place = idx + (<usize>n << 2);
      for (; place > idx && load<i32>(place - 4) > expert; place -= 4) store<i32>(place, load<i32>(place - 4));
      store<i32>(place, expert);
    }
  }
}

/** s[rows,E], idx → g[rows,K] = s[idx] (÷ (Σ + 1e-20) if normalise) · scale */
export function gates(s: usize, idx: usize, g: usize, rows: i32, experts: i32, k: i32, normalise: bool, scale: f32): void {
  for (let r = 0; r < rows; r++, s += <usize>experts << 2, idx += <usize>k << 2, g += <usize>k << 2) {
    let factor = scale;
    if (normalise) {
      let sum: f32 = 0;
      for (let i: usize = 0; i < <usize>k << 2; i += 4) sum += load<f32>(s + (<usize>load<i32>(idx + i) << 2));
      factor = scale / (sum + 1e-20);
    }
    for (let i: usize = 0; i < <usize>k << 2; i += 4) store<f32>(g + i, load<f32>(s + (<usize>load<i32>(idx + i) << 2)) * factor);
  }
}

/** s, idx, dg[rows,K] → ds[rows,E], zero for experts not chosen */
export function gatesGrad(s: usize, idx: usize, dg: usize, ds: usize, rows: i32, experts: i32, k: i32, normalise: bool, scale: f32, add: bool): void {
  const slots = <usize>k << 2;
  if (!add) clear(ds, (<usize>experts << 2) * rows);
  for (let r = 0; r < rows; r++, s += <usize>experts << 2, ds += <usize>experts << 2, idx += slots, dg += slots) {
    let factor = scale;
    let mean: f32 = 0;
    if (normalise) {
      let sum: f32 = 0, weighted: f32 = 0;
      for (let i: usize = 0; i < slots; i += 4) {
        const value = load<f32>(s + (<usize>load<i32>(idx + i) << 2));
        sum += value;
        weighted += value * load<f32>(dg + i);
      }
      sum += 1e-20;
      factor = scale / sum;
      mean = weighted / sum;
    }
    for (let i: usize = 0; i < slots; i += 4) putScalar(ds + (<usize>load<i32>(idx + i) << 2), (load<f32>(dg + i) - mean) * factor, true);
  }
}

/** idx i32[rows,K] → starts i32[E+1], rowOfSlot, slotOfRow i32[rows·K]: a counting sort of slots by expert. Scratch: E ints. */
export function dispatch(idx: usize, starts: usize, rowOfSlot: usize, slotOfRow: usize, slots: i32, experts: i32, scratch: usize): void {
  clear(starts, (<usize>experts + 1) << 2);
  for (let i: usize = 0; i < <usize>slots << 2; i += 4) {
    const count = starts + (<usize>load<i32>(idx + i) << 2);
    store<i32>(count, load<i32>(count, 4) + 1, 4);
  }
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) {
    const first = load<i32>(starts + e);
    store<i32>(scratch + e, first);
    store<i32>(starts + e, first + load<i32>(starts + e, 4), 4);
  }
  for (let slot = 0; slot < slots; slot++) {
    const next = scratch + (<usize>load<i32>(idx + (<usize>slot << 2)) << 2);
    const place = load<i32>(next);
    store<i32>(next, place + 1);
    store<i32>(rowOfSlot + (<usize>slot << 2), place);
    store<i32>(slotOfRow + (<usize>place << 2), slot);
  }
}

/** idx i32[rows,K] → load f32[groups,E]; `perGroup` = groupRows·K */
export function countLoad(idx: usize, counts: usize, groups: i32, perGroup: i32, experts: i32, add: bool): void {
  if (!add) clear(counts, (<usize>experts << 2) * groups);
  for (let g = 0; g < groups; g++, counts += <usize>experts << 2) {
    for (let i = 0; i < perGroup; i++, idx += 4) putScalar(counts + (<usize>load<i32>(idx) << 2), 1, true);
  }
}

/** x[rows,width], slotOfRow → y[R,width], y[r] = x[⌊slotOfRow[r]/K⌋] */
export function gatherRows(x: usize, slotOfRow: usize, y: usize, routed: i32, k: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < routed; r++, y += bytes, slotOfRow += 4) row(x + bytes * (load<i32>(slotOfRow) / k), y, width, false);
}

/** dy[R,width], rowOfSlot → dx[rows,width] = Σ_k dy[rowOfSlot[t·K+k]], in slot order */
export function gatherRowsGrad(dy: usize, rowOfSlot: usize, dx: usize, rows: i32, k: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  for (let t = 0; t < rows; t++, dx += bytes) {
    for (let i = 0; i < k; i++, rowOfSlot += 4) row(dy + bytes * load<i32>(rowOfSlot), dx, width, add || i > 0);
  }
}

/** z[R,width], g[rows,K], rowOfSlot → y[rows,width] = Σ_k g·z[rowOfSlot[t·K+k]], in slot order */
export function combine(z: usize, g: usize, rowOfSlot: usize, y: usize, rows: i32, k: i32, width: i32): void {
  const bytes = <usize>width << 2, whole = bytes & ~15;
  for (let t = 0; t < rows; t++, y += bytes) {
    for (let i = 0; i < k; i++, rowOfSlot += 4, g += 4) {
      const source = z + bytes * load<i32>(rowOfSlot);
      const gate = v128.load32_splat(g);
      const more = i > 0;
      for (let c: usize = 0; c < whole; c += 16) put(y + c, f32x4.mul(gate, v128.load(source + c)), more);
      if (width & 3) putPart(y + whole, f32x4.mul(gate, v128.load(source + whole)), width & 3, more);
    }
  }
}

/** dy[rows,width], z, g, rowOfSlot → dz[R,width] = g·dy, dg[rows,K] = dy·z */
export function combineGrad(dy: usize, z: usize, g: usize, rowOfSlot: usize, dz: usize, dg: usize, rows: i32, k: i32, width: i32): void {
  const bytes = <usize>width << 2, whole = bytes & ~15;
  const zero = f32x4.splat(0);
  for (let t = 0; t < rows; t++, dy += bytes) {
    for (let i = 0; i < k; i++, rowOfSlot += 4, g += 4, dg += 4) {
      const at = bytes * load<i32>(rowOfSlot);
      const gate = v128.load32_splat(g);
      let dot = zero;
      for (let c: usize = 0; c < whole; c += 16) {
        const d = v128.load(dy + c);
        dot = madd(d, v128.load(z + at + c), dot);
        v128.store(dz + at + c, f32x4.mul(gate, d));
      }
      if (width & 3) {
        const d = v128.load(dy + whole);
        dot = f32x4.add(dot, keepLanes(f32x4.mul(d, v128.load(z + at + whole)), width & 3, zero));
        storePart(dz + at + whole, f32x4.mul(gate, d), width & 3);
      }
      store<f32>(dg, sumLanes(dot));
    }
  }
}
