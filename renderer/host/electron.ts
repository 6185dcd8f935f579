/** The host over Electron's IPC bridge. */
import { RunLockedError, RunLostError, StoreWriteError, type RunStore, type RunWriter } from "../../experiments/runs/store/store.ts";
import type { ArgumentsOf, Bridge, ChannelName, ResultOf } from "../../electron/ipc/channels.ts";
import type { Host } from "./host.ts";

declare global {
  var switchyardBridge: Bridge | undefined;
}

const errorTypes: Record<string, new (message: string) => Error> = { RunLockedError, RunLostError, StoreWriteError, TypeError };

export function electronHost(bridge: Bridge): Host {
  async function call<Name extends ChannelName>(name: Name, ...args: ArgumentsOf<Name>): Promise<ResultOf<Name>> {
    const reply = await bridge.call(name, ...args);
    if (reply.ok) return reply.value;
    const { name: type, message } = reply.error;
    throw errorTypes[type] ? new errorTypes[type](message) : Object.assign(new Error(message), { name: type });
  }

  return {
    kind: "electron",
    mac: bridge.platform === "darwin",
    store: remoteStore(call),
    runs: {
      search: (query, freshness) => call("runs.search", query, freshness),
      read: ({ store, key }) => call("runs.read", { store, key }),
    },
    keepNames: (names) => call("store.keepNames", names),
    kernelTable: () => call("kernels.table"),
    initialDocument: () => call("document.initial"),
    newDocument: (name) => call("document.new", name),
    openDocument: () => call("document.open"),
    openRecent: ({ path }) => call("document.openRecent", path),
    openDropped: () => call("document.openDropped"), // main has its path from the preload, which saw the drop
    recentFiles: () => call("document.recent"),
    save: (id, text, options) => call("document.save", id, text, options),
    keepRecovery: (id, text) => call("document.recovery", id, text),
    recoverable: () => call("document.recoverable"),
    recover: (copy) => call("document.recover", copy),
    restored: (id, copy) => call("document.restored", id, copy),
    discard: (copy) => call("document.discard", copy),
    newWindow: () => call("window.new"),
    setWindowState: (state) => void call("window.state", state),
    setMenu: (menus) => void call("menu.set", menus),
    onCommand: (listener) => void bridge.on("command", listener),
    onTrouble: (listener) => void bridge.on("trouble", listener),
    onHidden: (listener) => void bridge.on("hidden", listener),
    onClosing: (listener) =>
      void bridge.on("closing", (options) => void listener(options).then((proceed) => call("window.closed", proceed))),
    exportFile: (name, contents) => call("export.file", name, contents),
    exportFolder: (files) => call("export.folder", files),
    exportPdf: (name, html) => call("export.pdf", name, html),
    openLink: (url) => call("link.open", url),
  };
}

type Call = <Name extends ChannelName>(name: Name, ...args: ArgumentsOf<Name>) => Promise<ResultOf<Name>>;

function remoteStore(call: Call): RunStore {
  return {
    name: "the notebook's results",
    find: (key) => call("store.find", key),
    events: (key) => call("store.events", key),
    weights: (key) => call("store.weights", key),
    list: () => call("store.list"),
    open: async (record) => remoteWriter(call, await call("store.open", record)),
  };
}

function remoteWriter(call: Call, id: number): RunWriter {
  return {
    checkpoint: () => call("writer.checkpoint", id),
    events: () => call("writer.events", id),
    append: (events) => call("writer.append", id, [...events]),
    saveCheckpoint: (bytes) => call("writer.saveCheckpoint", id, bytes),
    finish: (result, weights) => call("writer.finish", id, result, weights),
    reset: () => call("writer.reset", id),
    release: () => call("writer.release", id).catch(() => {}), // the window may be closing
  };
}
