import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DomainText } from "./domain-text.ts";
import { validationBatches, validationWindows } from "./validation.ts";

const text = (name: string, length: number, trainLength: number): DomainText => ({
  name,
  bytes: Uint8Array.from({ length }, (_, i) => i % 251),
  trainLength,
});
/** Where a window lies in its text: windows are views of it. */
const startOf = ({ bytes }: { bytes: Uint8Array }) => bytes.byteOffset;

describe("validation windows", () => {
  test("lie in the validation range, apart from each other, from its first byte to its last", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 20 }),
        fc.nat(500),
        fc.nat(300),
        (seqLen, count, spare, trainLength) => {
          const domain = text("a", trainLength + count * seqLen + 1 + spare, trainLength);
          const windows = validationWindows([domain], seqLen, count);
          expect(windows.length).toBe(count);
          expect(windows.every(({ bytes }) => bytes.length === seqLen + 1)).toBe(true);
          const starts = windows.map(startOf);
          expect(starts[0]).toBe(trainLength);
          expect(starts[count - 1] + seqLen + 1).toBe(domain.bytes.length);
          const gaps = starts.slice(1).map((start, index) => start - starts[index]);
          expect(Math.min(...gaps)).toBeGreaterThanOrEqual(seqLen); // no target is counted twice
          expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1); // evenly spaced
        },
      ),
    );
  });

  test("come domain after domain", () => {
    const windows = validationWindows([text("a", 100, 50), text("b", 200, 100)], 8, 3);
    expect(windows.map(({ domain }) => domain)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test("say how many fit when a text is too short for them", () => {
    const short = text("mine", 100, 59);
    expect(validationWindows([short], 8, 5).length).toBe(5); // 41 bytes: 5·8 tokens and the last target
    expect(() => validationWindows([short], 8, 6)).toThrow(/"mine" has 41 bytes.*room for 5 windows of seqLen 8, not for 6/);
    expect(() => validationWindows([text("mine", 99, 59)], 8, 5)).toThrow(/"mine" has 40 bytes.*room for 4 windows/);
    expect(() => validationWindows([text("mine", 59, 59)], 8, 1)).toThrow(/room for 0 windows/);
    expect(() => validationWindows([short], 8, 0)).toThrow(/windowsPerDomain is 0/);
  });
});

describe("validation batches", () => {
  test("hold every window once, in order, and fill the last batch with padding", () => {
    const windows = validationWindows([text("a", 300, 100), text("b", 300, 100)], 8, 5);
    const batches = validationBatches(windows, { batchSize: 4, seqLen: 8 });
    expect(batches.length).toBe(3);
    expect(batches.flatMap(({ domains }) => [...domains])).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1, -1]);
    windows.forEach(({ bytes }, index) => {
      const { tokens, targets } = batches[index >> 2];
      const at = (index & 3) * 8;
      expect([...tokens.subarray(at, at + 8)]).toEqual([...bytes.subarray(0, 8)]);
      expect([...targets.subarray(at, at + 8)]).toEqual([...bytes.subarray(1)]);
    });
    expect(batches.every(({ tokens }) => tokens.length === 32)).toBe(true);
  });
});
