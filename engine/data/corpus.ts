import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { DomainText } from "./domain-text.ts";
import manifest from "./corpora/manifest.json" with { type: "json" };

/** A frozen text: what `corpora/manifest.json` says of one file beside it. */
export interface CorpusEntry {
  name: string;
  /** gzip of the text, in `engine/data/corpora` */
  file: string;
  /** length of the text */
  bytes: number;
  /** of the text, hexadecimal */
  sha256: string;
  /** first 90 % */
  trainLength: number;
  source: string;
  licence: string;
}

/** Every frozen corpus; the engine reads no files, whoever opens them hands in the bytes of `file`. */
export const corpora: readonly CorpusEntry[] = manifest;

/** "prose", "code", "math" */
export const domainNames: readonly string[] = corpora.map(({ name }) => name);

/** The file of each corpus inside `engine/data/corpora`, by domain name. */
export const corpusFiles: Readonly<Record<string, string>> = Object.fromEntries(corpora.map(({ name, file }) => [name, file]));

/** The bytes are not the frozen text: results made with them would not be comparable. */
export class CorpusError extends Error {
  override readonly name = "CorpusError";
}

/** The frozen text called `name` from the bytes of its gzip file. Throws CorpusError unless it is the pinned text, byte for byte. */
export async function openCorpus(name: string, gzip: Uint8Array): Promise<DomainText> {
  const entry = corpora.find((corpus) => corpus.name === name);
  if (!entry) throw new CorpusError(`There is no corpus "${name}". There are: ${domainNames.join(", ")}.`);
  let bytes: Uint8Array;
  try {
    bytes = await gunzip(gzip);
  } catch (cause) {
    throw new CorpusError(`${entry.file} is not a readable gzip file.`, { cause });
  }
  const found = bytesToHex(sha256(bytes));
  if (found !== entry.sha256) {
    throw new CorpusError(
      `${entry.file} is not the frozen corpus "${name}": sha256 is ${found} of ${bytes.length} bytes, expected ${entry.sha256} of ${entry.bytes} bytes.`,
    );
  }
  return { name, bytes, trainLength: entry.trainLength };
}

/** A person's own text as a domain: its first 90 % for training, like the frozen ones. */
export function textDomain(name: string, bytes: Uint8Array): DomainText {
  return { name, bytes, trainLength: Math.floor(bytes.length * 0.9) };
}

/**
 * SHA-256, hexadecimal, of everything about the data that decides a run: names, split and bytes of the domains, in their order.
 * Part of a run's key. Hand them over in the order of the mixture's keys, which decides who comes first in a batch and which
 * a canonical JSON of the config does not keep.
 */
export function dataHash(domains: readonly DomainText[]): string {
  const described = domains.map(({ name, bytes, trainLength }) => ({ name, trainLength, sha256: bytesToHex(sha256(bytes)) }));
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(described))));
}

async function gunzip(gzip: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([gzip as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
