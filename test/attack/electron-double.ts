/**
 * What the main process needs of Electron where there is none: windows that show nothing, and a person who answers
 * dialogs only as a test has said. Everything else under attack is the app's own.
 */
import { EventEmitter } from "node:events";
import { tmpdir } from "node:os";

type Listener = (event: unknown, ...args: unknown[]) => unknown;

/** How the person answers; by default they cancel whatever they did not ask for. */
export const person = {
  /** dialogs and links that came before them */
  seen: [] as string[],
  openFile: (): string | null => null,
  saveFile: (_proposed: string): string | null => null,
  choose: (_buttons: string[]): number => -1,
};

export const page = "app://switchyard/index.html";
const handlers = new Map<string, Listener>();
const listeners = new Map<string, Listener>();
let nextId = 1;

class Contents extends EventEmitter {
  readonly id = nextId++;
  readonly sent: unknown[][] = [];
  readonly session = { on: () => {}, webRequest: { onBeforeRequest: () => {} } };
  send(...args: unknown[]): void {
    this.sent.push(args);
    if (this.sent.length > 100) this.sent.shift();
  }
  reload(): void {}
  setWindowOpenHandler(): void {}
  setWebRTCIPHandlingPolicy(): void {}
  printToPDF = async (): Promise<Uint8Array> => new TextEncoder().encode("%PDF-1.4");
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  readonly webContents = new Contents();
  title = "";
  private destroyed = false;
  constructor() {
    super();
    this.setMaxListeners(50);
    BrowserWindow.all.push(this);
  }
  async loadURL(): Promise<void> {}
  isDestroyed = (): boolean => this.destroyed;
  isVisible = (): boolean => true;
  isMinimized = (): boolean => false;
  isFocused = (): boolean => true;
  show(): void {}
  focus(): void {}
  setMenu(): void {}
  setTitle(title: string): void {
    this.title = title;
  }
  setDocumentEdited(): void {}
  setRepresentedFilename(): void {}
  close(): void {
    let prevented = false;
    this.emit("close", { preventDefault: () => (prevented = true) });
    if (!prevented) this.destroy();
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    BrowserWindow.all = BrowserWindow.all.filter((window) => window !== this);
    this.emit("closed");
  }
}

export const app = Object.assign(new EventEmitter(), {
  isPackaged: true,
  accessibilitySupportEnabled: false,
  getPath: () => tmpdir(),
  addRecentDocument: () => {},
});

export const dialog = {
  showOpenDialog: async () => {
    person.seen.push("open");
    const path = person.openFile();
    return { canceled: path === null, filePaths: path === null ? [] : [path] };
  },
  showSaveDialog: async (_window: unknown, { defaultPath = "" }: { defaultPath?: string }) => {
    person.seen.push("save");
    const filePath = person.saveFile(defaultPath);
    return { canceled: filePath === null, filePath };
  },
  showMessageBox: async (_window: unknown, { message, buttons }: { message: string; buttons: string[] }) => {
    person.seen.push(message);
    const answer = person.choose(buttons);
    return { response: answer === -1 ? buttons.length - 1 : answer };
  },
};

export const Menu = { buildFromTemplate: (template: unknown) => ({ template }), setApplicationMenu: () => {} };
export const shell = { openExternal: async (url: string) => void person.seen.push(`link ${url}`) };
export const session = {
  fromPartition: () => ({
    protocol: { handle: () => {}, unhandle: () => {} },
    webRequest: { onBeforeRequest: () => {} },
    setPermissionRequestHandler: () => {},
    setPermissionCheckHandler: () => {},
    on: () => {},
    clearStorageData: async () => {},
  }),
};
export const protocol = {};

export const ipcMain = {
  handle: (name: string, listener: Listener) => void handlers.set(name, listener),
  on: (name: string, listener: Listener) => void listeners.set(name, listener),
};

const eventFrom = (window: number, url: string, nested: boolean) => ({
  sender: { id: window },
  senderFrame: { url, parent: nested ? {} : null },
});

/** A message as the page of a window sends it: over a structured clone, as between processes. */
export async function send(window: number, name: string, args: readonly unknown[], { url = page, nested = false } = {}): Promise<unknown> {
  const handler = handlers.get(`switchyard:${name}`);
  if (!handler) throw new Error(`no handler for ${name}`);
  return handler(eventFrom(window, url, nested), ...(structuredClone(args) as unknown[]));
}

/** What only the preload can say. */
export function sendDropped(window: number, path: unknown, { url = page, nested = false } = {}): void {
  listeners.get("switchyard-preload:dropped")?.(eventFrom(window, url, nested), path);
}

/** A person presses a mouse button in a window. */
export function press(window: number): void {
  BrowserWindow.all.find(({ webContents }) => webContents.id === window)?.webContents.emit("input-event", {}, { type: "mouseDown" });
}
