/** What main does for a window, channel by channel. */
import { app, Menu } from "electron";
import { readKernelTable } from "../experiments/runs/devices/node/kernel-table.ts";
import { documentHandlers } from "./document-handlers.ts";
import { exportFile, exportFolder } from "./export.ts";
import type { Handlers } from "./ipc/handle.ts";
import { openLink } from "./links.ts";
import { menuTemplate } from "./menu.ts";
import type { NotebookWindow } from "./notebook-window.ts";
import { printPdf } from "./printing.ts";
import type { RecentFiles } from "./recent.ts";
import type { Recovery } from "./recovery.ts";
import type { RunIndexThread } from "./run-index.ts";
import type { Windows } from "./windows.ts";

/** Menus per window: on macOS there is one bar, and it shows the focused window's. */
function showMenu(window: NotebookWindow, menu: Menu): void {
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
  const store = (id: number) => windows.get(id).store;
  const writer = (id: number, number: number) => store(id).writer(number);
  /** for what is exported: a dialog that the person has asked for */
  const place = (id: number) => {
    const { asking } = windows.get(id);
    asking.need("a dialog");
    return { asking, notebooks: windows.paths };
  };

  return {
    ...documentHandlers({ windows, recent, recovery }),
    "window.state": (id, { title, dirty, pristine, activeRuns }) => {
      const window = windows.get(id);
      Object.assign(window, { dirty, pristine, activeRuns });
      window.window.setTitle(`${dirty ? "• " : ""}${title}`);
      window.window.setDocumentEdited(dirty);
      window.window.setRepresentedFilename(window.path ?? "");
    },
    "window.new": async (id) => {
      windows.get(id).asking.need("a new window");
      await windows.create(null);
    },
    "window.closed": (id, proceed) => {
      if (proceed) windows.get(id).finishClosing();
    },
    "menu.set": (id, descriptions) => {
      const window = windows.get(id);
      const choose = (action: string) => {
        window.asking.note();
        window.notify("command", action);
      };
      const menu = Menu.buildFromTemplate(menuTemplate(descriptions, choose, { platform: process.platform, development: !app.isPackaged }));
      menus.set(id, menu);
      showMenu(window, menu);
    },
    "export.file": (id, name, contents) => exportFile(place(id), name, contents),
    "export.folder": (id, files) => exportFolder(place(id), files),
    "export.pdf": (id, name, html) => exportFile(place(id), name, () => printPdf(html)),
    "link.open": (id, url) => openLink(windows.get(id), url),

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
