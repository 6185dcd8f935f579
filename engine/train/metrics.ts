/**
 * What a run reports about its experts, as pure functions of how many tokens each expert was sent.
 * A "load" is one number per expert. `counts` is [layer][domain][expert] over all validation tokens.
 */
import { exp, log2 } from "../numerics/elementary.ts";
import { pow } from "../numerics/pow.ts";

/** Imbalance of one layer, max load / mean load − 1 (arXiv 2408.15664 Eq. 4): 0 is even, E/K − 1 is collapse. 0 for a load of nothing. */
export function maxVio(load: ArrayLike<number>): number {
  let [sum, max] = [0, 0];
  for (let e = 0; e < load.length; e++) {
    sum += load[e];
    max = Math.max(max, load[e]);
  }
  return sum === 0 ? 0 : (max * load.length) / sum - 1;
}

/** MaxVio of each layer's load, averaged over layers; 0 without layers. */
export function meanMaxVio(loads: readonly ArrayLike<number>[]): number {
  return mean(loads.map(maxVio));
}

/** Load of each layer when domains make up `parts` of the text (any scale), however many of their tokens were counted. */
export function weightedLoads(counts: readonly number[][][], parts: readonly number[]): number[][] {
  return counts.map((layer) => {
    const tokens = layer.map((load) => load.reduce((sum, count) => sum + count, 0));
    const fewest = Math.min(...tokens.filter((count, domain) => count > 0 && parts[domain] > 0));
    if (fewest === Infinity) return layer[0].map(() => 0);
    // domains of equally many tokens keep whole numbers: their sums are exact
    return sumOverDomains(
      layer.map((load, domain) => load.map((count) => (tokens[domain] > 0 ? count * (parts[domain] * (fewest / tokens[domain])) : 0))),
    );
  });
}

/** MaxVio of the domains' tokens together, each domain counting as much as its part says, averaged over layers. */
export function maxVioGlobal(counts: readonly number[][][], parts: readonly number[]): number {
  return meanMaxVio(weightedLoads(counts, parts));
}

/** MaxVio of one domain's tokens, averaged over layers. */
export function maxVioOf(counts: readonly number[][][], domain: number): number {
  return meanMaxVio(counts.map((layer) => layer[domain]));
}

/** Independent tokens that scatter as much as `tokens` of each domain weighted by `parts` (Kish 1965). */
export function effectiveTokens(tokens: ArrayLike<number>, parts: readonly number[]): number {
  const each = Array.from(tokens, (count, domain) => ({ count, weight: count > 0 ? parts[domain] / count : 0 }));
  const sum = each.reduce((total, { count, weight }) => total + weight * count, 0);
  return (sum * sum) / each.reduce((total, { count, weight }) => total + weight * weight * count, 0);
}

/** A load below this part of the mean is starving: the expert hardly trains. */
const starving = 0.1;

/** Share of experts that starve, averaged over layers. */
export function starvedExperts(loads: readonly ArrayLike<number>[]): number {
  return mean(
    loads.map((load) => {
      const even = mean(Array.from(load));
      return Array.from(load).filter((count) => count < starving * even).length / load.length;
    }),
  );
}

/** Standard deviation of the experts' loads over their mean (coefficient of variation), averaged over layers; 0 for a load of nothing. */
export function loadCv(loads: readonly ArrayLike<number>[]): number {
  return mean(
    loads.map((load) => {
      const values = Array.from(load);
      const even = mean(values);
      return even === 0 ? 0 : Math.sqrt(mean(values.map((value) => (value - even) * (value - even)))) / even;
    }),
  );
}

/** Sum over windows of each window's own MaxVio, and how many there are; padding (domain −1) is left out. Arguments as `addExpertCounts`. */
export function windowMaxVio(idx: ArrayLike<number>, domains: ArrayLike<number>, experts: number): { sum: number; windows: number } {
  const perWindow = idx.length / domains.length;
  const load = new Float64Array(experts);
  let [sum, windows] = [0, 0];
  for (let window = 0; window < domains.length; window++) {
    if (domains[window] < 0) continue;
    load.fill(0);
    for (let i = window * perWindow; i < (window + 1) * perWindow; i++) load[idx[i]]++;
    sum += maxVio(load);
    windows++;
  }
  return { sum, windows };
}

/**
 * MaxVio to be expected by chance when every one of `tokens` tokens chooses `k` of `experts` experts at random: no router
 * can be told from an even one below it. With p = k/E a load has mean Tp, variance Tp(1−p), skewness γ = (1−2p)/sd, and
 * loads are equally and negatively correlated, since they add up. Hence, in units of sd and with the skewness at first order
 * (Cornish and Fisher 1938), the largest is √(E/(E−1))·m₁ + γ/6·(m₂−1) above the mean, m₁ and m₂ being the first two moments
 * of the largest of E normals. Against simulation: within 1 % from a mean load of 8 on, 3 % at 0.5 (tests have the cases).
 */
export function maxVioFloor(tokens: number, experts: number, k: number): number {
  if (!(Number.isInteger(k) && k >= 1 && k <= experts)) throw new RangeError(`maxVioFloor: k = ${k} of ${experts} experts.`);
  if (tokens <= 0 || k === experts) return 0;
  const p = k / experts;
  const sd = Math.sqrt(tokens * p * (1 - p));
  const [first, second] = largestNormalMoments(experts);
  const excess = Math.sqrt(experts / (experts - 1)) * first + ((1 - 2 * p) / sd / 6) * (second - 1);
  return (excess * sd) / (tokens * p);
}

/**
 * Entropy of each layer's load over experts, as a fraction of its maximum ln E, averaged over layers:
 * 1 is even use, 0 is one expert for everything. 1 for a single expert, 0 for a layer without tokens.
 */
export function routingEntropy(loads: readonly number[][]): number {
  return mean(
    loads.map((load) => {
      if (load.length === 1) return 1;
      return entropyBits(distribution(load)) / log2(load.length);
    }),
  );
}

/**
 * How differently the domains use the experts: the generalised Jensen-Shannon divergence (Lin 1991) between the domains' load
 * distributions, in bits, every domain weighing the same; averaged over layers. From 0 (all alike) to log2 of the number of domains (no expert shared).
 * A domain without tokens is left out.
 */
export function specialisation(counts: readonly number[][][]): number {
  return mean(
    counts.map((layer) => {
      const distributions = layer.filter((load) => load.some((count) => count > 0)).map(distribution);
      if (distributions.length < 2) return 0;
      const mixed = sumOverDomains(distributions).map((sum) => sum / distributions.length);
      // Equal distributions may differ in the last bit of the two entropies; a divergence is never negative.
      return Math.max(0, entropyBits(mixed) - mean(distributions.map(entropyBits)));
    }),
  );
}

/**
 * Standard error of a mean over all windows that comes from which windows of each stratum (a domain's text) were taken: the root of
 * Σ_d (n_d/n)²·s_d²/n_d, s_d² the sample variance within stratum d. NaN where a stratum has one window, which has no spread.
 */
export function errorOfMean(strata: readonly (readonly number[])[]): number {
  const total = strata.reduce((sum, { length }) => sum + length, 0);
  const variance = strata.reduce((sum, values) => {
    if (values.length === 0) return sum;
    const centre = mean(values);
    const within = values.reduce((squares, value) => squares + (value - centre) ** 2, 0) / (values.length - 1);
    return sum + (values.length / total) ** 2 * (within / values.length);
  }, 0);
  return Math.sqrt(variance);
}

/** Bits per byte of a text of `bytes` bytes whose tokens cost `nats` nats in all: comparable between vocabularies, unlike loss per token. */
export function bitsPerByte(nats: number, bytes: number): number {
  return nats / (bytes * Math.LN2);
}

/**
 * Adds one layer's choices of a batch to its counts [domain][expert].
 * @param idx i32[windows·seqLen, k]: the experts each row was sent to
 * @param domains i32[windows]: domain of each window; −1 is padding and is not counted
 */
export function addExpertCounts(counts: number[][], idx: ArrayLike<number>, domains: ArrayLike<number>, k: number): void {
  const perWindow = idx.length / domains.length;
  if (perWindow % k !== 0)
    throw new RangeError(`${idx.length} choices do not fit ${domains.length} windows of k = ${k} choices per token.`);
  for (let window = 0; window < domains.length; window++) {
    if (domains[window] < 0) continue;
    const load = counts[domains[window]];
    for (let i = window * perWindow; i < (window + 1) * perWindow; i++) load[idx[i]]++;
  }
}

const moments = new Map<number, [number, number]>();

/** E[M] and E[M²] of the largest M of n independent standard normals. A run asks at every evaluation, for the same n. */
function largestNormalMoments(n: number): [number, number] {
  const known = moments.get(n) ?? integrateMoments(n);
  moments.set(n, known);
  return known;
}

/** ∫ x dΦ(x)ⁿ and ∫ x² dΦ(x)ⁿ by the midpoint rule. */
function integrateMoments(n: number): [number, number] {
  const width = 1 / 256;
  let [first, second, below, cdf] = [0, 0, 0, 0];
  for (let x = -9 + width / 2; x < 9; x += width) {
    cdf += (exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * width;
    const next = pow(cdf, n);
    first += x * (next - below);
    second += x * x * (next - below);
    below = next;
  }
  return [first, second];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sumOverDomains(layer: readonly number[][]): number[] {
  return layer[0].map((_, expert) => layer.reduce((sum, load) => sum + load[expert], 0));
}

function distribution(load: readonly number[]): number[] {
  const sum = load.reduce((total, count) => total + count, 0);
  return load.map((count) => (sum === 0 ? 0 : count / sum));
}

function entropyBits(distribution: readonly number[]): number {
  return distribution.reduce((bits, p) => (p > 0 ? bits - p * log2(p) : bits), 0);
}
