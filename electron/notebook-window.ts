/** A window, the document that main holds for it, and its store. */
import type { BrowserWindow } from "electron";
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { Asking } from "./asking.ts";
import type { FirstDocument, NoticeName, Notices } from "./ipc/channels.ts";
import { closingQuestion } from "./policy/closing.ts";
import type { WindowState } from "./policy/opening.ts";
import { WindowStore } from "./stores.ts";

export interface WindowDocument {
  /** given by main; what the page says of its document it says with this id */
  readonly id: string;
  name: string;
  /** as the window last read or wrote it; null: it has no file yet */
  file: { path: string; hash: string } | null;
  /** where a first save is proposed, when it came from somewhere */
  folder: string | null;
  /** recovery copies whose text went into it, which go when it is saved */
  restored: string[];
}

export const documentOf = (name: string, file: WindowDocument["file"] = null): WindowDocument => ({
  id: randomUUID(),
  name,
  file,
  folder: null,
  restored: [],
});

/** The page speaks of another document than its window holds. */
class WrongDocumentError extends Error {
  override readonly name = "WrongDocumentError";
}

export class NotebookWindow {
  readonly window: BrowserWindow;
  readonly asking: Asking;
  document: WindowDocument | null = null;
  /** to hand to the page when it asks for its first document */
  initial: FirstDocument | null = null;
  /** path of a file that a person has just dropped */
  dropped: string | null = null;
  dirty = false;
  pristine = true;
  activeRuns = 0;
  /** the person has said, on closing, that the unsaved text is not to be kept */
  discards = false;
  private opened: WindowStore | null = null;
  private mayClose = false;
  private readonly scratch: string;

  constructor(window: BrowserWindow, scratch: string) {
    this.window = window;
    this.asking = new Asking(window);
    this.scratch = scratch;
  }

  get id(): number {
    return this.window.webContents.id;
  }

  get path(): string | null {
    return this.document?.file?.path ?? null;
  }

  get state(): WindowState {
    return { id: this.id, path: this.path, pristine: this.pristine };
  }

  get store(): WindowStore {
    this.opened ??= new WindowStore(this.path, this.scratch, (text) => console.warn(text));
    return this.opened;
  }

  /**
   * The document of that id, which the page must mean: whatever went wrong in it, it writes over nothing it does not show.
   * @throws {WrongDocumentError}
   */
  holds(id: string): WindowDocument {
    if (this.document?.id === id) return this.document;
    const held = this.document ? `holds ${this.document.name} now` : "holds no notebook";
    throw new WrongDocumentError(`this window ${held}, not the notebook that was to be saved; nothing was written`);
  }

  /** Another document takes the window. */
  async show(document: WindowDocument | null): Promise<void> {
    this.document = document;
    await this.resetStore();
  }

  /** The store follows the notebook: after it is saved elsewhere the next use finds its new place. */
  async moveTo(file: { path: string; hash: string }): Promise<void> {
    if (!this.document) return;
    const moved = file.path !== this.path;
    Object.assign(this.document, { file, name: basename(file.path) });
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
    const name = this.path === null ? "this notebook" : basename(this.path);
    const question = closingQuestion({ name, dirty: this.dirty, activeRuns: this.activeRuns });
    let save = false;
    if (question) {
      const { message, detail, answers } = question;
      const asked = this.asking.choose({ type: "question", message, detail, buttons: answers.map((it) => it.label) });
      const response = await asked.catch(() => null); // another question is open: closing waits until it is answered
      const answer = response === null ? "cancel" : answers[response].answer;
      if (answer === "cancel") return;
      save = answer === "save";
      this.discards = answer === "discard";
    }
    this.asking.note();
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
