/**
 * How a batch is shared out among domains. How many sequences of a domain a step has is not drawn but fixed by the step, so that every arm
 * and seed trains on the same shares; their places are fixed too where batches are stratified, or drawn. Only "iid" draws the domains.
 */
import type { RandomStream } from "../random.ts";

/** What decides which domain a place of a batch is of. */
export type Order = "stratified" | "random" | "iid";

/** Domain weights by name, as in `DataConfig.mixture`: parts, not fractions. */
export type Mixture = Record<string, number>;

/** A mixture with whole-number weights without a common divisor; their order is that of the mixture's keys. */
export interface Shares {
  names: string[];
  weights: number[];
  total: number;
}

/** Weights that no factor here makes whole are rounded to a thousandth of the largest. */
const factors = [1, 10, 100, 1000];

/** Throws for an empty mixture and for weights that are negative, not finite or all zero. */
export function shares(mixture: Mixture): Shares {
  const names = Object.keys(mixture);
  const raw = names.map((name) => mixture[name]);
  for (const name of names) {
    if (!(Number.isFinite(mixture[name]) && mixture[name] >= 0))
      throw new RangeError(`data.mixture.${name} is ${mixture[name]}; a weight is a number ≥ 0.`);
  }
  const largest = Math.max(0, ...raw);
  if (largest === 0) throw new RangeError("data.mixture needs at least one domain with a weight above 0.");
  const factor =
    factors.find((candidate) => largest * candidate <= 1e6 && raw.every((weight) => isWhole(weight * candidate))) ?? 1000 / largest;
  const scaled = raw.map((weight) => Math.round(weight * factor));
  const divisor = scaled.reduce(gcd);
  const weights = scaled.map((weight) => weight / divisor);
  return { names, weights, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

/**
 * Sequences of each domain in the batch of `step` (from 0). Each domain gets its share rounded down, and the sequences left over
 * rotate: put the fractional parts of the shares end to end on a line and mark the points u, u+1, u+2, …; a domain
 * whose stretch is hit gets one more (systematic sampling). u takes every multiple of 1/total once in `total` steps,
 * so over such a cycle each share is exact, and in each step every domain is within one of its share.
 */
export function sequencesPerDomain({ weights, total }: Shares, batchSize: number, step: number): number[] {
  const u = (step * rotation(total)) % total;
  let end = 0;
  return weights.map((weight) => {
    const start = end;
    end += (batchSize * weight) % total;
    const points = Math.ceil((end - u) / total) - Math.ceil((start - u) / total);
    return Math.floor((batchSize * weight) / total) + points;
  });
}

/**
 * The domain index of every place in a batch with these counts, each domain spread as evenly as whole places allow: among the
 * first n places, domain i holds within one of n·counts[i]/batch, for every n. Hence any n consecutive sequences, such as
 * a balance group or a microstep, are a miniature of the batch. The j-th sequence of domain i may come at the earliest in
 * place ⌊j·batch/counts[i]⌋ and must have come before ⌈(j+1)·batch/counts[i]⌉; the earliest deadline goes first, then the lowest domain
 * (earliest-deadline-first is known to meet all of these: Steiner and Yeomans 1993, "Level schedules for mixed-model, just-in-time processes").
 */
export function interleave(counts: readonly number[]): Int32Array {
  const batch = counts.reduce((sum, count) => sum + count, 0);
  const used = counts.map(() => 0);
  return Int32Array.from({ length: batch }, (_, place) => {
    let chosen = -1;
    let earliest = Infinity;
    for (let domain = 0; domain < counts.length; domain++) {
      if (used[domain] === counts[domain] || Math.floor((used[domain] * batch) / counts[domain]) > place) continue;
      const deadline = Math.ceil(((used[domain] + 1) * batch) / counts[domain]);
      if (deadline < earliest) [chosen, earliest] = [domain, deadline];
    }
    used[chosen]++;
    return chosen;
  });
}

/** The same domains in an order in which every permutation is as likely (Fisher and Yates). */
export function shuffle(domains: Int32Array, random: RandomStream): Int32Array {
  const shuffled = domains.slice();
  for (let place = shuffled.length - 1; place > 0; place--) {
    const other = random.below(place + 1);
    [shuffled[place], shuffled[other]] = [shuffled[other], shuffled[place]];
  }
  return shuffled;
}

/** Each place's domain drawn by weight, whatever the others are. */
export function drawDomains({ weights, total }: Shares, batchSize: number, random: RandomStream): Int32Array {
  return Int32Array.from({ length: batchSize }, () => {
    let left = random.below(total);
    return weights.findIndex((weight) => (left -= weight) < 0);
  });
}

/** A stride coprime to `total` near its golden section, so that steps close in time put the extra sequences far apart. */
function rotation(total: number): number {
  let stride = Math.max(1, Math.round(total * 0.618));
  while (gcd(stride, total) !== 1) stride--;
  return stride;
}

/** 0.7·10 is 7.000000000000001 or so: a part in 10⁹ is rounding. */
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= 1e-9 * value;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
