import { randomLcg, randomNormal } from "d3";

/** Seeded draws for test inputs: equal seeds, equal inputs. */
export interface Random {
  /** uniform in [0, 1) */
  uniform(): number;
  /** uniform integers 0 … count − 1 */
  ints(length: number, count: number): number[];
  /** independent normals of mean 0 */
  normal(length: number, deviation?: number): number[];
  /** uniform in [low, high) */
  between(length: number, low: number, high: number): number[];
  /** integers of [low, high] times 2⁻¹⁰: their sums of two and products of two are exact in f32 */
  grid(length: number, low: number, high: number): number[];
}

export function createRandom(seed: number): Random {
  // the generator's first draws are nearly linear in its seed
  const uniform = randomLcg(((seed + 1) * 0x9e3779b9) >>> 0);
  for (let i = 0; i < 4; i++) uniform();
  const normal = randomNormal.source(uniform)(0, 1);
  const times = (length: number, draw: () => number) => Array.from({ length }, draw);
  return {
    uniform,
    ints: (length, count) => times(length, () => Math.floor(uniform() * count)),
    normal: (length, deviation = 1) => times(length, () => normal() * deviation),
    between: (length, low, high) => times(length, () => low + uniform() * (high - low)),
    grid: (length, low, high) => times(length, () => (low + Math.floor(uniform() * (high - low + 1))) / 1024),
  };
}
