/** Opening, saving and recovering: a page gets and writes only what a person has chosen. */
import { app } from "electron";
import { access } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { changedSince, writeText } from "./documents.ts";
import type { SaveOutcome } from "./ipc/channels.ts";
import type { Handlers } from "./ipc/handle.ts";
import { documentOf, type NotebookWindow } from "./notebook-window.ts";
import { plainNameOf } from "./policy/names.ts";
import type { RecentFiles } from "./recent.ts";
import type { Recovery } from "./recovery.ts";
import type { Windows } from "./windows.ts";

const notebookFilter = { name: "Notebook", extensions: ["md"] };
const openFilter = { name: "Notebook", extensions: ["md", "ipynb"] };

export interface DocumentParts {
  windows: Windows;
  recent: RecentFiles;
  recovery: Recovery;
}

export type DocumentHandlers = Pick<Handlers, Extract<keyof Handlers, `document.${string}`>>;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where to save: the window's own file, or what the person picks; null when they cancel. */
async function saveTarget({ asking, document }: NotebookWindow, as: boolean, suggestedName: string): Promise<string | null> {
  const file = document?.file ?? null;
  if (file && !as) {
    if (!(await changedSince(file.path, file.hash))) return file.path;
    const answer = await asking.choose({
      type: "warning",
      message: `${basename(file.path)} was changed by another program.`,
      detail: "Saving replaces what that program wrote.",
      buttons: ["Save As…", "Replace", "Cancel"],
    });
    if (answer === 2) return null;
    if (answer === 1) return file.path;
  } else asking.need("a dialog");
  const defaultPath = file?.path ?? join(document?.folder ?? app.getPath("documents"), plainNameOf(suggestedName));
  const picked = await asking.saveFile({ defaultPath, filters: [notebookFilter] });
  return picked === null ? null : withEnding(picked);
}

/** A notebook's name ends in .md: other endings belong to other programs. */
async function withEnding(path: string): Promise<string> {
  if (/\.md$/i.test(path)) return path;
  if (extname(path) !== "")
    throw new Error(`${basename(path)}: a notebook's name ends in .md; the File menu has exports for other formats`);
  if (await exists(`${path}.md`)) throw new Error(`${basename(path)}.md is there already: choose it by its whole name to replace it`);
  return `${path}.md`;
}

export function documentHandlers({ windows, recent, recovery }: DocumentParts): DocumentHandlers {
  return {
    "document.initial": (id) => windows.initial(id),
    "document.new": async (id, name) => {
      const document = documentOf(name);
      await windows.get(id).show(document);
      return document.id;
    },
    "document.open": async (id) => {
      const { asking } = windows.get(id);
      asking.need("a dialog");
      const path = await asking.openFile({ properties: ["openFile"], filters: [openFilter] });
      return path === null ? null : windows.open({ path, copy: null }, id);
    },
    "document.openDropped": async (id) => {
      const window = windows.get(id);
      const path = window.dropped;
      window.dropped = null;
      if (path === null) throw new Error("no file was dropped onto this window");
      if (path === "") throw new Error("what was dropped is not a file on this disk");
      return windows.open({ path, copy: null }, id);
    },
    "document.openRecent": async (id, path) => {
      if (!recent.list().some((it) => it.path === path)) throw new Error(`${basename(path)} is not among the recent files`);
      windows.get(id).asking.need("opening a recent file");
      return windows.open({ path, copy: null }, id);
    },
    "document.recent": () => recent.list(),
    "document.save": async (id, documentId, text, { as, suggestedName }): Promise<SaveOutcome> => {
      const window = windows.get(id);
      window.holds(documentId);
      const path = await saveTarget(window, as, suggestedName);
      if (path === null) return { status: "cancelled" };
      const document = window.holds(documentId); // another may have come while the person was asked
      if (path !== window.path && windows.paths.some((other) => resolve(other) === resolve(path)))
        throw new Error(`${basename(path)} is open in another window: choose another name`);
      const hash = await writeText(path, text);
      // The text lies in its file now: only from here on are its copies of no use.
      for (const copy of [document.id, ...document.restored.splice(0)]) await recovery.forget(copy);
      if (path !== window.path) await window.store.takeAlong(path);
      await window.moveTo({ path, hash });
      recent.add(path);
      return { status: "saved", path, name: basename(path) };
    },
    "document.recovery": async (id, documentId, text) => {
      const { name, file, restored } = windows.get(id).holds(documentId);
      if (text === null) return recovery.forget(documentId);
      await recovery.keep({
        id: documentId,
        name,
        path: file?.path ?? null,
        time: new Date().toISOString(),
        text,
        restored: [...restored],
      });
    },
    "document.recoverable": async () => {
      const inUse = windows.copiesInUse;
      const all = await recovery.all();
      return all
        .filter((copy) => !inUse.has(copy.id))
        .slice(0, 50)
        .map(({ id, name, path, time }) => ({ id, name, path, time }));
    },
    "document.recover": async (id, copyId) => {
      windows.get(id).asking.need("opening unsaved text");
      const copy = windows.copiesInUse.has(copyId) ? null : await recovery.find(copyId);
      if (!copy) throw new Error("this unsaved text is not there any more");
      const path = copy.path !== null && (await exists(copy.path)) ? copy.path : null;
      return windows.open({ path, copy }, id);
    },
    "document.restored": async (id, documentId, copyId) => {
      const { file, restored } = windows.get(id).holds(documentId);
      const copy = file && (await recovery.of(file.path)).find(({ id: other }) => other === copyId);
      if (copy) restored.push(copy.id, ...copy.restored);
    },
    "document.discard": async (id, copyId) => {
      windows.get(id).asking.need("discarding unsaved text");
      if (windows.copiesInUse.has(copyId)) return;
      const copy = await recovery.find(copyId);
      for (const gone of [copyId, ...(copy?.restored ?? [])]) await recovery.forget(gone);
    },
  };
}
