import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DomainText } from "./domain-text.ts";
import { BatchSource, bucketByToken, microbatches, textsOf, type Batch } from "./batches.ts";

/** Every domain has bytes of its own range and counts upwards, so a byte tells where its window lies. */
const counting = (name: string, low: number, length = 500, trainLength = 450): DomainText => ({
  name,
  bytes: Uint8Array.from({ length }, (_, i) => low + (i % 60)),
  trainLength,
});
const domains = [counting("a", 0), counting("b", 64), counting("c", 128)];
const shape = { batchSize: 8, seqLen: 12 };
const equal = { a: 1, b: 1, c: 1 };
const sequence = (batch: Batch, index: number, seqLen = shape.seqLen) => [...batch.tokens.subarray(index * seqLen, (index + 1) * seqLen)];

/** The windows of one domain, in the order in which they come. */
function windowsOf(source: BatchSource, domain: number, steps: number, seqLen = shape.seqLen): number[][] {
  return Array.from({ length: steps }, () => source.next()).flatMap((batch) => {
    const all = Array.from(batch.domains, (found, index) => ({ found, window: sequence(batch, index, seqLen) }));
    return all.filter(({ found }) => found === domain).map(({ window }) => window);
  });
}

describe.each(["random", "iid"] as const)("a batch source whose order is %s", (order) => {
  test("goes on from a stored state with the same batches, and refuses one of another order", () => {
    const source = new BatchSource(domains, equal, 1, shape, order);
    for (let step = 0; step < 3; step++) source.next();
    const state = JSON.parse(JSON.stringify(source.getState())) as ReturnType<BatchSource["getState"]>;
    const again = new BatchSource(domains, equal, 1, shape, order);
    again.setState(state);
    for (let step = 0; step < 5; step++) expect(again.next()).toEqual(source.next());
    expect(() => new BatchSource(domains, equal, 1, shape).setState(state)).toThrow("data order is drawn");
    expect(() => source.setState(new BatchSource(domains, equal, 1, shape).getState())).toThrow(`this run's is ${order}`);
  });

  test("reads each domain's windows in the order in which every other source does", () => {
    const drawn = windowsOf(new BatchSource(domains, equal, 3, shape, order), 1, 12);
    expect(drawn).toEqual(windowsOf(new BatchSource(domains, equal, 3, shape), 1, 24).slice(0, drawn.length));
  });
});

describe("a batch source", () => {
  test("gives the same batches for the same seed, and others for another", () => {
    const [first, again, other] = [1, 1, 2].map((seed) => new BatchSource(domains, equal, seed, shape));
    for (let step = 0; step < 5; step++) {
      const batch = first.next();
      expect(again.next()).toEqual(batch);
      expect(other.next().tokens).not.toEqual(batch.tokens);
    }
  });

  test("gives windows of one domain each, targets one byte on", () => {
    const source = new BatchSource(domains, equal, 3, shape);
    for (let step = 0; step < 20; step++) {
      const batch = source.next();
      batch.domains.forEach((domain, index) => {
        expect(sequence(batch, index).every((token) => token >> 6 === domain)).toBe(true);
      });
      batch.tokens.forEach((token, row) => expect(batch.targets[row]).toBe((token & ~63) + (((token & 63) + 1) % 60)));
    }
  });

  test("reads training bytes only, up to the last one", () => {
    // Training bytes are 1, validation bytes 2; one window of training text is possible besides its neighbour.
    const text: DomainText = { name: "a", bytes: Uint8Array.of(...new Array(14).fill(1), ...new Array(50).fill(2)), trainLength: 14 };
    const last: DomainText = { ...text, bytes: text.bytes.map((byte, i) => (i === 13 ? 3 : byte)) };
    const source = new BatchSource([last], { a: 1 }, 0, shape);
    const seen = new Set<number>();
    for (let step = 0; step < 20; step++) {
      const { tokens, targets } = source.next();
      for (const id of [...tokens, ...targets]) seen.add(id);
    }
    expect(seen).toEqual(new Set([1, 3]));
  });

  test("gives each domain its share, exact over a cycle", () => {
    const source = new BatchSource(domains, { a: 3, b: 1, c: 1 }, 4, shape);
    const counts = [0, 0, 0];
    for (let step = 0; step < 5; step++) for (const domain of source.next().domains) counts[domain]++;
    expect(counts).toEqual([24, 8, 8]);
  });

  test("draws the same windows of a domain whatever the weights, the other domains, their order and the batch size are", () => {
    const expected = windowsOf(new BatchSource(domains, equal, 5, shape), 0, 6).slice(0, 6);
    expect(windowsOf(new BatchSource(domains, { a: 5, b: 1, c: 2 }, 5, shape), 0, 6).slice(0, 6)).toEqual(expected);
    expect(windowsOf(new BatchSource(domains, { c: 1, a: 1 }, 5, shape), 1, 6).slice(0, 6)).toEqual(expected);
    expect(windowsOf(new BatchSource(domains, equal, 5, { ...shape, batchSize: 3 }), 0, 20).slice(0, 6)).toEqual(expected);
  });

  test("reaches every start of the training text", () => {
    const source = new BatchSource([counting("a", 0, 40, 20)], { a: 1 }, 6, shape);
    const starts = new Set(windowsOf(source, 0, 40).map((window) => window[0]));
    expect(starts).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7])); // trainLength − seqLen of them
  });

  test("goes on from a stored state as if it had never stopped", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer(), (steps, seed) => {
        const source = new BatchSource(domains, equal, seed, shape); // 8 sequences for 3 domains: the shares depend on the step
        for (let step = 0; step < steps; step++) source.next();
        const resumed = new BatchSource(domains, equal, seed + 1, shape);
        resumed.setState(JSON.parse(JSON.stringify(source.getState())));
        for (let step = 0; step < 4; step++) expect(resumed.next()).toEqual(source.next());
      }),
      { numRuns: 20 },
    );
  });

  test("refuses a state of other domains, naming both", () => {
    const state = new BatchSource(domains, { a: 1, b: 1 }, 0, shape).getState();
    expect(() => new BatchSource(domains, equal, 0, shape).setState(state)).toThrow(/a, b.*a, b, c/);
  });

  test("refuses texts that are missing, too short or outside the vocabulary, naming the domain or the byte", () => {
    expect(() => new BatchSource(domains, { a: 1, mine: 1 }, 0, shape)).toThrow(/"mine".*a, b, c/);
    expect(() => new BatchSource([counting("a", 0, 20, 12)], { a: 1 }, 0, shape)).toThrow(/"a" has 12 bytes for training.*needs 13/);
    expect(() => new BatchSource([counting("a", 0, 20, 21)], { a: 1 }, 0, shape)).toThrow(/"a" has 20 bytes, fewer than/);
    expect(() => new BatchSource(domains, { c: 1 }, 0, { ...shape, vocabSize: 128 }).next()).toThrow(/vocabSize 128/);
  });
});

describe("textsOf", () => {
  test("puts the texts into the order asked for", () => {
    expect(textsOf(domains, ["c", "a"]).map(({ name }) => name)).toEqual(["c", "a"]);
  });
});

describe("bucketByToken", () => {
  test("lists the rows of each id in ascending order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (ids) => {
        const { order, starts } = bucketByToken(Int32Array.from(ids), 10);
        for (let id = 0; id < 10; id++) {
          const rows = ids.flatMap((found, row) => (found === id ? [row] : []));
          expect([...order.subarray(starts[id], starts[id + 1])]).toEqual(rows);
        }
        expect([starts[0], starts[10]]).toEqual([0, ids.length]);
      }),
    );
  });
});

describe("microbatches", () => {
  const batch = new BatchSource(domains, equal, 7, shape).next();

  test("cut a batch into consecutive parts with buckets of their own", () => {
    const parts = microbatches(batch, 2);
    expect(parts.length).toBe(4);
    expect(parts.flatMap(({ tokens }) => [...tokens])).toEqual([...batch.tokens]);
    expect(parts.flatMap(({ targets }) => [...targets])).toEqual([...batch.targets]);
    expect(parts.flatMap(({ domains }) => [...domains])).toEqual([...batch.domains]);
    for (const { tokens, order, starts } of parts) expect({ order, starts }).toEqual(bucketByToken(tokens, 256));
  });

  test("of the whole batch are the batch itself", () => {
    expect(microbatches(batch, 8)).toEqual([batch]);
  });

  test("refuse a size that does not divide the batch", () => {
    expect(() => microbatches(batch, 3)).toThrow(/8 sequences cannot be cut into microsteps of 3/);
    expect(() => microbatches(batch, 0)).toThrow(/microsteps of 0/);
  });
});
