import { keepLanes, madd, storePart, sumLanes } from "./simd";

/** Elements summed in f32 before the partial sum joins an f64: bounds the rounding error for any length. */
const chunk: i32 = 4096;

/** gradients → norm[1] = ‖g·gradScale‖, scale[1] = gradScale·min(1, clipNorm/norm), 0 when the norm is not finite */
export function clipScale(gradients: usize, norm: usize, scale: usize, length: i32, clipNorm: f32, gradScale: f32): void {
  let total: f64 = 0;
  for (let done = 0; done < length; done += chunk, gradients += <usize>chunk << 2) {
    const count = min(chunk, length - done);
    const whole = <usize>(count & ~3) << 2, rest = count & 3;
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < whole; i += 16) {
      const g = v128.load(gradients + i);
      sum = madd(g, g, sum);
    }
    if (rest) {
      const g = keepLanes(v128.load(gradients + whole), rest, f32x4.splat(0));
      sum = madd(g, g, sum);
    }
    total += <f64>sumLanes(sum);
  }
  const value = <f32>(sqrt<f64>(total) * <f64>gradScale);
  store<f32>(norm, value);
  store<f32>(scale, isFinite(value) ? gradScale * min<f32>(1, clipNorm / value) : 0);
}

/** param, grad, m, v in place; decay on this range is `decay`. The correction is folded in: p −= lr·(m/c1/(√(v/c2) + eps) + decay·p). */
export function adamw(
  param: usize, grad: usize, m: usize, v: usize, length: i32, scale: f32, lr: f32, correction1: f32, correction2: f32, beta1: f32, beta2: f32, eps: f32, decay: f32,
): void {
  if (scale == 0) return;
  const scales = f32x4.splat(scale), beta1s = f32x4.splat(beta1), beta2s = f32x4.splat(beta2);
  const rest1 = f32x4.splat(1 - beta1), rest2 = f32x4.splat(1 - beta2);
  const inverse2 = f32x4.splat(1 / correction2), epss = f32x4.splat(eps);
  const step = f32x4.splat(-lr / correction1), keep = f32x4.splat(1 - lr * decay);
  for (let i = 0; i < length; i += 4, param += 16, grad += 16, m += 16, v += 16) {
    const g = f32x4.mul(v128.load(grad), scales);
    const newM = madd(beta1s, v128.load(m), f32x4.mul(rest1, g));
    const newV = madd(beta2s, v128.load(v), f32x4.mul(f32x4.mul(rest2, g), g));
    const direction = f32x4.div(newM, f32x4.add(f32x4.sqrt(f32x4.mul(newV, inverse2)), epss));
    const newParam = madd(step, direction, f32x4.mul(keep, v128.load(param)));
    if (length - i >= 4) {
      v128.store(m, newM);
      v128.store(v, newV);
      v128.store(param, newParam);
    } else {
      storePart(m, newM, length - i);
      storePart(v, newV, length - i);
      storePart(param, newParam, length - i);
    }
  }
}

/** bias[E] += gamma/groups · Σ_groups rule(mean − load) for load[groups,E]; rule: the sign, or the magnitude over the mean */
export function biasUpdate(bias: usize, loads: usize, scale: f32, experts: i32, groups: i32, magnitude: bool, gamma: f32): void {
  if (scale == 0) return;
  const bytes = <usize>experts << 2;
  const rate = gamma / <f32>groups;
  for (let g = 0; g < groups; g++, loads += bytes) {
    let sum: f32 = 0;
    for (let e: usize = 0; e < bytes; e += 4) sum += load<f32>(loads + e);
    const mean = sum / <f32>experts;
    for (let e: usize = 0; e < bytes; e += 4) {
      const gap = mean - load<f32>(loads + e);
      const rule: f32 = magnitude ? gap / mean : gap > 0 ? 1 : gap < 0 ? -1 : 0;
      store<f32>(bias + e, load<f32>(bias + e) + rate * rule);
    }
  }
}
