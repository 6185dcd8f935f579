/** The only bridge between the page (sandboxed, isolated) and main: the channels of the table, nothing else. */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from "electron";
import type { Bridge, NoticeName, Notices } from "./ipc/channels.ts";

const bridge: Bridge = {
  platform: process.platform,
  // Main refuses names that are not in the table, so the table itself need not be bundled here.
  call: (name, ...args) => ipcRenderer.invoke(`switchyard:${name}`, ...args),
  on: <Name extends NoticeName>(name: Name, listener: (...args: Notices[Name]) => void) => {
    const forward = (_event: IpcRendererEvent, ...args: unknown[]) => listener(...(args as Notices[Name]));
    ipcRenderer.on(`switchyard:${name}`, forward);
    return () => ipcRenderer.off(`switchyard:${name}`, forward);
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld("switchyardBridge", bridge);
