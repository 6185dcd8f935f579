/** Native dialogs of a window: a person's act opens them, and one at a time. */
import { app, dialog, type BrowserWindow, type MessageBoxOptions, type OpenDialogOptions, type SaveDialogOptions } from "electron";
import { Allowance, Gestures, isAct } from "./policy/gestures.ts";

export class Asking {
  private readonly window: BrowserWindow;
  private readonly gestures = new Gestures();
  private readonly assisted = new Allowance(10, 10_000);
  private open = false;

  constructor(window: BrowserWindow) {
    this.window = window;
    window.webContents.on("input-event", (_event, input) => {
      if (isAct(input.type)) this.note();
    });
  }

  /** A person did something that main itself saw: chose an item of the menu, answered a question, dropped a file. */
  note(): void {
    this.gestures.note(Date.now());
  }

  /** @throws Error when no person has done anything that this could come from */
  need(what: string): void {
    if (this.gestures.take(Date.now())) return;
    if (app.accessibilitySupportEnabled && this.assisted.take(Date.now())) return;
    throw new Error(`${what} needs a key or a click in this window`);
  }

  /** @returns the path, or null when the person cancelled */
  async openFile(options: OpenDialogOptions): Promise<string | null> {
    const { canceled, filePaths } = await this.alone(() => dialog.showOpenDialog(this.window, options));
    return canceled ? null : (filePaths[0] ?? null);
  }

  /** @returns the path, or null when the person cancelled */
  async saveFile(options: SaveDialogOptions): Promise<string | null> {
    const { canceled, filePath } = await this.alone(() => dialog.showSaveDialog(this.window, options));
    return canceled ? null : filePath || null;
  }

  /** @param buttons the last one is what closing the question means */
  async choose(options: MessageBoxOptions & { buttons: string[] }): Promise<number> {
    const { response } = await this.alone(() =>
      dialog.showMessageBox(this.window, { defaultId: 0, cancelId: options.buttons.length - 1, ...options }),
    );
    return response;
  }

  private async alone<T>(show: () => Promise<T>): Promise<T> {
    if (this.open) throw new Error("this window is asking something already");
    this.open = true;
    try {
      return await show();
    } finally {
      this.open = false;
    }
  }
}
