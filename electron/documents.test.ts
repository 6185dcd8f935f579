import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resultsFolder } from "../experiments/runs/store/node/results-folder.ts";
import { changedSince, readText, writeText } from "./documents.ts";

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
    await writeFile(join(folder, "a.md"), Buffer.from([0x41, 0xff, 0xfe]));
    await expect(readText(join(folder, "a.md"))).rejects.toThrow("a.md cannot be opened: it is not a text file in UTF-8");
    await expect(readText(join(folder, "b.md"))).rejects.toThrow("b.md cannot be opened: there is no such file");
    await expect(readText(folder)).rejects.toThrow("it is a folder");
    await writeFile(join(folder, "c.md"), "%PDF-1.7\n%\xe2");
    await expect(readText(join(folder, "c.md"))).rejects.toThrow("it is a PDF, not a notebook");
    await writeFile(join(folder, "d.md"), "text\0text");
    await expect(readText(join(folder, "d.md"))).rejects.toThrow("it is a binary file, not a notebook");
    for (const name of [".bashrc", "id_rsa", "a.pdf", "a.md.sh"]) {
      await writeFile(join(folder, name), "text");
      await expect(readText(join(folder, name))).rejects.toThrow("it is not a notebook");
    }
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

it.runIf(process.platform === "linux")("a pipe or a device called a notebook is refused unread", async () => {
  spawnSync("mkfifo", [join(folder, "pipe.md")]);
  await symlink("/dev/zero", join(folder, "zero.md"));
  for (const name of ["pipe.md", "zero.md"]) await expect(readText(join(folder, name))).rejects.toThrow("it is no regular file");
});

describe("a Jupyter notebook", () => {
  const cell = (cell_type: string, source: string) => ({
    cell_type,
    source,
    metadata: {},
    ...(cell_type === "code" && { outputs: [], execution_count: null }),
  });

  it("is imported, says what did not come along, and has no file to be saved to", async () => {
    await writeFile(
      join(folder, "old.ipynb"),
      JSON.stringify({
        nbformat: 4,
        nbformat_minor: 5,
        metadata: { kernelspec: { language: "python" } },
        cells: [cell("markdown", "# Notes"), cell("code", "print(1)")],
      }),
    );
    const { text, hash, notes } = await readText(join(folder, "old.ipynb"));
    expect(text).toContain("# Notes");
    expect(hash).toBeNull();
    expect(notes.join()).toMatch(/old.ipynb was imported.*1 cell in python became text/);
  });

  it.each(["{}", "not JSON", `${"[".repeat(200_000)}`, '{"nbformat":3}'])("that is none is refused with its name: %.20s", async (text) => {
    await writeFile(join(folder, "x.ipynb"), text);
    await expect(readText(join(folder, "x.ipynb"))).rejects.toThrow(/^x\.ipynb cannot be opened: /);
  });
});
