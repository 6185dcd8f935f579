import type { Backend } from "../../engine/backends/backend.ts";
import type { OpCase } from "./cases/op-case.ts";
import { runCase } from "./harness.ts";

/** Unit roundoff of f32. */
const u = 2 ** -24;

/**
 * How far f32 may be from float64 on equal inputs. An element that sums n signed terms of size 1 has size √n, and its rounding
 * error in any order of summation is below λ·√n·u·Σ|terms| with probability 1 − 2·exp(−λ²/2) (Higham & Mary, SIAM J. Sci. Comput. 41, 2019).
 * With normal factors Σ|terms| ≈ (2/π)·n, so relative to the element the error is below λ·√n·u·(2/π)·√n ≈ 2·n·u at λ = 3, and 4·n·u for the worst element of
 * a large tensor (λ = 6). A positive sum has no cancellation and is safer. Products, exp, log, sqrt and division join n as the roundings they stand for
 * (8 for a transcendental function: 2 to 4 units in the last place and the error it passes on).
 */
export const tolerance = (roundings: number): { normalised: number; worst: number } => ({
  normalised: 2 * roundings * u,
  worst: 4 * roundings * u,
});

/** Runs the case on both and throws unless indices are equal and floats within tolerance; `expected` is the exact side. */
export async function expectAgree(actual: Backend, expected: Backend, opCase: OpCase, seed: number): Promise<void> {
  const [got, wanted] = [await runCase(actual, opCase, seed), await runCase(expected, opCase, seed)];
  compareOutputs(got, wanted, opCase, seed);
}

export function compareOutputs(got: Float64Array[], wanted: Float64Array[], opCase: OpCase, seed: number): void {
  opCase.outputs.forEach(({ dtype, shape }, i) => {
    const difference = differenceOf(got[i], wanted[i], opCase.magnitude[i]);
    const allowed = dtype === "i32" ? { normalised: 0, worst: 0 } : tolerance(opCase.roundings[i]);
    if (difference.normalised <= allowed.normalised && difference.worst <= allowed.worst) return;
    const at = difference.at;
    throw new Error(
      `${opCase.label} seed ${seed}: output ${i} [${shape}] is off by ${difference.normalised.toExponential(2)} (norm, allowed ${allowed.normalised.toExponential(2)}), ` +
        `${difference.worst.toExponential(2)} (worst element, allowed ${allowed.worst.toExponential(2)}), worst at [${position(at, shape)}]: ${got[i][at]} instead of ${wanted[i][at]}`,
    );
  });
}

/** ‖a − b‖/‖b‖ and max|a − b|/max|b|, neither norm taken below what elements of size `magnitude` would have. Two non-finite elements agree (which of them overflow gives depends on the precision); one is infinitely far. */
export function differenceOf(a: Float64Array, b: Float64Array, magnitude = 0): { normalised: number; worst: number; at: number } {
  let [squares, norm, worst, top, at] = [0, 0, 0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    const apart = !Number.isFinite(a[i]) && !Number.isFinite(b[i]) ? 0 : Math.abs(a[i] - b[i]);
    const distance = Number.isNaN(apart) ? Infinity : apart;
    if (distance > worst) [worst, at] = [distance, i];
    squares += distance ** 2;
    if (!Number.isFinite(b[i])) continue;
    norm += b[i] ** 2;
    top = Math.max(top, Math.abs(b[i]));
  }
  const relative = (error: number, size: number) => (error === 0 ? 0 : error / size);
  return {
    normalised: relative(Math.sqrt(squares), Math.max(Math.sqrt(norm), magnitude * Math.sqrt(b.length))),
    worst: relative(worst, Math.max(top, magnitude)),
    at,
  };
}

function position(index: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(index / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % size);
}
