/** Gives the host what a notebook has not saved, every second in which it changed: a crash loses no more typing than that. */
import type { Host } from "../host/host.ts";
import type { NotebookState } from "./notebook.svelte.ts";

/** Milliseconds between looks. */
const every = 1000;

export class UnsavedKeeper {
  private readonly host: Pick<Host, "keepRecovery">;
  private readonly onFailure: (why: string) => void;
  /** what the host has been given, and of which document */
  private kept: { id: string; unsaved: string | null } = { id: "", unsaved: null };
  private failed = false;

  constructor(host: Pick<Host, "keepRecovery">, onFailure: (why: string) => void) {
    this.host = host;
    this.onFailure = onFailure;
  }

  /** @param shown the notebook that the window shows, or null */
  start(shown: () => NotebookState | null): void {
    setInterval(() => void this.look(shown()), every);
  }

  async look(notebook: Pick<NotebookState, "id" | "text" | "dirty" | "commit"> | null): Promise<void> {
    if (!notebook) return;
    notebook.commit(); // what is being typed at the moment counts too
    const { id, kept } = { id: notebook.id, kept: this.kept };
    const unsaved = notebook.dirty ? notebook.text : null;
    // Of a document that was just opened nothing is forgotten: an earlier session's text may be waiting for an answer.
    if (kept.id === id ? kept.unsaved === unsaved : unsaved === null) return;
    this.kept = { id, unsaved };
    try {
      await this.host.keepRecovery(id, unsaved);
      this.failed = false;
    } catch (error) {
      this.kept = { id, unsaved: null };
      if (!this.failed) this.onFailure(`Unsaved text cannot be kept for after a crash: ${(error as Error).message}`);
      this.failed = true;
    }
  }
}
