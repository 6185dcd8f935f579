/** What main does for a window, channel by channel. */
import { app, BrowserWindow, dialog, Menu, shell } from "electron";
import { basename, join } from "node:path";
import { readKernelTable } from "../experiments/runs/kernel-table-node.ts";
import { changedSince, Recovery, writeText } from "./documents.ts";
import { exportFile, exportFolder, printPdf } from "./export.ts";
import type { SaveOutcome } from "./ipc/channels.ts";
import type { Handlers } from "./ipc/handle.ts";
import { menuTemplate } from "./menu.ts";
import { windowVerdict } from "./policy/navigation.ts";
import type { RecentFiles } from "./recent.ts";
import type { RunIndexThread } from "./run-index.ts";
import type { NotebookWindow, Windows } from "./windows.ts";

const notebookFilter = { name: "Notebook", extensions: ["md"] };

/** Where to save: the window's own file, or what the person picks; null when they cancel. */
async function saveTarget(window: NotebookWindow, as: boolean, suggestedName: string): Promise<string | null> {
  const { document } = window;
  if (document && !as) {
    if (!(await changedSince(document.path, document.hash))) return document.path;
    const { response } = await dialog.showMessageBox(window.window, {
      type: "warning",
      message: `${basename(document.path)} was changed by another program.`,
      detail: "Saving replaces what that program wrote.",
      buttons: ["Save As…", "Replace", "Cancel"],
      defaultId: 0,
      cancelId: 2,
    });
    if (response === 2) return null;
    if (response === 1) return document.path;
  }
  const defaultPath = document?.path ?? join(app.getPath("documents"), suggestedName);
  const { filePath, canceled } = await dialog.showSaveDialog(window.window, { defaultPath, filters: [notebookFilter] });
  return canceled || !filePath ? null : filePath;
}

/** Menus per window: on macOS there is one bar, and it shows the focused window's. */
export function showMenu(window: NotebookWindow, menu: Menu): void {
  if (process.platform !== "darwin") window.window.setMenu(menu);
  else if (window.window.isFocused()) Menu.setApplicationMenu(menu);
}

export interface HandlerParts {
  windows: Windows;
  recent: RecentFiles;
  recovery: Recovery;
  /** by window */
  menus: Map<number, Menu>;
  runs: RunIndexThread;
}

export function createHandlers({ windows, recent, recovery, menus, runs }: HandlerParts): Handlers {
  const browser = (id: number): BrowserWindow => windows.get(id).window;
  const store = (id: number) => windows.get(id).store;
  const writer = (id: number, number: number) => store(id).writer(number);

  return {
    "document.initial": async (id) => {
      const { initial } = windows.get(id);
      windows.get(id).initial = null;
      // After a reload the page asks again: it gets what the file says now, and its own unsaved text to restore.
      const { document } = windows.get(id);
      return initial ?? (document ? windows.load(windows.get(id), document.path) : null);
    },
    "document.open": async (id) => {
      const { filePaths, canceled } = await dialog.showOpenDialog(browser(id), { properties: ["openFile"], filters: [notebookFilter] });
      return canceled || !filePaths[0] ? null : windows.open(filePaths[0], id);
    },
    "document.openPath": (id, path) => windows.open(path, id),
    "document.openRecent": async (id, path) => {
      if (!recent.list().some((it) => it.path === path)) throw new Error(`${basename(path)} is not among the recent files`);
      return windows.open(path, id);
    },
    "document.recent": () => recent.list(),
    "document.save": async (id, text, { as, suggestedName }): Promise<SaveOutcome> => {
      const window = windows.get(id);
      const path = await saveTarget(window, as, suggestedName);
      if (path === null) return { status: "cancelled" };
      const before = window.recoveryName;
      const hash = await writeText(path, text);
      await recovery.forget(before);
      if (path !== window.document?.path) await window.store.takeAlong(path);
      await window.moveTo({ path, hash });
      recent.add(path);
      return { status: "saved", path, name: basename(path) };
    },
    "document.recovery": async (id, text) => {
      const { recoveryName } = windows.get(id);
      await (text === null ? recovery.forget(recoveryName) : recovery.keep(recoveryName, text));
    },
    "window.state": (id, { title, dirty, pristine, activeRuns }) => {
      const window = windows.get(id);
      Object.assign(window, { dirty, pristine, activeRuns });
      window.window.setTitle(`${dirty ? "• " : ""}${title}`);
      window.window.setDocumentEdited(dirty);
      window.window.setRepresentedFilename(window.document?.path ?? "");
    },
    "window.new": async () => {
      await windows.create(null);
    },
    "window.closed": (id, proceed) => {
      if (proceed) windows.get(id).finishClosing();
    },
    "menu.set": (id, descriptions) => {
      const window = windows.get(id);
      const choose = (action: string) => window.notify("command", action);
      const menu = Menu.buildFromTemplate(menuTemplate(descriptions, choose, { platform: process.platform, development: !app.isPackaged }));
      menus.set(id, menu);
      showMenu(window, menu);
    },
    "export.file": (id, name, contents) => exportFile(browser(id), name, contents, windows.documents()),
    "export.folder": (id, files) => exportFolder(browser(id), files, windows.documents()),
    "export.pdf": (id, name, html) => exportFile(browser(id), name, () => printPdf(html), windows.documents()),
    "link.open": async (_id, url) => {
      if (windowVerdict(url) !== "external") throw new Error(`${url} is not a link that may leave the app`);
      await shell.openExternal(url);
    },

    "kernels.table": async () => {
      const { table, problem } = await readKernelTable();
      if (problem) console.warn(problem);
      return table;
    },

    "store.name": (id) => store(id).store.name,
    "store.find": (id, key) => store(id).find(key),
    "store.events": (id, key) => store(id).store.events(key),
    "store.weights": (id, key) => store(id).store.weights(key),
    "store.list": (id) => store(id).store.list(),
    "store.open": (id, record) => store(id).open(record),
    "writer.checkpoint": (id, number) => writer(id, number).checkpoint(),
    "writer.events": (id, number) => writer(id, number).events(),
    "writer.append": (id, number, events) => writer(id, number).append(events),
    "writer.saveCheckpoint": (id, number, bytes) => writer(id, number).saveCheckpoint(bytes),
    "writer.finish": (id, number, result, weights) => writer(id, number).finish(result, weights),
    "writer.reset": (id, number) => writer(id, number).reset(),
    "writer.release": (id, number) => store(id).release(number),
    "store.keepNames": (id, names) => store(id).keepNames(names),

    "runs.search": (_id, query, freshness) => runs.search(query, freshness),
    "runs.read": (_id, run) => runs.read(run),
  };
}
