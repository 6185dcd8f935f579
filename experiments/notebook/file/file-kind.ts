/** Whether a file is a notebook, by its name and by a look at its bytes. */

/** Bytes. The largest notebook that anybody has written is far below; a disk image is far above. */
export const largestNotebook = 32 * 2 ** 20;

export type NotebookFormat = "markdown" | "jupyter";

/** What a file is by its name; null: nothing that we open. */
function formatOf(path: string): NotebookFormat | null {
  if (/\.md$/i.test(path)) return "markdown";
  return /\.ipynb$/i.test(path) ? "jupyter" : null;
}

const beginnings: readonly (readonly [start: string, what: string])[] = [
  ["%PDF-", "a PDF"],
  ["\x89PNG", "a picture"],
  ["\xff\xd8\xff", "a picture"],
  ["GIF8", "a picture"],
  ["PK\x03\x04", "an archive"],
  ["\x1f\x8b", "an archive"],
  ["\x7fELF", "a program"],
];

function kindOf(bytes: Uint8Array): string | null {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  return beginnings.find(([start]) => head.startsWith(start))?.[1] ?? (bytes.includes(0) ? "a binary file" : null);
}

/**
 * The text of a notebook's file.
 * @param name file name
 * @throws Error in words for a person, when it is no notebook
 */
export function notebookText(name: string, bytes: Uint8Array): { text: string; format: NotebookFormat } {
  const refuse = (why: string): Error => new Error(`${name} cannot be opened: ${why}`);
  if (bytes.byteLength > largestNotebook)
    throw refuse(`it has ${(bytes.byteLength / 2 ** 20).toFixed(0)} MiB, and notebooks have ${largestNotebook / 2 ** 20} at most`);
  const kind = kindOf(bytes);
  if (kind !== null) throw refuse(`it is ${kind}, not a notebook`);
  const format = formatOf(name);
  if (format === null) throw refuse("it is not a notebook, whose name ends in .md (or .ipynb)");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), format };
  } catch {
    throw refuse("it is not a text file in UTF-8");
  }
}
