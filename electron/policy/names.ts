/** Names of files that a page may propose for what it exports. A dialog shows them, but a name can also lie or start programs. */

const kinds = ["html", "pdf", "md", "ipynb", "svg", "png", "csv", "tex", "json", "txt"];
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** control characters, what turns text round or hides in it, and what separates folders */
const unfit = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\\/:*?"<>|]/u;

/** One part of a path: an ordinary name of at most 200 characters. */
function isPlainName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && !unfit.test(name) && !/^[.\s-]|[.\s]$/.test(name) && !reserved.test(name);
}

/** Of a kind that the app writes: no script, no shortcut, no start-up file. */
export const hasExportKind = (name: string): boolean => kinds.some((kind) => name.toLowerCase().endsWith(`.${kind}`));

/** `figures/loss.svg`: plain names, at most two folders deep. */
export function isExportPath(path: string): boolean {
  const parts = path.split("/");
  return parts.length <= 3 && parts.every(isPlainName) && hasExportKind(path);
}

/** What can be proposed for a file that somebody calls `name`. */
export function plainNameOf(name: string, otherwise = "untitled"): string {
  const dot = name.lastIndexOf(".");
  const ending = dot === -1 ? "" : name.slice(dot).replace(new RegExp(unfit, "gu"), "").slice(0, 20);
  const stem = (dot === -1 ? name : name.slice(0, dot))
    .replace(new RegExp(unfit, "gu"), "-")
    .replace(/^[.\s-]+|[.\s]+$/g, "")
    .slice(0, 150);
  const plain = `${stem}${ending}`;
  return isPlainName(plain) && stem !== "" ? plain : `${otherwise}${ending}`;
}
