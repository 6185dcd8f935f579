/**
 * Names of files for names that people give: cells, experiments, notebooks. Letters and digits of every script stay; what a
 * file system, a shell or a web address reads as something else becomes a dash. Names that differ stay different: one that
 * had to be changed ends in a hash of what it was.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** UTF-8 bytes of a name without its ending: file systems take 255 with the ending, that of a temporary file included, and some (encrypted ones) 143. */
const longestStem = 120;

const hashDigits = 8;

/** A device for Windows, whatever follows the first dot. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin|conout|clock)(?:\.|$)/i;

/** @param told.identity what tells the thing from all others, where that is more than the text; @param told.exact false: the text alone does not tell it */
export function fileStem(text: string, { identity = text, exact = true }: { identity?: string; exact?: boolean } = {}): string {
  const clean = text
    .normalize("NFC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/[^\p{L}\p{M}\p{N}_.+=,-]+/gu, "-")
    // a hidden file, an option of a command, a mark without its letter; what Windows takes away
    .replace(/^[-.+=,\p{M}]+|[-.+=,]+$/gu, "");
  const name = reserved.test(clean) ? `_${clean}` : clean || "unnamed";
  return exact && name === text && bytesOf(name) <= longestStem ? name : hashed(name, identity, hashDigits);
}

/** What file systems that ignore case and ways to write an accent hold for one name. */
export const sameOnDisk = (name: string): string => name.normalize("NFKD").toLowerCase().toUpperCase().toLowerCase().normalize("NFKD");

/**
 * File names for things that lie in one folder: those that would be one file where case is ignored all get a hash.
 * @param wanted what tells each thing from all others → the name it would have
 * @param endings that stand after a name; where a name with one of them is another's, both get a hash
 */
export function distinctStems(wanted: ReadonlyMap<string, string>, endings: readonly string[] = [""]): Map<string, string> {
  const digits = new Map<string, number>();
  for (;;) {
    const names = new Map(
      [...wanted].map(([identity, text]) => [identity, digits.has(identity) ? hashed(text, identity, digits.get(identity)!) : text]),
    );
    const owners = new Map<string, string[]>();
    for (const [identity, name] of names)
      for (const ending of endings) {
        const place = sameOnDisk(name + ending);
        owners.set(place, [...(owners.get(place) ?? []), identity]);
      }
    const clashing = new Set([...owners.values()].filter((identities) => identities.length > 1).flat());
    if (clashing.size === 0) return names;
    for (const identity of clashing) digits.set(identity, Math.min(64, 2 * (digits.get(identity) ?? hashDigits / 2)));
  }
}

function hashed(name: string, identity: string, digits: number): string {
  // as JSON: half a surrogate pair has no bytes of its own
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify(identity)))).slice(0, digits);
  return `${cutTo(name, longestStem - digits - 1)}-${hash}`;
}

const bytesOf = (text: string): number => utf8ToBytes(text).length;

/** The start of a name, whole letters. */
function cutTo(name: string, bytes: number): string {
  if (bytesOf(name) <= bytes) return name;
  let [kept, used] = ["", 0];
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(name)) {
    used += bytesOf(segment);
    if (used > bytes) break;
    kept += segment;
  }
  return kept.replace(/[-.+=,]+$/, "") || "unnamed";
}
