import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedSince, readText, Recovery, writeText } from "./documents.ts";
import { resultsFolder } from "../experiments/runs/results-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("notebook files", () => {
  it("keep every byte over a save, BOM and line endings included", async () => {
    const path = join(folder, "a.md");
    const text = "\uFEFF# A\r\n\r\ntext é\n";
    await writeText(path, text);
    expect((await readText(path)).text).toBe(text);
    expect((await readFile(path)).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  });

  it("are refused with the reason when they are not text", async () => {
    await writeFile(join(folder, "a.md"), Buffer.from([0xff, 0xfe, 0x00]));
    await expect(readText(join(folder, "a.md"))).rejects.toThrow("a.md cannot be opened: it is not a text file in UTF-8");
    await expect(readText(join(folder, "b.md"))).rejects.toThrow("b.md cannot be opened: it does not exist");
    await expect(readText(folder)).rejects.toThrow("it is a folder");
  });

  it("are known to have changed when another program wrote them, and not otherwise", async () => {
    const path = join(folder, "a.md");
    const hash = await writeText(path, "one");
    expect(await changedSince(path, hash)).toBe(false);
    await writeFile(path, "two");
    expect(await changedSince(path, hash)).toBe(true);
    await rm(path);
    expect(await changedSince(path, hash)).toBe(false);
  });

  it("have their results beside them", () => {
    expect(resultsFolder("/n/balancing.md")).toBe("/n/balancing.results");
    expect(resultsFolder("/n.v1/balancing")).toBe("/n.v1/balancing.results");
  });
});

it("unsaved text is found again by its document and forgotten when asked", async () => {
  const recovery = new Recovery(join(folder, "recovery"));
  expect(await recovery.find("/a.md")).toBeNull();
  await recovery.keep("/a.md", "unsaved");
  expect(await recovery.find("/a.md")).toBe("unsaved");
  expect(await recovery.find("/b.md")).toBeNull();
  await recovery.forget("/a.md");
  expect(await recovery.find("/a.md")).toBeNull();
});
