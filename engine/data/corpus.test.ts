import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { DomainText } from "./domain-text.ts";
import { corpora, corpusFiles, dataHash, domainNames, openCorpus, textDomain } from "./corpus.ts";
import { bigramEntropy } from "./entropy.ts";
import { generateMathematics } from "./mathematics.ts";

const gzipOf = (name: string) => readFile(new URL(`./corpora/${corpusFiles[name]}`, import.meta.url));
const open = async (name: string) => openCorpus(name, await gzipOf(name));
const openAll = () => Promise.all(domainNames.map(open));
const ascii = (text: string) => new TextEncoder().encode(text);

describe("the frozen corpora", () => {
  test("are the texts every published result was made with", async () => {
    // Raise `semantics` in engine/model/config.ts when this changes on purpose.
    expect(Object.fromEntries(corpora.map(({ name, sha256 }) => [name, sha256]))).toEqual({
      prose: "73fef52d7c6b0fd62fc11674c36792a75f4be80386afeac4b7a0a599c21a0e37",
      code: "08499de6b89e67a53b48d0138f80960bcb72a8ab1688378a8bbf4331622c9636",
      math: "1caf5d3cbb8bc7e1eb00c3d423d4adbd3dc7c6a30c120723b8bfc54b5c852469",
    });
    expect(dataHash(await openAll())).toBe("e8303a7135b599581caf925ea1577ee52d7ba5b823fc51088b190e493181d1d1");
  });

  test("are plain ASCII, as long as the manifest says, with the first 90 % for training", async () => {
    for (const { name, bytes, trainLength } of corpora) {
      const text = await open(name);
      expect(text.bytes.length).toBe(bytes);
      expect(text.trainLength).toBe(trainLength);
      expect(trainLength).toBe(Math.floor(bytes * 0.9));
      expect(text.bytes.every((byte) => byte === 9 || byte === 10 || (byte >= 32 && byte < 127))).toBe(true);
    }
  });

  test("have the bigram entropies the documentation gives, and a validation part like the training part", async () => {
    const found: Record<string, number> = {};
    for (const { name, bytes, trainLength } of await openAll()) {
      found[name] = Number(bigramEntropy(bytes.subarray(0, trainLength)).toFixed(2));
      // A tenth of the bytes makes the estimate about 0.02 lower (half a nat per occupied pair over the bytes); the rest is for the texts to differ.
      expect(Math.abs(bigramEntropy(bytes.subarray(trainLength)) - found[name])).toBeLessThan(0.1);
    }
    expect(found).toEqual({ prose: 2.41, code: 2.65, math: 2.01 });
  });

  test("of mathematics is what its generator writes today", async () => {
    expect(generateMathematics(241219437, 1_300_000)).toBe(new TextDecoder().decode((await open("math")).bytes));
  });
});

describe("openCorpus", () => {
  test("refuses a text in which one byte differs, and names both hashes", async () => {
    const { bytes } = await open("math");
    const changed = bytes.slice();
    changed[1000] ^= 1;
    await expect(openCorpus("math", gzipSync(changed))).rejects.toThrow(/not the frozen corpus "math".*expected 1caf5d3c/);
  });

  test("takes the same text however it was compressed", async () => {
    const { bytes } = await open("math");
    const reopened = await openCorpus("math", gzipSync(bytes, { level: 1 }));
    expect(Buffer.compare(reopened.bytes, bytes)).toBe(0);
  });

  test("says so when the file is no gzip or is cut short", async () => {
    await expect(openCorpus("math", ascii("hello"))).rejects.toThrow(/math.txt.gz is not a readable gzip file/);
    await expect(openCorpus("math", (await gzipOf("math")).subarray(0, 5000))).rejects.toThrow(/math.txt.gz is not a readable gzip file/);
  });

  test("lists the corpora there are when asked for another", async () => {
    await expect(openCorpus("poetry", new Uint8Array())).rejects.toThrow(/no corpus "poetry".*prose, code, math/);
  });
});

describe("dataHash", () => {
  const base: DomainText[] = [textDomain("a", ascii("some text")), textDomain("b", ascii("other text"))];

  test("is equal for equal data", () => {
    expect(dataHash(base.map((domain) => ({ ...domain, bytes: domain.bytes.slice() })))).toBe(dataHash(base));
  });

  test.each<[string, (domains: DomainText[]) => DomainText[]]>([
    ["one byte", ([a, b]) => [a, { ...b, bytes: ascii("other texu") }]],
    ["a name", ([a, b]) => [a, { ...b, name: "c" }]],
    ["the split", ([a, b]) => [a, { ...b, trainLength: b.trainLength - 1 }]],
    ["the order of domains", ([a, b]) => [b, a]],
    ["a missing domain", ([a]) => [a]],
    [
      "a byte moved from one domain to the next",
      ([a, b]) => [
        { ...a, bytes: ascii("some tex") },
        { ...b, bytes: ascii("tother text") },
      ],
    ],
  ])("changes with %s", (_, change) => {
    expect(dataHash(change(base))).not.toBe(dataHash(base));
  });
});

describe("bigramEntropy", () => {
  test("is 0 when each byte decides the next", () => {
    expect(bigramEntropy(ascii("abcabcabcabc"))).toBe(0);
  });

  test("is right for a case worked by hand", () => {
    // Pairs of "aabab": aa, ab, ba, ab. After a (3 times): a once, b twice. After b: always a.
    const afterA = -(1 / 3) * Math.log(1 / 3) - (2 / 3) * Math.log(2 / 3);
    expect(bigramEntropy(ascii("aabab"))).toBeCloseTo((3 / 4) * afterA, 14);
  });

  test("refuses a text without a pair", () => {
    expect(() => bigramEntropy(ascii("a"))).toThrow(/two bytes/);
  });
});
