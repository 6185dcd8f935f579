/** The open windows, one per notebook, and what main knows of each. */
import { app, BrowserWindow, dialog, shell } from "electron";
import { basename, join } from "node:path";
import type { NoticeName, Notices, OpenedDocument } from "./ipc/channels.ts";
import { readText, Recovery } from "./documents.ts";
import { nobodyLooks } from "./policy/attention.ts";
import { closingQuestion } from "./policy/closing.ts";
import { navigationVerdict, windowVerdict } from "./policy/navigation.ts";
import { openingFor, type WindowState } from "./policy/opening.ts";
import { isPermitted } from "./policy/permissions.ts";
import { WindowStore } from "./stores.ts";

/** A notebook's file as the window last read or wrote it. */
export interface WindowDocument {
  path: string;
  hash: string;
}

export class NotebookWindow {
  readonly window: BrowserWindow;
  document: WindowDocument | null = null;
  /** a document to hand to the page when it asks for its first one */
  initial: OpenedDocument | null = null;
  dirty = false;
  pristine = true;
  activeRuns = 0;
  private opened: WindowStore | null = null;
  private mayClose = false;
  private readonly scratch: string;

  constructor(window: BrowserWindow, scratch: string) {
    this.window = window;
    this.scratch = scratch;
  }

  get id(): number {
    return this.window.webContents.id;
  }

  /** Text saved for recovery is kept under this name. */
  get recoveryName(): string {
    return this.document?.path ?? "untitled";
  }

  get state(): WindowState {
    return { id: this.id, path: this.document?.path ?? null, pristine: this.pristine };
  }

  get store(): WindowStore {
    this.opened ??= new WindowStore(this.document?.path ?? null, this.scratch, (text) => console.warn(text));
    return this.opened;
  }

  /** The store follows the notebook: after a document is opened or saved elsewhere the next use finds its new place. */
  async moveTo(document: WindowDocument): Promise<void> {
    const moved = document.path !== this.document?.path;
    this.document = document;
    if (moved && this.activeRuns === 0) await this.resetStore();
  }

  async resetStore(): Promise<void> {
    const store = this.opened;
    this.opened = null;
    await store?.releaseAll();
  }

  notify<Name extends NoticeName>(name: Name, ...args: Notices[Name]): void {
    if (!this.window.isDestroyed()) this.window.webContents.send(`switchyard:${name}`, ...args);
  }

  /** Asks what the policy asks. The page saves and stops its runs, then answers through `finishClosing`. */
  async requestClose(): Promise<void> {
    const name = this.document ? basename(this.document.path) : "this notebook";
    const question = closingQuestion({ name, dirty: this.dirty, activeRuns: this.activeRuns });
    let save = false;
    if (question) {
      const cancel = question.answers.length - 1;
      const { response } = await dialog.showMessageBox(this.window, {
        type: "question",
        message: question.message,
        detail: question.detail,
        buttons: question.answers.map((it) => it.label),
        defaultId: 0,
        cancelId: cancel,
      });
      const { answer } = question.answers[response];
      if (answer === "cancel") return;
      save = answer === "save";
    }
    if (this.activeRuns > 0 || save) this.notify("closing", { save });
    else this.finishClosing();
  }

  finishClosing(): void {
    this.mayClose = true;
    this.window.close();
  }

  get closesNow(): boolean {
    return this.mayClose;
  }
}

export interface WindowsOptions {
  preload: string;
  /** the page to load */
  url: string;
  developmentUrl: string | null;
  scratch: string;
  recovery: Recovery;
  onOpened(path: string): void;
  onFocus(window: NotebookWindow): void;
}

export class Windows {
  private readonly all = new Map<number, NotebookWindow>();
  private readonly options: WindowsOptions;
  private hidden = false;

  constructor(options: WindowsOptions) {
    this.options = options;
  }

  /** Tells all windows when the last one went out of sight, and when one is back. */
  private look(): void {
    const all = [...this.all.values()].filter(({ window }) => !window.isDestroyed());
    const hidden = all.length > 0 && nobodyLooks(all.map(({ window }) => ({ visible: window.isVisible(), minimized: window.isMinimized() })));
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    for (const window of all) window.notify("hidden", hidden);
  }

  /** Files that windows show: nothing else may be written onto them. */
  documents(): string[] {
    return [...this.all.values()].flatMap(({ document }) => (document ? [document.path] : []));
  }

  get(id: number): NotebookWindow {
    const window = this.all.get(id);
    if (!window) throw new Error("this window is closed");
    return window;
  }

  get size(): number {
    return this.all.size;
  }

  /** Reads a notebook for a window that will show it. */
  async load(window: NotebookWindow, path: string): Promise<OpenedDocument> {
    const { text, hash } = await readText(path);
    await window.moveTo({ path, hash });
    this.options.onOpened(path);
    const recovered = await this.options.recovery.find(path);
    return { path, name: basename(path), text, recovered: recovered !== text ? recovered : null };
  }

  /**
   * Opens a notebook where it belongs.
   * @param asking id of the window that asked, or null
   * @returns the document when it goes into the asking window, otherwise null
   */
  async open(path: string, asking: number | null): Promise<OpenedDocument | null> {
    const opening = openingFor(path, asking, [...this.all.values()].map((it) => it.state));
    if (opening.kind === "focus") {
      this.get(opening.id).window.focus();
      return null;
    }
    if (opening.kind === "here") return this.load(this.get(opening.id), path);
    await this.create(path);
    return null;
  }

  /** @param path a notebook to show at once, or null for the start page */
  async create(path: string | null): Promise<NotebookWindow> {
    const browser = new BrowserWindow({
      width: 1360,
      height: 880,
      minWidth: 900,
      minHeight: 560,
      show: false,
      title: "Switchyard",
      webPreferences: {
        preload: this.options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        backgroundThrottling: false,
      },
    });
    const window = new NotebookWindow(browser, this.options.scratch);
    const { id } = window;
    this.all.set(id, window);
    guard(browser, this.options.developmentUrl);
    browser.once("ready-to-show", () => browser.show());
    const look = () => this.look();
    browser.on("show", look).on("hide", look).on("minimize", look).on("restore", look);
    browser.on("focus", () => this.options.onFocus(window));
    browser.on("page-title-updated", (event) => event.preventDefault());
    browser.on("close", (event) => {
      if (window.closesNow) return;
      event.preventDefault();
      void window.requestClose();
    });
    browser.on("closed", () => {
      this.all.delete(id);
      void window.resetStore();
      this.look();
    });
    // A reload or a crash of the page ends its runs' writers; the runs go on from their checkpoints.
    browser.webContents.on("did-start-navigation", (details) => {
      if (details.isMainFrame && !details.isSameDocument) void window.resetStore();
    });
    browser.webContents.on("render-process-gone", (_event, { reason }) => {
      void window.resetStore();
      if (reason !== "clean-exit" && !browser.isDestroyed()) browser.webContents.reload();
    });
    try {
      window.initial = path === null ? null : await this.load(window, path);
    } catch (error) {
      void dialog.showMessageBox(browser, { type: "error", message: (error as Error).message });
    }
    await browser.loadURL(this.options.url);
    return window;
  }
}

/** Wires the policies to a window: where it may go, what it may open, what it may ask for. */
function guard(browser: BrowserWindow, developmentUrl: string | null): void {
  const contents = browser.webContents;
  contents.on("will-navigate", (event) => {
    const verdict = navigationVerdict(event.url, developmentUrl);
    if (verdict === "stay") return;
    event.preventDefault();
    if (verdict === "external") void shell.openExternal(event.url);
  });
  contents.setWindowOpenHandler(({ url }) => {
    if (windowVerdict(url) === "external") void shell.openExternal(url);
    return { action: "deny" };
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.session.setPermissionRequestHandler((_contents, permission, answer) => answer(isPermitted(permission)));
  contents.session.setPermissionCheckHandler((_contents, permission) => isPermitted(permission));
}

/** Default place of the pieces, next to the bundled main module. */
export function bundledPaths(mainFolder: string): { preload: string; renderer: string; userData: string } {
  return { preload: join(mainFolder, "../preload/preload.cjs"), renderer: join(mainFolder, "../renderer"), userData: app.getPath("userData") };
}
