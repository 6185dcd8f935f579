/** The only bridge between the page (sandboxed, isolated) and main: the channels of the table, nothing else. */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from "electron";
import type { Bridge, droppedChannel, NoticeName, Notices } from "./ipc/channels.ts";

const bridge: Bridge = {
  platform: process.platform,
  // Main refuses names that are not in the table, so the table itself need not be bundled here.
  call: (name, ...args) => ipcRenderer.invoke(`switchyard:${name}`, ...args),
  on: <Name extends NoticeName>(name: Name, listener: (...args: Notices[Name]) => void) => {
    const forward = (_event: IpcRendererEvent, ...args: unknown[]) => listener(...(args as Notices[Name]));
    ipcRenderer.on(`switchyard:${name}`, forward);
    return () => ipcRenderer.off(`switchyard:${name}`, forward);
  },
};

/**
 * The path of a dropped file goes to main from here, never through the page: a page can make neither a trusted event nor a
 * file with a path. Main holds it for the page's next `document.openDropped`.
 */
const dropped: typeof droppedChannel = "switchyard-preload:dropped";
window.addEventListener(
  "drop",
  (event) => {
    const file = event.isTrusted ? event.dataTransfer?.files[0] : undefined;
    if (file) ipcRenderer.send(dropped, webUtils.getPathForFile(file));
  },
  { capture: true },
);

contextBridge.exposeInMainWorld("switchyardBridge", bridge);
