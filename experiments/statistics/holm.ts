/**
 * Holm's step-down adjustment (Scand. J. Statist. 6, 1979): adjusted p values of one family of tests, in the order given.
 * Rejecting where the result is below α keeps the chance of any false rejection below α, however the tests depend on each other.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, index) => index).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[index]));
    adjusted[index] = largest;
  });
  return adjusted;
}
