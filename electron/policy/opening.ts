/** One window per notebook: where a file that a person opens goes. */

export interface WindowState {
  id: number;
  /** file of the window's notebook; null for a new notebook or the start page */
  path: string | null;
  /** the start page, or a new notebook nobody has typed in */
  pristine: boolean;
}

export type Opening = { kind: "focus" | "here"; id: number } | { kind: "new" };

/**
 * @param path null for a document that has no file
 * @param asking the window that asked, or null when the system did (double click, command line)
 */
export function openingFor(path: string | null, asking: number | null, windows: readonly WindowState[]): Opening {
  const already = windows.find((window) => path !== null && window.path === path);
  if (already) return { kind: "focus", id: already.id };
  const free = windows.find((window) => window.id === asking && window.path === null && window.pristine);
  return free ? { kind: "here", id: free.id } : { kind: "new" };
}

/** Recent files, newest first, each once. */
export function withRecent(recent: readonly string[], path: string, limit = 12): string[] {
  return [path, ...recent.filter((other) => other !== path)].slice(0, limit);
}

/** Notebooks among a program's arguments. */
export function notebookArguments(argv: readonly string[]): string[] {
  return argv.filter((argument) => !argument.startsWith("-") && /\.(md|ipynb)$/i.test(argument));
}
