import { clear, keepLanes, madd, put, putPart, storePart, sumLanes } from "./simd";

const zero = f32x4.splat(0);

/** x[rows,width], gain[width] → y = x·rstd·gain, rstd[rows] */
export function rmsNorm(x: usize, gain: usize, y: usize, rstd: usize, rows: i32, width: i32, eps: f32): void {
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const rest = width & 3;
  for (let r = 0; r < rows; r++, x += bytes, y += bytes, rstd += 4) {
    let sum = zero;
    for (let i: usize = 0; i < whole; i += 16) {
      const v = v128.load(x + i);
      sum = madd(v, v, sum);
    }
    if (rest) {
      const v = keepLanes(v128.load(x + whole), rest, zero);
      sum = madd(v, v, sum);
    }
    const scale: f32 = 1 / sqrt<f32>(sumLanes(sum) / <f32>width + eps);
    store<f32>(rstd, scale);
    const scales = f32x4.splat(scale);
    for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, f32x4.mul(f32x4.mul(v128.load(x + i), scales), v128.load(gain + i)));
    if (rest) storePart(y + whole, f32x4.mul(f32x4.mul(v128.load(x + whole), scales), v128.load(gain + whole)), rest);
  }
}

/** dy, x[rows,width], gain[width], rstd[rows] → dx = rstd·(g − x·rstd²·mean(g·x)), g = dy·gain */
export function rmsNormGradInput(dy: usize, x: usize, gain: usize, rstd: usize, dx: usize, rows: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const rest = width & 3;
  for (let r = 0; r < rows; r++, dy += bytes, x += bytes, dx += bytes, rstd += 4) {
    let sum = zero;
    for (let i: usize = 0; i < whole; i += 16) {
      sum = madd(f32x4.mul(v128.load(dy + i), v128.load(gain + i)), v128.load(x + i), sum);
    }
    if (rest) {
      const g = f32x4.mul(v128.load(dy + whole), v128.load(gain + whole));
      sum = f32x4.add(sum, keepLanes(f32x4.mul(g, v128.load(x + whole)), rest, zero));
    }
    const scale = load<f32>(rstd);
    const pull = f32x4.splat(-(scale * scale * scale) * (sumLanes(sum) / <f32>width));
    const scales = f32x4.splat(scale);
    for (let i: usize = 0; i < whole; i += 16) {
      const g = f32x4.mul(v128.load(dy + i), v128.load(gain + i));
      put(dx + i, madd(v128.load(x + i), pull, f32x4.mul(g, scales)), add);
    }
    if (rest) {
      const g = f32x4.mul(v128.load(dy + whole), v128.load(gain + whole));
      putPart(dx + whole, madd(v128.load(x + whole), pull, f32x4.mul(g, scales)), rest, add);
    }
  }
}

/** dy, x[rows,width], rstd[rows] → dGain[width] = Σ_rows dy·x·rstd, in order of rows */
export function rmsNormGradGain(dy: usize, x: usize, rstd: usize, dGain: usize, rows: i32, width: i32, add: bool): void {
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const rest = width & 3;
  if (!add) clear(dGain, bytes);
  for (let r = 0; r < rows; r++, dy += bytes, x += bytes, rstd += 4) {
    const scales = v128.load32_splat(rstd);
    for (let i: usize = 0; i < whole; i += 16) {
      v128.store(dGain + i, madd(f32x4.mul(v128.load(dy + i), scales), v128.load(x + i), v128.load(dGain + i)));
    }
    if (rest) putPart(dGain + whole, f32x4.mul(f32x4.mul(v128.load(dy + whole), scales), v128.load(x + whole)), rest, true);
  }
}
