import { log } from "../numerics/elementary.ts";

/**
 * Conditional entropy H(next byte | byte) of a text in nats per byte, from its own bigram counts: the loss that the best
 * predictor knowing one byte of context reaches on this text. A model below it has learned more than letter pairs.
 */
export function bigramEntropy(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new RangeError("Bigram entropy needs at least two bytes.");
  const pairs = new Float64Array(256 * 256);
  const firsts = new Float64Array(256);
  for (let i = 0; i + 1 < bytes.length; i++) {
    pairs[bytes[i] * 256 + bytes[i + 1]]++;
    firsts[bytes[i]]++;
  }
  let nats = 0;
  for (let pair = 0; pair < pairs.length; pair++) {
    if (pairs[pair] > 0) nats -= pairs[pair] * log(pairs[pair] / firsts[pair >> 8]);
  }
  return nats / (bytes.length - 1);
}
