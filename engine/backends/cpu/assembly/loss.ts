import { eight, exp4, exp8 } from "./exp";
import { keepLanes, maxLanes, put, putScalar, putUpTo, sumLanes } from "./simd";

const zero = f32x4.splat(0);

/** Largest of x[width]; NaN is ignored here and surfaces in the sum. */
function rowMax(x: usize, width: i32): f32 {
  const whole = <usize>(width & ~3) << 2, rest = width & 3;
  const lowest = f32x4.splat(-Infinity);
  let top = lowest;
  for (let i: usize = 0; i < whole; i += 16) top = f32x4.pmax(top, v128.load(x + i));
  if (rest) top = f32x4.pmax(top, keepLanes(v128.load(x + whole), rest, lowest));
  return maxLanes(top);
}

/** log Σ exp(x − max) + max */
function logSumExp(x: usize, width: i32, max: f32): f32 {
  const maxes = f32x4.splat(max);
  let sum = zero;
  let i = 0;
  for (; i + 8 <= width; i += 8, x += 32) {
    exp8(f32x4.sub(v128.load(x), maxes), f32x4.sub(v128.load(x, 16), maxes), eight);
    sum = f32x4.add(sum, f32x4.add(v128.load(eight), v128.load(eight, 16)));
  }
  for (; i < width; i += 4, x += 16) sum = f32x4.add(sum, keepLanes(exp4(f32x4.sub(v128.load(x), maxes)), min(4, width - i), zero));
  return max + Mathf.log(sumLanes(sum));
}

/** Index of the first element equal to `value`; 0 when there is none (NaN). */
function firstEqual(x: usize, width: i32, value: f32): i32 {
  const values = f32x4.splat(value);
  for (let i = 0; i < width; i += 4) {
    const mask = i32x4.bitmask(f32x4.eq(v128.load(x + (<usize>i << 2)), values));
    if (mask) {
      const at = i + ctz(mask);
      return at < width ? at : 0;
    }
  }
  return 0;
}

/** logits[rows,V], targets → nll[rows], lse[rows], argmax i32[rows] */
export function crossEntropy(
  logits: usize, targets: usize, nll: usize, lse: usize, argmax: usize, rows: i32, vocab: i32, seqLen: i32, targetLen: i32, targetOffset: i32,
): void {
  targets += <usize>targetOffset << 2;
  for (let r = 0, position = 0; r < rows; r++, logits += <usize>vocab << 2) {
    const max = rowMax(logits, vocab);
    const total = logSumExp(logits, vocab, max);
    const target = load<i32>(targets + (<usize>position << 2));
    const at = <usize>r << 2;
    store<f32>(nll + at, total - load<f32>(logits + (<usize>target << 2)));
    store<f32>(lse + at, total);
    store<i32>(argmax + at, firstEqual(logits, vocab, max));
    if (++position == seqLen) {
      position = 0;
      targets += <usize>targetLen << 2;
    }
  }
}

/** logits, targets, lse → dlogits = (softmax − onehot)·factor */
export function crossEntropyGrad(
  logits: usize, targets: usize, lse: usize, dlogits: usize, rows: i32, vocab: i32, seqLen: i32, targetLen: i32, targetOffset: i32, factor: f32,
): void {
  targets += <usize>targetOffset << 2;
  for (let r = 0, position = 0; r < rows; r++, logits += <usize>vocab << 2, dlogits += <usize>vocab << 2, lse += 4) {
    scaledSoftmax(logits, dlogits, vocab, load<f32>(lse), factor, false);
    putScalar(dlogits + (<usize>load<i32>(targets + (<usize>position << 2)) << 2), -factor, true);
    if (++position == seqLen) {
      position = 0;
      targets += <usize>targetLen << 2;
    }
  }
}

/** Σ min(softmax, softmax) of two rows of logits: one exponential of the smaller logarithm each */
function overlapOfRows(a: usize, b: usize, width: i32, aLse: f32, bLse: f32): f32 {
  const aLses = f32x4.splat(aLse), bLses = f32x4.splat(bLse);
  let sum = zero;
  let i = 0;
  for (; i + 8 <= width; i += 8, a += 32, b += 32) {
    exp8(
      f32x4.min(f32x4.sub(v128.load(a), aLses), f32x4.sub(v128.load(b), bLses)),
      f32x4.min(f32x4.sub(v128.load(a, 16), aLses), f32x4.sub(v128.load(b, 16), bLses)),
      eight,
    );
    sum = f32x4.add(sum, f32x4.add(v128.load(eight), v128.load(eight, 16)));
  }
  for (; i < width; i += 4, a += 16, b += 16) {
    const smaller = f32x4.min(f32x4.sub(v128.load(a), aLses), f32x4.sub(v128.load(b), bLses));
    sum = f32x4.add(sum, keepLanes(exp4(smaller), min(4, width - i), zero));
  }
  return sumLanes(sum);
}

/** ahead[rows,V], lse[rows], main[·,V], lse[·] → overlap[rows] */
export function overlap(
  ahead: usize, aheadLse: usize, main: usize, mainLse: usize, out: usize, rows: i32, vocab: i32, seqLen: i32, mainLen: i32, mainOffset: i32,
): void {
  const row = <usize>vocab << 2, skipped = <usize>(mainLen - seqLen);
  main += row * <usize>mainOffset;
  mainLse += <usize>mainOffset << 2;
  for (let r = 0, position = 0; r < rows; r++, ahead += row, main += row, aheadLse += 4, mainLse += 4, out += 4) {
    if (position++ == seqLen) {
      position = 1;
      main += row * skipped;
      mainLse += skipped << 2;
    }
    store<f32>(out, overlapOfRows(ahead, main, vocab, load<f32>(aheadLse), load<f32>(mainLse)));
  }
}

/** y (+)= factor·exp(x − lse) */
function scaledSoftmax(x: usize, y: usize, width: i32, lse: f32, factor: f32, add: bool): void {
  const lses = f32x4.splat(lse), factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 8 <= width; i += 8, x += 32, y += 32) {
    exp8(f32x4.sub(v128.load(x), lses), f32x4.sub(v128.load(x, 16), lses), eight);
    put(y, f32x4.mul(factors, v128.load(eight)), add);
    put(y + 16, f32x4.mul(factors, v128.load(eight, 16)), add);
  }
  for (; i < width; i += 4, x += 16, y += 16) putUpTo(y, f32x4.mul(factors, exp4(f32x4.sub(v128.load(x), lses))), width - i, add);
}

/** logits[rows,E] → loss[1] = coefficient · mean (logsumexp)² */
export function zLoss(logits: usize, loss: usize, rows: i32, experts: i32, coefficient: f32, add: bool): void {
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++, logits += <usize>experts << 2) {
    const lse = <f64>logSumExp(logits, experts, rowMax(logits, experts));
    sum += lse * lse;
  }
  putScalar(loss, <f32>(<f64>coefficient * sum / <f64>rows), add);
}

/** logits → dlogits = coefficient·2·lse·softmax/rows */
export function zLossGrad(logits: usize, dlogits: usize, rows: i32, experts: i32, coefficient: f32, add: bool): void {
  for (let r = 0; r < rows; r++, logits += <usize>experts << 2, dlogits += <usize>experts << 2) {
    const lse = logSumExp(logits, experts, rowMax(logits, experts));
    scaledSoftmax(logits, dlogits, experts, lse, coefficient * 2 * lse / <f32>rows, add);
  }
}

/** x[length] → mean[1] */
export function mean(x: usize, out: usize, length: i32, add: bool): void {
  let sum: f64 = 0;
  for (let i: usize = 0; i < <usize>length << 2; i += 4) sum += <f64>load<f32>(x + i);
  putScalar(out, <f32>(sum / <f64>length), add);
}
