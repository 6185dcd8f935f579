/** The open windows, one per notebook, and what main knows of each. */
import { app, BrowserWindow } from "electron";
import { basename, dirname, extname, join } from "node:path";
import type { FirstDocument, OpenedDocument } from "./ipc/channels.ts";
import { readText } from "./documents.ts";
import { openLink } from "./links.ts";
import { documentOf, NotebookWindow } from "./notebook-window.ts";
import { nobodyLooks } from "./policy/attention.ts";
import { navigationVerdict, windowVerdict } from "./policy/navigation.ts";
import { openingFor } from "./policy/opening.ts";
import type { Copy, Recovery } from "./recovery.ts";

export interface WindowsOptions {
  preload: string;
  /** the page to load */
  url: string;
  developmentUrl: string | null;
  scratch: string;
  recovery: Recovery;
  onOpened(path: string): void;
  onFocus(window: NotebookWindow): void;
  onClosed(id: number): void;
}

/** What a window is to show: a file, or unsaved text of an earlier session. */
export interface Wanted {
  path: string | null;
  copy: Copy | null;
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
    const hidden =
      all.length > 0 && nobodyLooks(all.map(({ window }) => ({ visible: window.isVisible(), minimized: window.isMinimized() })));
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    for (const window of all) window.notify("hidden", hidden);
  }

  get(id: number): NotebookWindow {
    const window = this.all.get(id);
    if (!window) throw new Error("this window is closed");
    return window;
  }

  get size(): number {
    return this.all.size;
  }

  /** A person has dropped a file onto a window: its page may have it opened, once. */
  drop(id: number, path: string): void {
    const window = this.get(id);
    window.dropped = path;
    window.asking.note();
  }

  /** Files of the notebooks that windows show. */
  get paths(): string[] {
    return [...this.all.values()].flatMap(({ document }) => document?.file?.path ?? []);
  }

  /** Recovery copies that belong to what windows show: nobody is to be asked about those. */
  get copiesInUse(): Set<string> {
    return new Set([...this.all.values()].flatMap(({ document }) => (document ? [document.id, ...document.restored] : [])));
  }

  /**
   * Reads what is wanted for a window that will show it, and makes it the window's.
   * @throws Error in words for a person; the window then holds what it held before
   */
  private async load(window: NotebookWindow, { path, copy }: Wanted): Promise<OpenedDocument> {
    const file = path === null ? null : await readText(path);
    // An imported notebook has no file of its own yet.
    const own = file !== null && file.hash !== null ? { path: path!, hash: file.hash } : null;
    const name = path === null ? (copy?.name ?? "untitled.md") : own ? basename(path) : `${basename(path, extname(path))}.md`;
    const document = documentOf(name, own);
    if (path !== null && !own) document.folder = dirname(path);
    if (copy) document.restored.push(copy.id, ...copy.restored);
    await window.show(document);
    if (path !== null) this.options.onOpened(path);
    return {
      id: document.id,
      path: own?.path ?? null,
      name,
      text: file?.text ?? "",
      unsaved: copy?.text ?? null,
      recovered: own && !copy ? await this.offerOf(own.path, file!.text) : null,
      notes: file?.notes ?? [],
    };
  }

  /** Unsaved text of a file's earlier session. What is no different from the file is forgotten: nothing of it can be lost. */
  private async offerOf(path: string, text: string): Promise<OpenedDocument["recovered"]> {
    const { recovery } = this.options;
    for (const copy of await recovery.of(path)) {
      if (this.copiesInUse.has(copy.id)) continue;
      if (copy.text !== text) return { id: copy.id, text: copy.text, time: copy.time };
      await recovery.forget(copy.id);
    }
    return null;
  }

  /** What a page is given when it asks for its first document, and after it was loaded again. */
  async initial(id: number): Promise<FirstDocument> {
    const window = this.get(id);
    const { initial } = window;
    window.initial = null;
    if (initial) return initial;
    const { document } = window;
    if (!document) return { document: null, problem: null };
    // The page was loaded again: it gets what the file says now, and its own unsaved text.
    const copy = await this.options.recovery.find(document.id);
    const { path } = document.file ?? { path: null };
    if (path === null && !copy) {
      await window.show(null);
      return { document: null, problem: null };
    }
    const problem = "The window's page ended unexpectedly and was loaded again.";
    try {
      const file = path === null ? null : await readText(path);
      if (file?.hash != null && document.file) document.file.hash = file.hash;
      return {
        document: {
          id: document.id,
          path,
          name: document.name,
          text: file?.text ?? "",
          unsaved: copy?.text ?? null,
          recovered: null,
          notes: [problem],
        },
        problem: null,
      };
    } catch (error) {
      // Without its file the text that was not saved is all there is of it.
      await window.show(null);
      if (!copy) return { document: null, problem: (error as Error).message };
      return { document: await this.load(window, { path: null, copy }), problem: (error as Error).message };
    }
  }

  /**
   * Opens a notebook where it belongs.
   * @param asking id of the window that asked, or null
   * @returns the document when it goes into the asking window, otherwise null
   * @throws Error in words for a person, when a window asked; otherwise a window of its own says so
   */
  async open(wanted: Wanted, asking: number | null): Promise<OpenedDocument | null> {
    const opening = openingFor(
      wanted.path,
      asking,
      [...this.all.values()].map((it) => it.state),
    );
    if (opening.kind === "focus") {
      this.get(opening.id).window.focus();
      return null;
    }
    if (opening.kind === "here") return this.load(this.get(opening.id), wanted);
    // Read first: what cannot be read needs no window, and whoever asked is told.
    if (asking !== null && wanted.path !== null) await readText(wanted.path);
    await this.create(wanted);
    return null;
  }

  /** @param wanted to be shown at once, or null for the start page */
  async create(wanted: Wanted | null): Promise<NotebookWindow> {
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
    guard(window, this.options.developmentUrl);
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
      if (window.discards && window.document)
        for (const copy of [window.document.id, ...window.document.restored]) void this.options.recovery.forget(copy);
      this.options.onClosed(id);
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
    if (wanted) {
      window.initial = await this.load(window, wanted).then(
        (document) => ({ document, problem: null }),
        (error: Error) => ({ document: null, problem: error.message }),
      );
    }
    await browser.loadURL(this.options.url);
    return window;
  }
}

/** Wires the policies to a window: where it may go and what it may open. */
function guard(window: NotebookWindow, developmentUrl: string | null): void {
  const contents = window.window.webContents;
  const outside = (url: string): void => void openLink(window, url).catch((error: Error) => window.notify("trouble", error.message));
  contents.on("will-navigate", (event) => {
    const verdict = navigationVerdict(event.url, developmentUrl);
    if (verdict === "stay") return;
    event.preventDefault();
    if (verdict === "external") outside(event.url);
  });
  contents.on("will-frame-navigate", (event) => {
    if (!event.isMainFrame) event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    if (windowVerdict(url) === "external") outside(url);
    return { action: "deny" };
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
}

/** Default place of the pieces, next to the bundled main module. */
export function bundledPaths(mainFolder: string): { preload: string; renderer: string; userData: string } {
  return {
    preload: join(mainFolder, "../preload/preload.cjs"),
    renderer: join(mainFolder, "../renderer"),
    userData: app.getPath("userData"),
  };
}
