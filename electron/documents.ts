/** Notebook files on disk: read, written atomically. */
import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { fromJupyter } from "../experiments/notebook/file/ipynb.ts";
import { readNotebookFile } from "../experiments/notebook/file/node/read.ts";

export interface FileText {
  text: string;
  /** of the bytes on disk, and tells later whether another program changed the file; null: the text was made from a file of another format */
  hash: string | null;
  /** what did not come along from a file of another format */
  notes: string[];
}

export const hashOf = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** @throws Error in words for a person: see `readNotebookFile`; a Jupyter notebook that is none */
export async function readText(path: string): Promise<FileText> {
  const { text, bytes, format } = await readNotebookFile(path);
  if (format === "markdown") return { text, hash: hashOf(bytes), notes: [] };
  try {
    const { text: imported, notes } = fromJupyter(text, basename(path, extname(path)));
    return {
      text: imported,
      hash: null,
      notes: [`${basename(path)} was imported: it is saved as a notebook of its own, and the Jupyter notebook stays as it is.`, ...notes],
    };
  } catch (error) {
    const why = error instanceof RangeError ? "it is nested too deeply" : (error as Error).message;
    throw new Error(`${basename(path)} cannot be opened: ${why}`);
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
    return hashOf((await readNotebookFile(path)).bytes) !== hash;
  } catch (error) {
    return !/there is no such file$/.test((error as Error).message); // gone: saving brings it back
  }
}
