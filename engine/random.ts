import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** JSON-able state of a stream: the four 32-bit words of sfc32. */
export type StreamState = [number, number, number, number];

/**
 * A named stream of random numbers: sfc32 (Doty-Humphrey's small fast counting generator, PractRand) seeded with
 * the first 96 bits of SHA-256(seed, name). Streams with different names are independent, so that what one consumer
 * draws never shifts what another gets. Only integer operations and + − × ÷ √ of doubles are used, which IEEE 754
 * defines exactly: equal numbers on every platform.
 */
export class RandomStream {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is an integer, not ${seed}.`);
    const digest = new DataView(sha256(utf8ToBytes(`${seed}/${name}`)).buffer);
    this.a = digest.getUint32(0);
    this.b = digest.getUint32(4);
    this.c = digest.getUint32(8);
  }

  /** The next 32 bits, as an integer in [0, 2³²). */
  bits(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** Uniform integer in [0, n) without modulo bias, 1 ≤ n ≤ 2³². */
  below(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 0x1_0000_0000)) throw new RangeError(`below(${n}): n must be an integer from 1 to 2^32.`);
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % n);
    let bits = this.bits();
    while (bits >= limit) bits = this.bits();
    return bits % n;
  }

  /** Standard normal, by Marsaglia's polar method. The second value of each pair is dropped so that the state stays four words. */
  normal(): number {
    for (;;) {
      // The half-step offset keeps the points symmetric about 0 and off the origin.
      const u = 2 * ((this.bits() + 0.5) / 0x1_0000_0000) - 1;
      const v = 2 * ((this.bits() + 0.5) / 0x1_0000_0000) - 1;
      const s = u * u + v * v;
      if (s < 1) return u * Math.sqrt((-2 * naturalLog(s)) / s);
    }
  }

  getState(): StreamState {
    return [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.counter >>> 0];
  }

  setState(state: StreamState): void {
    if (state.length !== 4 || state.some((word) => !Number.isInteger(word))) throw new TypeError("A stream's state is four integers.");
    [this.a, this.b, this.c, this.counter] = state;
  }
}

/** The stream called `name` under `seed`, at its beginning. */
export function stream(seed: number, name: string): RandomStream {
  return new RandomStream(seed, name);
}

const ln2 = 0.6931471805599453;

/**
 * ln x for x in (0, 1). `Math.log` may differ in the last bit between engines and versions, which a run's weights would inherit.
 * x = m·2^e with m in [1/√2, √2), ln m = 2·artanh((m−1)/(m+1)); |t| ≤ 0.172, so the first term left out, t²³/23, is below 2⁻⁵³.
 */
function naturalLog(x: number): number {
  let exponent = 0;
  while (x < Math.SQRT1_2) {
    x *= 2;
    exponent--;
  }
  const t = (x - 1) / (x + 1);
  const square = t * t;
  let series = 0;
  for (let power = 21; power >= 1; power -= 2) series = series * square + 1 / power;
  return exponent * ln2 + 2 * t * series;
}
