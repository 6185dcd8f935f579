/**
 * JSON files with a checksum of what they say, so that a number that changed after it was written is not taken for evidence. Like the seals of
 * checkpoints it tells damage and careless hands; whoever means to deceive can compute another, and is told by training the run again.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import { encode } from "./json.ts";
import type { Check } from "./parse-json.ts";

/** The same with its seal: SHA-256 (hex) of its canonical JSON (RFC 8785), so that white space and the order of keys are free. A run's result has the run's key in it. */
export function sealed<T extends object>(value: T): T & { seal: string } {
  return { ...value, seal: digestOf(JSON.parse(encode(value)) as object) };
}

const changedWords = "it was changed after it was written: its seal does not fit";

/** @param required null where the file may be without a seal, or why it may not */
export const sealFits =
  (required: (json: object) => string | null): Check =>
  (json) => {
    if (typeof json !== "object" || json === null) return { why: "it is no object" };
    const { seal, ...content } = json as Record<string, unknown>;
    if (seal === undefined) {
      const why = required(json);
      return why === null ? null : { why, changed: true };
    }
    return seal === digestOf(content) ? null : { why: changedWords, changed: true };
  };

const digestOf = (content: object): string => bytesToHex(sha256(utf8ToBytes(canonicalize(content) as string)));
