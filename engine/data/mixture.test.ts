import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stream } from "../random.ts";
import { drawDomains, interleave, sequencesPerDomain, shares, shuffle, type Mixture } from "./mixture.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const weights = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 }).filter((list) => sum(list) > 0);
const mixtureOf = (list: number[]): Mixture => Object.fromEntries(list.map((weight, index) => [`d${index}`, weight]));

describe("shares", () => {
  test("are whole numbers in the mixture's proportions", () => {
    expect(shares({ prose: 1, code: 1, math: 1 })).toEqual({ names: ["prose", "code", "math"], weights: [1, 1, 1], total: 3 });
    expect(shares({ a: 0.7, b: 0.2, c: 0.1 }).weights).toEqual([7, 2, 1]);
    expect(shares({ a: 20, b: 0, c: 30 }).weights).toEqual([2, 0, 3]);
    expect(shares({ a: 1 / 3, b: 2 / 3 }).weights).toEqual([1, 2]);
    expect(shares({ a: 2e9, b: 1e9 }).weights).toEqual([2, 1]);
  });

  test("refuse weights that mean nothing, naming the domain", () => {
    expect(() => shares({ prose: -1, code: 1 })).toThrow(/data.mixture.prose is -1/);
    expect(() => shares({ prose: NaN })).toThrow(/data.mixture.prose/);
    expect(() => shares({ prose: 0 })).toThrow(/above 0/);
    expect(() => shares({})).toThrow(/at least one/);
  });
});

describe("sequencesPerDomain", () => {
  test("rotates the sequence left over among equal domains", () => {
    const third = shares({ prose: 1, code: 1, math: 1 });
    const steps = [0, 1, 2].map((step) => sequencesPerDomain(third, 16, step));
    expect(new Set(steps.map((counts) => counts.indexOf(6)))).toEqual(new Set([0, 1, 2]));
    for (const counts of steps) expect([...counts].sort()).toEqual([5, 5, 6]);
  });

  test("fills every batch, and every domain is within one of its share in it", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 64 }), fc.nat(5000), (list, batchSize, step) => {
        const mixture = shares(mixtureOf(list));
        const counts = sequencesPerDomain(mixture, batchSize, step);
        expect(sum(counts)).toBe(batchSize);
        counts.forEach((count, index) => expect(Math.abs(count - (batchSize * mixture.weights[index]) / mixture.total)).toBeLessThan(1));
      }),
    );
  });

  test("gives every domain its exact share over a cycle, wherever the cycle begins", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 64 }), fc.nat(100), (list, batchSize, first) => {
        const mixture = shares(mixtureOf(list));
        const totals = list.map(() => 0);
        for (let step = first; step < first + mixture.total; step++)
          sequencesPerDomain(mixture, batchSize, step).forEach((count, index) => (totals[index] += count));
        expect(totals).toEqual(mixture.weights.map((weight) => weight * batchSize));
      }),
    );
  });

  test("spreads the extra sequences over a long cycle", () => {
    // Share 16·0.005 = 0.08 per step: one in 12.5 steps, so 8 in 100 steps whatever 100 they are, up to the discrepancy of a golden-section rotation.
    const rare = shares({ common: 995, rare: 5 });
    for (const first of [0, 50, 137]) {
      let count = 0;
      for (let step = first; step < first + 100; step++) count += sequencesPerDomain(rare, 16, step)[1];
      expect(Math.abs(count - 8)).toBeLessThanOrEqual(2);
    }
  });
});

describe("interleave", () => {
  test("deals equal domains out in turn", () => {
    expect([...interleave([3, 3, 3])]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect([...interleave([2, 1, 1])].slice(0, 4).sort()).toEqual([0, 0, 1, 2]);
  });

  test("keeps every domain within one of its share among the first n places, for every n", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), (counts) => {
        const batch = sum(counts);
        const places = interleave(counts);
        expect(places.length).toBe(batch);
        const used = counts.map(() => 0);
        places.forEach((domain, place) => {
          used[domain]++;
          counts.forEach((count, index) => expect(Math.abs(used[index] - (count * (place + 1)) / batch)).toBeLessThan(1));
        });
        expect(used).toEqual(counts);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the domains of neighbours", () => {
  const third = shares({ prose: 1, code: 1, math: 1 });
  /** how often two neighbours, a group of two sequences, are of one domain */
  const alike = (orderOf: (step: number) => Int32Array) => {
    let [pairs, same] = [0, 0];
    for (let step = 0; step < 2000; step++) {
      const domains = orderOf(step);
      for (let at = 0; at < domains.length; at += 2) [pairs, same] = [pairs + 1, same + Number(domains[at] === domains[at + 1])];
    }
    return { share: same / pairs, error: Math.sqrt(0.25 / pairs) };
  };
  const even = (step: number) => interleave(sequencesPerDomain(third, 24, step));

  test("never agree where batches are stratified, which is why a scope of two would see a miniature of the batch", () => {
    expect(alike(even).share).toBe(0);
  });

  test("agree as often as chance has it where places are drawn, with exact shares in every batch", () => {
    const random = stream(1, "order");
    const drawn = (step: number) => shuffle(even(step), random);
    expect([...drawn(0)].sort()).toEqual([...even(0)].sort());
    // 8 of each of 3 among 24: 3·8·7 / (24·23)
    const { share, error } = alike(drawn);
    expect(Math.abs(share - 168 / 552)).toBeLessThan(4 * error);
  });

  test("agree independently where domains are drawn by weight", () => {
    const random = stream(2, "order");
    const uneven = shares({ a: 3, b: 0, c: 1 });
    const { share, error } = alike(() => drawDomains(uneven, 16, random));
    expect(Math.abs(share - (9 + 1) / 16)).toBeLessThan(4 * error);
    expect(Array.from({ length: 200 }, () => [...drawDomains(uneven, 16, random)]).flat()).not.toContain(1);
  });
});
