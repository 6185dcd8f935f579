/** The desktop shell's entry: switches, scheme, windows, handlers. Everything it decides is in `policy/`. */
import "../engine/closed-prototypes.ts";
import { app, Menu, session } from "electron";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { markInUse } from "../experiments/node/in-use.ts";
import { createHandlers } from "./handlers.ts";
import { handleAll } from "./ipc/handle.ts";
import { appOrigin } from "./policy/assets.ts";
import { notebookArguments } from "./policy/opening.ts";
import { switchesFor } from "./policy/switches.ts";
import { quieten, quietenAll } from "./quiet.ts";
import { RecentFiles } from "./recent.ts";
import { Recovery } from "./recovery.ts";
import { RunIndexThread } from "./run-index.ts";
import { registerScheme, serveScheme } from "./scheme.ts";
import { bundledPaths, Windows } from "./windows.ts";

markInUse(join(import.meta.dirname, ".."));
registerScheme();

/** Set by `electron-vite dev`, which builds for development; what `npm run build` has built loads nothing but its own files. */
const developmentUrl = import.meta.env.DEV ? (process.env.ELECTRON_RENDERER_URL ?? null) : null;
quietenAll(developmentUrl);

const switches = switchesFor({
  platform: process.platform,
  enabledFeatures: app.commandLine.getSwitchValue("enable-features"),
  softwareWebGpu: process.env.SWITCHYARD_SOFTWARE_WEBGPU === "1",
  developmentHost: developmentUrl === null ? null : new URL(developmentUrl).hostname,
});
for (const { name, value } of switches) app.commandLine.appendSwitch(name, value);

/** Notebooks that the system hands over before the windows exist (macOS). */
const early: string[] = [];
let openLater = (path: string): void => void early.push(path);
app.on("open-file", (event, path) => {
  event.preventDefault();
  openLater(path);
});

function start(): void {
  const { preload, renderer, userData } = bundledPaths(import.meta.dirname);
  mkdirSync(userData, { recursive: true });
  serveScheme(renderer);
  quieten(session.defaultSession, developmentUrl);

  const recovery = new Recovery(join(userData, "recovery"));
  const recent = new RecentFiles(join(userData, "recent.json"));
  const menus = new Map<number, Menu>();
  const windows = new Windows({
    preload,
    url: developmentUrl ?? `${appOrigin}/index.html`,
    developmentUrl,
    scratch: join(userData, "scratch.results"),
    recovery,
    onOpened: (path) => recent.add(path),
    onFocus: (window) => {
      const menu = menus.get(window.id);
      if (process.platform === "darwin" && menu) Menu.setApplicationMenu(menu);
    },
    onClosed: (id) => menus.delete(id),
  });
  const handlers = createHandlers({ windows, recent, recovery, menus, runs: new RunIndexThread() });
  handleAll(handlers, (id, path) => windows.drop(id, path), developmentUrl);
  Menu.setApplicationMenu(null);

  openLater = (path) => void windows.open({ path, copy: null }, null);
  const notebooks = [...notebookArguments(process.argv.slice(1)).map((path) => resolve(path)), ...early];
  if (notebooks.length === 0) void windows.create(null);
  for (const path of notebooks) void windows.open({ path, copy: null }, null);

  app.on("second-instance", (_event, argv, folder) => {
    const paths = notebookArguments(argv.slice(1)).map((path) => resolve(folder, path));
    if (paths.length === 0) void windows.create(null);
    for (const path of paths) void windows.open({ path, copy: null }, null);
  });
  app.on("activate", () => {
    if (windows.size === 0) void windows.create(null);
  });
}

app.on("window-all-closed", () => {
  if (process.platform !== "darwin") app.quit();
});

if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();
