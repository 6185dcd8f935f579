import { createRandom } from "./random.ts";

/** Step of the central difference. Its truncation error is h²/6·f‴ ≈ 2e-11·f‴, its rounding error about u·|f|/h. */
const h = 1e-5;
/** Relative room for truncation: third derivatives along one input up to 1e4 times its gradient. */
const truncation = 1e-6;
/** Evaluating f sums terms of total size |f| with a few roundings each. */
const roundoff = (size: number) => (8 * 2 ** -53 * size) / h;
/** Elements tested one by one; all together are tested along random directions. */
const sampled = 12;
const directions = 2;

/** A scalar and the sum of the absolute values it was added up from. */
export interface Evaluation {
  value: number;
  size: number;
}

/**
 * Throws unless `gradient` is df/dx in float64: at a sample of elements and along random directions, which no wrong element escapes.
 * `f` reads `x`, which is changed in place and restored.
 */
export function expectGradient(name: string, f: () => Evaluation, x: Float64Array, gradient: Float64Array, seed: number): void {
  if (gradient.length !== x.length) throw new Error(`d${name} has ${gradient.length} elements, ${name} has ${x.length}`);
  const random = createRandom(seed);
  const { size } = f();
  const check = (direction: Float64Array, allowed: number, where: string) => {
    const expected = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
    const found = derivativeAlong(f, x, direction);
    if (Math.abs(found - expected) <= truncation * allowed + roundoff(size)) return;
    throw new Error(`d${name} ${where}: ${expected}, by finite differences ${found}`);
  };
  const elements = x.length <= sampled ? [...x.keys()] : random.ints(sampled, x.length);
  const largest = gradient.reduce((top, g) => Math.max(top, Math.abs(g)), 0);
  for (const i of elements) check(new Float64Array(x.length).fill(1, i, i + 1), largest, `at element ${i}`);
  const norm = Math.hypot(...gradient);
  for (let d = 0; d < directions; d++) check(Float64Array.from(random.normal(x.length)), norm, "along a random direction");
}

function derivativeAlong(f: () => Evaluation, x: Float64Array, direction: Float64Array): number {
  const origin = x.slice();
  const at = (t: number) => {
    for (let i = 0; i < x.length; i++) x[i] = origin[i] + t * direction[i];
    return f().value;
  };
  const difference = (at(h) - at(-h)) / (2 * h);
  x.set(origin);
  return difference;
}
