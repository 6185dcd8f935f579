/** Node-only: where a notebook's runs lie. */
import { readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";

/**
 * `x/balancing.md` → `x/balancing.results`. A notebook of another ending keeps it (`balancing.markdown.results`), so that two
 * notebooks beside each other never share reports; unless a store without it is its own, from a version that left it away.
 */
export function resultsFolder(notebook: string): string {
  const ending = extname(notebook);
  const without = `${notebook.slice(0, notebook.length - ending.length)}.results`;
  return [".md", ""].includes(ending) || ownerOf(without) === basename(notebook) ? without : `${notebook}.results`;
}

function ownerOf(store: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(store, "manifest.json"), "utf8")) as { notebook?: unknown }).notebook;
  } catch {
    return null; // there is none, or none that says it
  }
}
