/**
 * Everything that needs the operating system. Electron implements it over IPC (`electron.ts`); the browser version
 * (`browser.ts`) lets the very same renderer run in plain Chromium.
 */
import type { KernelTable } from "../../engine/backends/webgpu/matmul/table.ts";
import type { ComparableRun } from "../../experiments/runs/index/comparison.ts";
import type { FoundRuns, RunQuery, RunReference } from "../../experiments/runs/index/query.ts";
import type { NamedExperiment } from "../../experiments/runs/store/named-experiment.ts";
import type { RunStore } from "../../experiments/runs/store/store.ts";

export interface OpenedDocument {
  /** given by the host, and said with every save: only what the window holds is written */
  id: string;
  /** for display; null: it has no file yet */
  path: string | null;
  name: string;
  /** of the file; of a document without one, its first text */
  text: string;
  /** what the person had written and not saved, shown in place of `text`; null: nothing */
  unsaved: string | null;
  /** an earlier session's unsaved text that nobody has answered for yet; null: there is none */
  recovered: { id: string; text: string; time: string } | null;
  /** what a person should know of how it was opened */
  notes: string[];
}

interface FirstDocument {
  document: OpenedDocument | null;
  /** why a notebook that was asked for is not here */
  problem: string | null;
}

/** Unsaved text of a document that no window shows. */
export interface RecoverableDocument {
  id: string;
  name: string;
  path: string | null;
  /** ISO, of its last change */
  time: string;
}

export interface RecentFile {
  path: string;
  name: string;
}

export type SaveOutcome = { status: "saved"; path: string; name: string } | { status: "cancelled" };

interface WindowState {
  title: string;
  dirty: boolean;
  /** the start page, or a new notebook nobody has typed in: another notebook may take its window */
  pristine: boolean;
  /** runs that train or wait */
  activeRuns: number;
}

interface MenuItem {
  id: string;
  label: string;
  accelerator: string | null;
  enabled: boolean;
  separated: boolean;
}

export interface MenuDescription {
  label: string;
  items: MenuItem[];
}

export type FileContents = string | Uint8Array;

/** known: as the index stands; refreshed: brought up to date with the stores first; rebuilt: made again from them */
export type Freshness = "known" | "refreshed" | "rebuilt";

/** The runs of all notebooks, wherever the host keeps them. */
export interface RunArchive {
  /** Rejects with an error named WhereError for a condition that cannot be searched by. */
  search(query: RunQuery, freshness: Freshness): Promise<FoundRuns>;
  read(run: RunReference): Promise<ComparableRun>;
}

export interface KeptNames {
  /** file name of the notebook */
  notebook: string;
  /** it was trained with */
  budget: string | null;
  experiments: NamedExperiment[];
}

export interface Host {
  readonly kind: "electron" | "browser";
  /** decides how keys are written: ⌘S or Ctrl+S */
  readonly mac: boolean;
  readonly store: RunStore;
  readonly runs: RunArchive;

  /** remembers which runs are which arms of the open notebook's experiments */
  keepNames(names: KeptNames): Promise<void>;
  /** what `switchyard tune` measured for this user, which the command line uses too; null: nothing was tuned, or there is no file to read */
  kernelTable(): Promise<KernelTable | null>;

  initialDocument(): Promise<FirstDocument>;
  /** the window shows a notebook without a file from now on; resolves with the id of it */
  newDocument(name: string): Promise<string>;
  /** null: nothing picked, or it opened in another window */
  openDocument(): Promise<OpenedDocument | null>;
  openRecent(file: RecentFile): Promise<OpenedDocument | null>;
  /** a file dropped onto the page */
  openDropped(file: File): Promise<OpenedDocument | null>;
  recentFiles(): Promise<RecentFile[]>;
  /** Rejects with an error named WrongDocumentError, and writes nothing, when the window holds another document. */
  save(id: string, text: string, options: { as: boolean; suggestedName: string }): Promise<SaveOutcome>;
  /** keeps unsaved text for after a crash; null: there is none */
  keepRecovery(id: string, text: string | null): Promise<void>;
  /** documents of earlier sessions with unsaved text, the newest first */
  recoverable(): Promise<RecoverableDocument[]>;
  /** opens one of them as it was left */
  recover(copy: string): Promise<OpenedDocument | null>;
  /** the offered copy went into the document and goes when that is saved */
  restored(id: string, copy: string): Promise<void>;
  discard(copy: string): Promise<void>;

  newWindow(): Promise<void>;
  setWindowState(state: WindowState): void;
  setMenu(menus: MenuDescription[]): void;
  /** an item of the system's menu was chosen */
  onCommand(listener: (actionId: string) => void): void;
  /** what the host has to say without being asked */
  onTrouble(listener: (message: string) => void): void;
  /** nobody can see the app any more, or somebody can again */
  onHidden(listener: (hidden: boolean) => void): void;
  /** the window is about to close; the listener saves or stops what it must and says whether it may go */
  onClosing(listener: (options: { save: boolean }) => Promise<boolean>): void;

  /** Each resolves with where it went, or null when the person cancelled. */
  exportFile(name: string, contents: FileContents): Promise<string | null>;
  exportFolder(files: { path: string; contents: FileContents }[]): Promise<string | null>;
  exportPdf(name: string, html: string): Promise<string | null>;
  /** Rejects, in words for a person, for what is no link that may leave. */
  openLink(url: string): Promise<void>;
}
