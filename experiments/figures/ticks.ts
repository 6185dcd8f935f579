/** Where ticks stand and what they say: round values, texts that tell neighbours apart. */
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";

/** Ends of an axis must lie at least this far apart, relative to the larger of them: rounding is no difference. */
const leastSpread = 1e-9;
/** Pixels are differences of values: twice this still is a number. */
const mostExtreme = 8e307;

/** Below this a number has lost digits already, and its tenth may be nothing. */
const smallest = 1e-300;

/** A domain with some extent, positive for a log scale. */
export function spread([low, high]: readonly [number, number], log: boolean): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const positive = Math.max(low, Number.MIN_VALUE);
    return high > positive * (1 + leastSpread) ? [positive, high] : [positive / 1.5, Math.max(positive * 1.5, 2 * Number.MIN_VALUE)];
  }
  const [from, to] = [low, high].map((end) => Math.min(mostExtreme, Math.max(-mostExtreme, end)));
  if (to - from > Math.max(smallest, leastSpread * Math.max(Math.abs(from), Math.abs(to)))) return [from, to];
  const by = Math.abs(from) > smallest ? Math.abs(from) * 0.1 : 1;
  return [from - by, to + by];
}

/** @param count about how many ticks have room */
export function linearTicks(domain: readonly [number, number], count: number): number[] {
  const [low, high] = domain;
  return scaleLinear(domain, [0, 1])
    .ticks(count)
    .filter((tick) => tick >= low && tick <= high);
}

/** Whether a logarithmic axis has room for round logarithms: below a factor of six its ticks are those of a linear one. */
export function isWide([low, high]: readonly [number, number]): boolean {
  return Math.log10(high) - Math.log10(low) >= 0.8;
}

/** 1-2-5 series where it has room for it, else powers of ten, else a linear choice within a narrow range. */
export function logTicks([low, high]: readonly [number, number], count: number): number[] {
  if (!isWide([low, high])) return linearTicks([low, high], count);
  const decades = Math.log10(high) - Math.log10(low);
  const steps = decades * 3 <= count * 1.5 ? [1, 2, 5] : decades <= count * 1.5 ? [1] : null;
  const every = steps ? 1 : Math.ceil(decades / count);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % every !== 0) continue;
    for (const step of steps ?? [1]) {
      const tick = Number((step * 10 ** power).toPrecision(2));
      if (tick >= low * 0.9999 && tick <= high * 1.0001) ticks.push(tick);
    }
  }
  return ticks;
}

/** "0.02", "400", "20 k", "1e−7". @param more significant digits than the usual three or four */
export function tickText(value: number, more = 0): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e4 && size < 1e15) return format(`.${3 + more}~s`)(value).replace(/([kMGT])$/, " $1");
  if (size >= 1e-4 && size < 1e4) return format(`.${4 + more}~r`)(value);
  // d3 writes a true minus before the number, not in the exponent
  return format(`.${2 + more}~e`)(value)
    .replace("e-", "e−")
    .replace("e+", "e");
}

/** How the ticks of a logarithmic axis, or of chosen values, are written: with as many digits as tell them apart. */
export function textOfTicks(ticks: readonly number[]): (value: number) => string {
  const distinct = new Set(ticks).size;
  let more = 0;
  while (more < 13 && new Set(ticks.map((tick) => tickText(tick, more))).size < distinct) more++;
  return (value) => tickText(value, more);
}

/** The same on a linear axis: everyday numbers all with the decimals of their step. */
export function textOfLinearTicks(ticks: readonly number[]): (value: number) => string {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : largest;
  if (largest >= 1e4 || step < 1e-4) return textOfTicks(ticks);
  const decimals = Math.max(0, -Math.floor(Math.log10(step * 1.0001)));
  return ticks.length > 1 ? format(`,.${decimals}f`) : textOfTicks(ticks);
}
