/** Notebook files on disk: read, written atomically, and copied for recovery while they have unsaved changes. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import writeFileAtomic from "write-file-atomic";

export interface FileText {
  text: string;
  /** of the bytes on disk; tells later whether another program changed the file */
  hash: string;
}

const hashOf = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** @throws Error in words for a person: missing, a folder, no permission, not UTF-8 */
export async function readText(path: string): Promise<FileText> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = { ENOENT: "it does not exist", EISDIR: "it is a folder", EACCES: "you have no permission to read it" }[code ?? ""] ?? (error as Error).message;
    throw new Error(`${basename(path)} cannot be opened: ${why}`);
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), hash: hashOf(bytes) };
  } catch {
    throw new Error(`${basename(path)} cannot be opened: it is not a text file in UTF-8`);
  }
}

/** @returns hash of what was written */
export async function writeText(path: string, text: string): Promise<string> {
  await writeFileAtomic(path, text, { encoding: "utf8" });
  return hashOf(text);
}

/** True when the file is there and is not what `hash` was taken of. */
export async function changedSince(path: string, hash: string): Promise<boolean> {
  try {
    return hashOf(await readFile(path)) !== hash;
  } catch {
    return false; // gone: saving brings it back
  }
}

/** Unsaved text, by document, in a folder of the user's data. */
export class Recovery {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  private file(document: string): string {
    return join(this.folder, `${hashOf(document).slice(0, 16)}.md`);
  }

  async keep(document: string, text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFileAtomic(this.file(document), text);
  }

  async find(document: string): Promise<string | null> {
    return readFile(this.file(document), "utf8").catch(() => null);
  }

  async forget(document: string): Promise<void> {
    await rm(this.file(document), { force: true });
  }
}
