/** Unsaved text in a browser's local storage, one copy per document; it stays until it was saved or discarded. */
import * as v from "valibot";
import type { RecoverableDocument } from "./host.ts";

const copySchema = v.object({
  id: v.string(),
  name: v.string(),
  path: v.nullable(v.string()),
  time: v.string(),
  text: v.string(),
  restored: v.array(v.string()),
});
export type BrowserCopy = v.InferOutput<typeof copySchema>;

const prefix = "switchyard.recovery.";

/** A page says that it shows a document by holding a lock of its name, which ends with the page. */
export function holdDocument(id: string): void {
  void navigator.locks?.request(`${prefix}${id}`, () => new Promise(() => {}));
}

async function held(): Promise<Set<string>> {
  const locks = (await navigator.locks?.query())?.held ?? [];
  return new Set(locks.map((lock) => lock.name ?? ""));
}

export function findCopy(id: string): BrowserCopy | null {
  const stored = localStorage.getItem(`${prefix}${id}`);
  if (stored === null) return null;
  try {
    return v.parse(copySchema, JSON.parse(stored));
  } catch {
    // Earlier versions kept the bare text under the notebook's name.
    return {
      id,
      name: id.endsWith(".md") ? id : "untitled.md",
      path: id.endsWith(".md") ? id : null,
      time: new Date(0).toISOString(),
      text: stored,
      restored: [],
    };
  }
}

export const keepCopy = (copy: BrowserCopy): void => localStorage.setItem(`${prefix}${copy.id}`, JSON.stringify(copy));

export const forgetCopy = (id: string): void => localStorage.removeItem(`${prefix}${id}`);

/** Those of documents that no page shows, the newest first. */
export async function looseCopies(): Promise<BrowserCopy[]> {
  const open = await held();
  const ids = Object.keys(localStorage).flatMap((key) => (key.startsWith(prefix) && !open.has(key) ? [key.slice(prefix.length)] : []));
  const copies = ids.map(findCopy).filter((copy) => copy !== null);
  const replaced = new Set(copies.flatMap(({ restored }) => restored));
  return copies.filter(({ id }) => !replaced.has(id)).sort((a, b) => b.time.localeCompare(a.time));
}

export const described = ({ id, name, path, time }: BrowserCopy): RecoverableDocument => ({ id, name, path, time });
