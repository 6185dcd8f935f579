import type { Random } from "../random.ts";

/** How a case spreads its tokens over the experts. */
export type Spread = "even" | "none to the first" | "all to the last";

/** idx[rows,K]: each row's experts, distinct and ascending as `topk` writes them. */
export function chooseExperts(
  { rows, experts, k }: { rows: number; experts: number; k: number },
  random: Random,
  spread: Spread = "even",
): number[] {
  return Array.from({ length: rows }, () => {
    const candidates = [...Array(experts).keys()].sort(() => random.uniform() - 0.5);
    const last = (expert: number) => candidates.sort((a, b) => Number(a === expert) - Number(b === expert));
    if (spread === "none to the first") last(0);
    if (spread === "all to the last") last(experts - 1).reverse();
    return candidates.slice(0, k).sort((a, b) => a - b);
  }).flat();
}

/** starts[E+1] of R = `rows` routed rows over `experts`, by how many each expert has. */
export function startsOf(counts: number[]): number[] {
  return counts.reduce((starts, count) => [...starts, starts[starts.length - 1] + count], [0]);
}

/** Random counts that sum to `rows`. */
export function randomCounts(rows: number, experts: number, random: Random): number[] {
  const counts = Array<number>(experts).fill(0);
  for (const expert of random.ints(rows, experts)) counts[expert]++;
  return counts;
}
