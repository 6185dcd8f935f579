/** The window: its notebook, its panes, its messages, and what the actions do. */
import { parseNotebook } from "../../experiments/notebook/file/markdown.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { nameExperiment } from "../../experiments/runs/store/named-experiment.ts";
import { StoreStack } from "../../experiments/runs/store/store-stack.ts";
import type { Host, MenuDescription, OpenedDocument, RecentFile, RecoverableDocument, SaveOutcome } from "../host/host.ts";
import type { CellRunner } from "./cell-runner.ts";
import { blankNotebook, type GalleryNotebook } from "../shipped/gallery.ts";
import { Layout } from "./layout.svelte.ts";
import type { NotebookState } from "./notebook.svelte.ts";
import { shippedRuns } from "../shipped/shipped-runs.ts";
import { RunBrowser } from "./run-browser.svelte.ts";
import { Studies } from "./studies.svelte.ts";
import type { StudyView } from "./study.svelte.ts";
import { Theme } from "./theme.svelte.ts";
import { UnsavedKeeper } from "./unsaved.ts";

export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "bad";
  choices: { label: string; run: () => void }[];
}

/** Warnings about a file that are shown when it opens; the command line tells all. */
const mostWarnings = 10;

/** What can be done to an app; the registry (`app/actions.ts`) stands above it and is handed down. */
export interface AppAction {
  enabled(app: App): boolean;
  run(app: App): unknown;
}

export interface AppActions {
  find(id: string): AppAction | undefined;
  menusFor(app: App): MenuDescription[];
}

export class App {
  readonly host: Host;
  readonly theme = new Theme();
  readonly layout = new Layout();
  readonly studies: Studies;
  readonly runs: RunBrowser;

  /** what the middle of the window shows; "notebook" is the start page where none is open */
  page = $state<"notebook" | "runs">("notebook");
  notebook = $state.raw<NotebookState | null>(null);
  recent = $state.raw<RecentFile[]>([]);
  /** documents of earlier sessions with unsaved text */
  recoverable = $state.raw<RecoverableDocument[]>([]);
  dialog = $state<"palette" | "help" | null>(null);
  finding = $state(false);
  notices = $state.raw<readonly Notice[]>([]);
  /** what a screen reader is told */
  announcement = $state("");
  inspected = $state.raw<{ study: StudyView; run: string } | null>(null);

  private readonly actions: AppActions;
  private runner: CellRunner | null = null;
  private nextNotice = 1;

  constructor(host: Host, actions: AppActions) {
    this.host = host;
    this.actions = actions;
    this.runs = new RunBrowser(host.runs);
    this.studies = new Studies(new StoreStack([host.store, shippedRuns], (text) => this.tell(text, "bad")), host.kernelTable());
  }

  async start(): Promise<void> {
    const { host } = this;
    host.onCommand((id) => {
      const action = this.actions.find(id);
      if (action?.enabled(this)) void this.perform(action);
    });
    host.onHidden((hidden) => void this.studies.setHidden(hidden));
    host.onClosing(async ({ save }) => {
      if (save && !(await this.save(false))) return false;
      await this.studies.close();
      return true;
    });
    host.onTrouble((message) => this.tell(message, "bad"));
    const { document, problem } = await host.initialDocument();
    if (problem !== null) this.tell(problem, "bad");
    await this.showIfHere(document);
    new UnsavedKeeper(host, (why) => this.tell(why, "bad")).start(() => this.notebook);
    await this.listFiles();
    await this.studies.findDevices();
  }

  /** Runs an action; what goes wrong is told, not lost. */
  perform(action: AppAction): Promise<void> {
    return this.told(() => action.run(this));
  }

  private async told(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error), "bad");
    }
  }

  /** Keeps title and menu in step with the notebook; called inside an effect. */
  syncWindow(): void {
    const { notebook, host } = this;
    const { activeRuns } = this.studies;
    host.setWindowState({
      title: notebook ? `${notebook.title} – Switchyard` : "Switchyard",
      dirty: notebook?.dirty ?? false,
      pristine: notebook?.pristine ?? true,
      activeRuns,
    });
    host.setMenu(this.actions.menusFor(this));
  }

  private async listFiles(): Promise<void> {
    [this.recent, this.recoverable] = await Promise.all([this.host.recentFiles(), this.host.recoverable()]);
  }

  // Notebooks

  newNotebook(): Promise<void> {
    return this.openText({ name: "untitled.md", text: blankNotebook });
  }

  openGallery({ id, text, budget }: GalleryNotebook): Promise<void> {
    return this.openText({ name: `${id}.md`, text, budget, fromGallery: true });
  }

  async open(): Promise<void> {
    await this.showIfHere(await this.host.openDocument());
  }

  openRecent(file: RecentFile): Promise<void> {
    return this.told(async () => this.showIfHere(await this.host.openRecent(file)));
  }

  openDropped(file: File): Promise<void> {
    return this.told(async () => this.showIfHere(await this.host.openDropped(file)));
  }

  /** Opens unsaved text of an earlier session as it was left. */
  recover(copy: RecoverableDocument): Promise<void> {
    return this.told(async () => {
      await this.showIfHere(await this.host.recover(copy.id));
      await this.listFiles();
    });
  }

  discard(copy: Pick<RecoverableDocument, "id">): Promise<void> {
    return this.told(async () => {
      await this.host.discard(copy.id);
      await this.listFiles();
    });
  }

  openLink(url: string): Promise<void> {
    return this.told(() => this.host.openLink(url));
  }

  showGallery(): void {
    if (this.notebook) this.layout.showTab("gallery");
  }

  /** @returns false when the person cancelled */
  async save(as: boolean): Promise<boolean> {
    const { notebook } = this;
    if (!notebook) return true;
    notebook.commit();
    const { text } = notebook;
    const outcome = await this.write(notebook, text, as);
    if (outcome.status === "cancelled") return false;
    const moved = outcome.path !== notebook.path;
    notebook.markSaved(text, { path: outcome.path, name: outcome.name });
    if (moved) await this.keepNames(this.studies.finished); // its runs have come along to the store beside it
    this.announcement = `saved ${outcome.name}`;
    await this.listFiles();
    return true;
  }

  /** What the page shows is saved under a name of its own where the host believes that the window holds something else. */
  private async write(notebook: NotebookState, text: string, as: boolean): Promise<SaveOutcome> {
    try {
      return await this.host.save(notebook.id, text, { as, suggestedName: notebook.name });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "WrongDocumentError") throw error;
      notebook.id = await this.host.newDocument(notebook.name);
      return this.host.save(notebook.id, text, { as: true, suggestedName: notebook.name });
    }
  }

  async exportJupyter(): Promise<void> {
    const { notebook } = this;
    if (!notebook) return;
    notebook.commit();
    const { toJupyter } = await import("../../experiments/notebook/file/ipynb.ts");
    const path = await this.host.exportFile(`${notebook.name.replace(/\.md$/i, "")}.ipynb`, toJupyter(parseNotebook(notebook.text)));
    if (path !== null) this.tell(`The Jupyter notebook is in ${path}.`);
  }

  async exportReport(format: "html" | "pdf" | "markdown"): Promise<void> {
    const { notebook } = this;
    if (!notebook) return;
    notebook.commit();
    const { reportFilesOf, reportOf } = await import("./report.ts");
    const write = async (): Promise<string | null> => {
      if (format === "markdown") return this.host.exportFolder(reportFilesOf(notebook, this.studies));
      const html = reportOf(notebook, this.studies, format === "pdf" ? { theme: "light", paper: "A4" } : {});
      const name = `${notebook.name.replace(/\.md$/, "")}.${format}`;
      return format === "html" ? this.host.exportFile(name, html) : this.host.exportPdf(name, html);
    };
    try {
      const path = await write();
      if (path !== null) this.tell(`The report is in ${path}.`);
    } catch (error) {
      this.tell(`The report could not be exported: ${(error as Error).message}`, "bad");
    }
  }

  async formatCell(): Promise<void> {
    await this.notebook?.editor?.format();
  }

  find(): void {
    this.finding = true;
  }

  showPage(page: "notebook" | "runs"): void {
    this.page = page;
    if (page === "notebook" && this.notebook) this.notebook.focusRequest += 1;
  }

  /** Trains an experiment of a cell again, as a run of that cell. */
  trainAgain(cell: string, { plan }: StudyView): void {
    this.runner?.trainAgain(cell, plan.experiment.id);
  }

  /** Runs know their settings, not their arms' names: the host remembers those, so that all runs can be listed by them. */
  private async keepNames(results: readonly ExperimentResult[]): Promise<void> {
    const { notebook } = this;
    if (!notebook || results.length === 0) return;
    try {
      await this.host.keepNames({ notebook: notebook.name, budget: notebook.budget, experiments: results.map(nameExperiment) });
    } catch (error) {
      this.tell(`The names of these runs' arms could not be kept: ${(error as Error).message}`, "bad");
    }
    if (this.page === "runs" && this.runs.comparison === null) await this.runs.search("refreshed");
  }

  inspect(study: StudyView, run: string): void {
    this.inspected = { study, run };
    this.layout.show("inspector");
  }

  // Messages

  openDialog(dialog: "palette" | "help"): void {
    this.dialog = dialog;
  }

  closeDialog(): void {
    this.dialog = null;
    if (this.notebook) this.notebook.focusRequest += 1;
  }

  tell(text: string, tone: Notice["tone"] = "plain", choices: Notice["choices"] = []): void {
    const id = this.nextNotice++;
    this.notices = [...this.notices, { id, text, tone, choices }];
    if (tone === "plain" && choices.length === 0) setTimeout(() => this.dismiss(id), 6000);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  private async openText({
    fromGallery = false,
    ...document
  }: {
    name: string;
    text: string;
    budget?: string | null;
    fromGallery?: boolean;
  }): Promise<void> {
    // Somebody's work stays where it is: a second notebook gets its own window, where windows can be had.
    if (this.notebook && !this.notebook.pristine) {
      await this.host.newWindow();
      return;
    }
    const id = await this.host.newDocument(document.name);
    // What ships with the app needs no trust to be given.
    await this.replace({ id, path: null, ...document, trusted: true }, fromGallery);
  }

  private async showIfHere(document: OpenedDocument | null): Promise<void> {
    if (!document) return;
    try {
      await this.show(document);
    } catch (error) {
      // The host holds it now, and the page does not show it: nothing that the page saves may go there.
      if (this.notebook) this.notebook.id = await this.host.newDocument(this.notebook.name);
      throw new Error(`${document.name} could not be shown, and is as it was: ${(error as Error).message}`);
    }
  }

  private async show({ id, path, name, text, unsaved, recovered, notes }: OpenedDocument): Promise<void> {
    const notebook = await this.replace({ id, path, name, text, unsaved, trusted: false });
    if (notes.length > 0) this.tell(notes.join("\n"), "plain", [{ label: "Understood", run: () => {} }]);
    if (recovered === null) return;
    const restore = async (): Promise<void> => {
      await this.host.restored(id, recovered.id);
      notebook.restore(recovered.text);
    };
    this.tell(`${name} has unsaved changes from an earlier session.`, "plain", [
      { label: "Restore them", run: () => void this.told(restore) },
      { label: "Discard them", run: () => void this.discard(recovered) },
    ]);
  }

  /** @param fromGallery as it ships with the app */
  private async replace(document: ConstructorParameters<typeof NotebookState>[0], fromGallery = false): Promise<NotebookState> {
    // The cell compiler is large; the start page does without it.
    const [{ NotebookState }, { CellRunner }] = await Promise.all([import("./notebook.svelte.ts"), import("./cell-runner.ts")]);
    const notebook = new NotebookState(document);
    this.runner?.dispose();
    await this.studies.clear();
    shippedRuns.listed = fromGallery;
    this.inspected = null;
    this.notebook = notebook;
    this.page = "notebook";
    this.layout.showTab("outline");
    for (const warning of notebook.warnings.slice(0, mostWarnings)) this.tell(`Line ${warning.line}: ${warning.message}`);
    const runner = new CellRunner(notebook, this.studies, {
      announce: (text) => (this.announcement = text),
      refuse: (message) => this.tell(message, "bad"),
      trained: (result) => void this.keepNames([result]),
    });
    this.runner = runner;
    notebook.begin((command) => runner.perform(command));
    return notebook;
  }
}
