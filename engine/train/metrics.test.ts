import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stream } from "../random.ts";
import {
  addExpertCounts,
  bitsPerByte,
  effectiveTokens,
  errorOfMean,
  loadCv,
  maxVio,
  maxVioFloor,
  maxVioGlobal,
  maxVioOf,
  meanMaxVio,
  routingEntropy,
  specialisation,
  starvedExperts,
  weightedLoads,
  windowMaxVio,
} from "./metrics.ts";

const load = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }).filter((counts) => counts.some((count) => count > 0));
const layers = fc.array(fc.array(load, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 3 });

describe("the error of a mean over windows", () => {
  test("is that of each domain's windows, weighed by their number: worked by hand", () => {
    // variances 1 and 4 of 3 and 2 windows: (3/5)²·1/3 + (2/5)²·4/2
    expect(
      errorOfMean([
        [1, 2, 3],
        [10 - Math.SQRT2, 10 + Math.SQRT2],
      ]),
    ).toBeCloseTo(Math.sqrt(0.36 / 3 + 0.16 * 2), 12);
  });

  test("is not a number of a single window, and none of domains that are not there", () => {
    expect(errorOfMean([[1], [1, 2]])).toBeNaN();
    expect(errorOfMean([[1, 3], []])).toBeCloseTo(1, 12);
  });
});

describe("maxVio", () => {
  test("is how far the busiest expert is above the mean, relative to it", () => {
    expect(maxVio([10, 10, 10, 10])).toBe(0);
    expect(maxVio([20, 0, 10, 10])).toBe(1);
    expect(maxVio([40, 0, 0, 0])).toBe(3);
    expect(maxVio(Float32Array.of(30, 10))).toBe(0.5);
    expect(maxVio([0, 0])).toBe(0);
  });

  test("is averaged over layers, and global when domains are added up first", () => {
    expect(
      meanMaxVio([
        [1, 1],
        [2, 0],
      ]),
    ).toBe(0.5);
    // Layer 1 is even over both domains together; layer 2 is not.
    expect(
      maxVioGlobal(
        [
          [
            [4, 0],
            [0, 4],
          ],
          [
            [4, 0],
            [2, 2],
          ],
        ],
        [1, 1],
      ),
    ).toBe(0.25);
    expect(meanMaxVio([])).toBe(0);
  });
});

/** of domains that weigh the same */
const entropyOf = (counts: number[][][]) =>
  routingEntropy(
    weightedLoads(
      counts,
      counts.flat().map(() => 1),
    ),
  );

describe("domains in proportion to the training mixture", () => {
  // prose sends everything to the first expert, code is even
  const counts = [
    [
      [8, 0],
      [4, 4],
    ],
  ];

  test("decide MaxVio, and a domain that is not trained on decides nothing", () => {
    expect(maxVioGlobal(counts, [1, 1])).toBe(0.5);
    expect(maxVioGlobal(counts, [3, 1])).toBe(0.75);
    expect(maxVioGlobal(counts, [0, 5])).toBe(0);
    expect([0, 1].map((domain) => maxVioOf(counts, domain))).toEqual([1, 0]);
    // however many tokens of each were counted
    expect(
      maxVioGlobal(
        [
          [
            [80, 0],
            [4, 4],
          ],
        ],
        [3, 1],
      ),
    ).toBeCloseTo(0.75, 14);
    expect(
      weightedLoads(
        [
          [
            [0, 0],
            [1, 2],
          ],
        ],
        [1, 0],
      ),
    ).toEqual([[0, 0]]);
  });

  test("scatter as fewer tokens the more unequal they are", () => {
    expect(effectiveTokens([100, 100], [1, 1])).toBe(200);
    expect(effectiveTokens([100, 100], [1, 0])).toBe(100);
    expect(effectiveTokens([100, 100], [3, 1])).toBe(160);
    expect(effectiveTokens([300, 100], [3, 1])).toBe(400);
  });
});

test("starved experts have less than a tenth of the mean load, and the spread is the loads' standard deviation over their mean", () => {
  expect(
    starvedExperts([
      [100, 100, 5, 195],
      [1, 1, 1, 1],
    ]),
  ).toBe(1 / 8);
  expect(starvedExperts([[10, 90, 100, 200]])).toBe(0);
  expect(
    loadCv([
      [1, 3],
      [2, 2],
    ]),
  ).toBe(0.25);
  expect([starvedExperts([]), loadCv([]), loadCv([[0, 0]])]).toEqual([0, 0, 0]);
});

test("MaxVio of single windows sees what a batch evens out", () => {
  // two windows of two tokens, one expert each; the third is padding
  expect(windowMaxVio([0, 0, 1, 1, 0, 0], [0, 1, -1], 2)).toEqual({ sum: 2, windows: 2 });
  expect(windowMaxVio([0, 1, 1, 0], [0, 0], 2)).toEqual({ sum: 0, windows: 2 });
});

describe("maxVioFloor", () => {
  /** MaxVio of `trials` experiments in which every token chooses k of E experts at random. */
  function simulate(tokens: number, experts: number, k: number, trials: number) {
    const random = stream(1, `floor ${tokens} ${experts} ${k}`);
    const found = Array.from({ length: trials }, () => {
      const counts = new Array<number>(experts).fill(0);
      const deck = counts.map((_, index) => index);
      for (let token = 0; token < tokens; token++) {
        for (let slot = 0; slot < k; slot++) {
          const other = slot + random.below(experts - slot);
          [deck[slot], deck[other]] = [deck[other], deck[slot]];
          counts[deck[slot]]++;
        }
      }
      return maxVio(counts);
    });
    const mean = found.reduce((sum, value) => sum + value, 0) / trials;
    const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (trials - 1);
    return { mean, standardError: Math.sqrt(variance / trials) };
  }

  test.each([
    [1024, 16, 2, 0.01],
    [24_576, 16, 2, 0.01],
    [200, 16, 2, 0.01],
    [64, 16, 2, 0.01],
    [512, 64, 6, 0.01],
    [200, 4, 1, 0.01],
    [4096, 256, 8, 0.01],
    [16, 16, 2, 0.03],
    [4, 16, 2, 0.03],
    [20, 4, 3, 0.03],
  ])("is what chance gives for %i tokens, %i experts, top-%i", (tokens, experts, k, relative) => {
    const { mean, standardError } = simulate(tokens, experts, k, Math.min(4000, Math.ceil(2e6 / (tokens * k))));
    expect(Math.abs(maxVioFloor(tokens, experts, k) - mean)).toBeLessThan(relative * mean + 3 * standardError);
  });

  test("falls with the root of the tokens and is 0 where there is no choice", () => {
    // The skewness correction falls faster, so this holds in the limit of many tokens.
    expect(maxVioFloor(4e8, 16, 2) / maxVioFloor(1e8, 16, 2)).toBeCloseTo(0.5, 4);
    expect(maxVioFloor(100, 4, 4)).toBe(0);
    expect(maxVioFloor(0, 4, 1)).toBe(0);
    expect(() => maxVioFloor(100, 4, 5)).toThrow(/k = 5 of 4/);
  });

  test("is exact in the limit for two experts: the mean distance of a fair coin from its mean", () => {
    // E|Z| = √(2/π), sd of one load √T/2, mean load T/2.
    expect(maxVioFloor(1e8, 2, 1)).toBeCloseTo(Math.sqrt(2 / Math.PI) * 1e-4, 9);
  });
});

describe("routingEntropy", () => {
  test("is 1 for even use, 0 for one expert, and between them otherwise", () => {
    expect(entropyOf([[[5, 5, 5, 5]]])).toBeCloseTo(1, 15);
    expect(
      entropyOf([
        [
          [9, 0, 0, 0],
          [3, 0, 0, 0],
        ],
      ]),
    ).toBe(0);
    fc.assert(
      fc.property(layers, (counts) => {
        expect(entropyOf(counts)).toBeGreaterThanOrEqual(0);
        expect(entropyOf(counts)).toBeLessThanOrEqual(1 + 1e-15);
      }),
    );
  });

  test("is right for a case worked by hand: two of four experts, evenly, is half; layers are averaged", () => {
    expect(entropyOf([[[3, 3, 0, 0]]])).toBeCloseTo(0.5, 15);
    expect(
      entropyOf([
        [[3, 3, 0, 0]],
        [
          [1, 0, 1, 0],
          [0, 1, 0, 1],
        ],
      ]),
    ).toBeCloseTo(0.75, 15);
    expect(entropyOf([[[7]]])).toBe(1);
  });
});

describe("specialisation", () => {
  test("is 0 when the domains use the experts in equal proportions, whatever their sizes", () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 9 }), (counts, times) => {
        const value = specialisation([[counts, counts.map((count) => count * times), counts]]);
        expect(value).toBeGreaterThanOrEqual(0); // also when rounding would take it below
        expect(value).toBeCloseTo(0, 14);
      }),
    );
  });

  test("is log2 of the number of domains when they share no expert", () => {
    expect(
      specialisation([
        [
          [4, 0],
          [0, 9],
        ],
      ]),
    ).toBeCloseTo(1, 15);
    expect(
      specialisation([
        [
          [4, 0, 0],
          [0, 9, 0],
          [0, 0, 1],
        ],
      ]),
    ).toBeCloseTo(Math.log2(3), 15);
  });

  test("is right for a case worked by hand", () => {
    // P = (1, 0), Q = (1/2, 1/2), M = (3/4, 1/4): H(M) − (0 + 1)/2 = 2 − (3/4)·log2 3 − 1/2.
    expect(
      specialisation([
        [
          [8, 0],
          [3, 3],
        ],
      ]),
    ).toBeCloseTo(1.5 - 0.75 * Math.log2(3), 15);
    expect(
      specialisation([
        [
          [8, 0],
          [3, 3],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ]),
    ).toBeCloseTo((1.5 - 0.75 * Math.log2(3)) / 2, 15);
  });

  test("stays between 0 and log2 of the number of domains, and does not depend on their order", () => {
    fc.assert(
      fc.property(layers, (counts) => {
        const value = specialisation(counts);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(Math.log2(Math.max(...counts.map((layer) => layer.length))) + 1e-12);
        expect(specialisation(counts.map((layer) => [...layer].reverse()))).toBeCloseTo(value, 12);
      }),
    );
  });

  test("leaves out a domain without tokens, and is 0 for a single domain", () => {
    expect(
      specialisation([
        [
          [4, 0],
          [0, 9],
          [0, 0],
        ],
      ]),
    ).toBeCloseTo(1, 15);
    expect(specialisation([[[4, 1]]])).toBe(0);
  });
});

describe("bitsPerByte", () => {
  test("turns nats for a text into bits for each of its bytes", () => {
    expect(bitsPerByte(80 * Math.LN2, 10)).toBeCloseTo(8, 14); // a uniform guess among 256
  });
});

describe("addExpertCounts", () => {
  test("adds each window's choices to its domain and leaves padding out", () => {
    const counts = [
      [0, 0, 5],
      [0, 0, 0],
    ];
    // Three windows of two tokens, two choices each; the second one is padding.
    addExpertCounts(counts, Int32Array.of(0, 1, 0, 2, 0, 1, 0, 1, 1, 2, 1, 2), Int32Array.of(1, -1, 0), 2);
    expect(counts).toEqual([
      [0, 2, 7],
      [2, 1, 1],
    ]);
  });

  test("refuses choices that are not a whole number of tokens per window", () => {
    expect(() => addExpertCounts([[0]], Int32Array.of(0, 0, 0), Int32Array.of(0, 0), 2)).toThrow(/do not fit 2 windows/);
  });
});
