/** The main process as it runs in the app, on a folder of its own: its handlers, windows, recovery, recent files, stores and index of runs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ArgumentsOf, ChannelName, Reply, ResultOf } from "../../electron/ipc/channels.ts";
import { createHandlers } from "../../electron/handlers.ts";
import { handleAll } from "../../electron/ipc/handle.ts";
import { RecentFiles } from "../../electron/recent.ts";
import { Recovery } from "../../electron/recovery.ts";
import type { RunIndexThread } from "../../electron/run-index.ts";
import { Windows } from "../../electron/windows.ts";
import { RunIndex } from "../../experiments/runs/index/node/index.ts";
import { send } from "./electron-double.ts";

export interface Desk {
  windows: Windows;
  recovery: Recovery;
  /** @throws Error where main refuses */
  ask<Name extends ChannelName>(window: number, name: Name, ...args: ArgumentsOf<Name>): Promise<ResultOf<Name>>;
}

export function openDesk(userData: string): Desk {
  mkdirSync(userData, { recursive: true });
  const recovery = new Recovery(join(userData, "recovery"));
  const recent = new RecentFiles(join(userData, "recent.json"));
  const menus = new Map();
  const windows = new Windows({
    preload: "",
    url: "app://switchyard/index.html",
    developmentUrl: null,
    scratch: join(userData, "scratch.results"),
    recovery,
    onOpened: (path) => recent.add(path),
    onFocus: () => {},
    onClosed: (id) => menus.delete(id),
  });
  // The index in this very thread: what it answers is the same.
  const index = new RunIndex(join(userData, "data"));
  const runs: Pick<RunIndexThread, "search" | "read"> = {
    search: (query, freshness) => index.search(query, { refresh: freshness !== "known", rebuild: freshness === "rebuilt" }),
    read: (run) => index.read(run),
  };
  handleAll(createHandlers({ windows, recent, recovery, menus, runs: runs as RunIndexThread }), (id, path) => windows.drop(id, path), null);
  return {
    windows,
    recovery,
    async ask<Name extends ChannelName>(window: number, name: Name, ...args: ArgumentsOf<Name>): Promise<ResultOf<Name>> {
      const reply = (await send(window, name, args)) as Reply<ResultOf<Name>>;
      if (reply.ok) return reply.value;
      throw Object.assign(new Error(reply.error.message), { name: reply.error.name });
    },
  };
}
