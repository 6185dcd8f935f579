/** Node-only: a notebook's file, looked at before it is believed to be one. */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { largestNotebook, notebookText, type NotebookFormat } from "../file-kind.ts";

const reasons: Record<string, string> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you have no permission to read it",
  EPERM: "you have no permission to read it",
};

function whyNot(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return Object.hasOwn(reasons, code) ? reasons[code] : message;
}

/** The bytes of a regular file, up to one more than a notebook may have. A pipe or a device is refused unread: it may never end. */
async function readRegular(path: string): Promise<Uint8Array> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const about = await file.stat();
    if (about.isDirectory()) throw new Error("it is a folder");
    if (!about.isFile()) throw new Error("it is no regular file");
    if (about.size > largestNotebook)
      throw new Error(`it has ${(about.size / 2 ** 20).toFixed(0)} MiB, and notebooks have ${largestNotebook / 2 ** 20} at most`);
    const bytes = Buffer.alloc(about.size);
    const { bytesRead } = await file.read(bytes, 0, about.size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file?.close();
  }
}

/**
 * Text and bytes of a notebook.
 * @throws Error in words for a person: missing, a folder, no permission, no notebook by its name or its content, too large
 */
export async function readNotebookFile(path: string): Promise<{ text: string; bytes: Uint8Array; format: NotebookFormat }> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegular(path);
  } catch (error) {
    throw new Error(`${basename(path)} cannot be opened: ${whyNot(error)}`);
  }
  return { bytes, ...notebookText(basename(path), bytes) };
}
