import type { DomainText } from "./domain-text.ts";
import { batchOf, type Batch } from "./batches.ts";

/** One fixed window of validation text: seqLen + 1 bytes. */
export interface ValidationWindow {
  /** index into the domains given */
  domain: number;
  bytes: Uint8Array;
}

/**
 * `windowsPerDomain` windows of each domain's validation range, evenly spaced from its first to its last byte, no token counted twice;
 * domain after domain. They depend on nothing but the texts and the two numbers: equal for every seed and arm.
 */
export function validationWindows(domains: readonly DomainText[], seqLen: number, windowsPerDomain: number): ValidationWindow[] {
  if (!(Number.isInteger(windowsPerDomain) && windowsPerDomain >= 1))
    throw new RangeError(`validation.windowsPerDomain is ${windowsPerDomain}; it must be a whole number from 1.`);
  return domains.flatMap(({ name, bytes, trainLength }, domain) => {
    const length = bytes.length - trainLength;
    // The last token of a window is only a target there, so neighbours may share it.
    const most = Math.floor((length - 1) / seqLen);
    if (windowsPerDomain > most) {
      throw new RangeError(
        `Domain "${name}" has ${length} bytes for validation: room for ${Math.max(0, most)} windows of seqLen ${seqLen}, not for ${windowsPerDomain}. Lower validation.windowsPerDomain or train.seqLen, or use a longer text.`,
      );
    }
    const lastStart = length - (seqLen + 1);
    return Array.from({ length: windowsPerDomain }, (_, index) => {
      const start = trainLength + (windowsPerDomain === 1 ? 0 : Math.floor((lastStart * index) / (windowsPerDomain - 1)));
      return { domain, bytes: bytes.subarray(start, start + seqLen + 1) };
    });
  });
}

/**
 * Windows per domain for the last validation: as many as were asked for, but no more than every text has room for, so that all
 * domains keep the same weight.
 */
export function finalWindows(domains: readonly DomainText[], seqLen: number, final: number | "all"): number {
  const room = Math.min(...domains.map(({ bytes, trainLength }) => Math.floor((bytes.length - trainLength - 1) / seqLen)));
  return Math.max(1, final === "all" ? room : Math.min(final, room));
}

/** The windows as batches of `batchSize` sequences; the last one is filled up with padding sequences (domain −1, token 0). */
export function validationBatches(
  windows: readonly ValidationWindow[],
  { batchSize, seqLen, vocabSize = 256 }: { batchSize: number; seqLen: number; vocabSize?: number },
): Batch[] {
  const padding = { domain: -1, bytes: new Uint8Array(seqLen + 1) };
  return Array.from({ length: Math.ceil(windows.length / batchSize) }, (_, index) => {
    const group = Array.from({ length: batchSize }, (_, sequence) => windows[index * batchSize + sequence] ?? padding);
    return batchOf(
      group.map(({ bytes }) => bytes),
      Int32Array.from(group, ({ domain }) => domain),
      seqLen,
      vocabSize,
    );
  });
}
