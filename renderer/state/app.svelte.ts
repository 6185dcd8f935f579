/** The window: its notebook, its panes, its messages, and what the actions do. */
import { actions, menusFor, type Action } from "../app/actions.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { nameExperiment } from "../../experiments/runs/named-experiment.ts";
import { StoreStack } from "../../experiments/runs/store-stack.ts";
import type { Host, OpenedDocument, RecentFile } from "../host/host.ts";
import type { CellRunner } from "./cell-runner.ts";
import { blankNotebook, type GalleryNotebook } from "./gallery.ts";
import { Layout } from "./layout.svelte.ts";
import type { NotebookState } from "./notebook.svelte.ts";
import { shippedRuns } from "./shipped-runs.ts";
import { RunBrowser } from "./run-browser.svelte.ts";
import { Studies } from "./studies.svelte.ts";
import type { StudyView } from "./study.svelte.ts";
import { Theme } from "./theme.svelte.ts";

export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "bad";
  choices: { label: string; run: () => void }[];
}

/** Warnings about a file that are shown when it opens; the command line tells all. */
const mostWarnings = 10;

/** Milliseconds after the last edit before the recovery copy is written. */
const recoveryAfter = 1000;

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
  dialog = $state<"palette" | "help" | null>(null);
  finding = $state(false);
  notices = $state.raw<readonly Notice[]>([]);
  /** what a screen reader is told */
  announcement = $state("");
  inspected = $state.raw<{ study: StudyView; run: string } | null>(null);

  private runner: CellRunner | null = null;
  private nextNotice = 1;
  private recoveryTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: Host) {
    this.host = host;
    this.runs = new RunBrowser(host.runs);
    this.studies = new Studies(new StoreStack([host.store, shippedRuns], (text) => this.tell(text, "bad")), host.kernelTable());
  }

  async start(): Promise<void> {
    const { host } = this;
    host.onCommand((id) => {
      const action = actions.find((it) => it.id === id);
      if (action?.enabled(this)) void this.perform(action);
    });
    host.onHidden((hidden) => void this.studies.setHidden(hidden));
    host.onClosing(async ({ save }) => {
      if (save && !(await this.save(false))) return false;
      await this.studies.close();
      return true;
    });
    const document = await host.initialDocument();
    if (document) await this.show(document);
    this.recent = await host.recentFiles();
    await this.studies.findDevices();
  }

  /** Runs an action; what goes wrong is told, not lost. */
  async perform(action: Action): Promise<void> {
    try {
      await action.run(this);
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error), "bad");
    }
  }

  /** Keeps title, menu and recovery copy in step with the notebook; called inside an effect. */
  syncWindow(): void {
    const { notebook, host } = this;
    const { activeRuns } = this.studies;
    host.setWindowState({
      title: notebook ? `${notebook.title} – Switchyard` : "Switchyard",
      dirty: notebook?.dirty ?? false,
      pristine: notebook?.pristine ?? true,
      activeRuns,
    });
    host.setMenu(menusFor(this));
    const unsaved = notebook?.dirty ? notebook.text : null;
    if (this.recoveryTimer) clearTimeout(this.recoveryTimer);
    if (notebook) this.recoveryTimer = setTimeout(() => void host.keepRecovery(unsaved), recoveryAfter);
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

  async openRecent(file: RecentFile): Promise<void> {
    try {
      await this.showIfHere(await this.host.openRecent(file));
    } catch (error) {
      this.tell((error as Error).message, "bad");
    }
  }

  async openDropped(file: File): Promise<void> {
    try {
      await this.showIfHere(await this.host.openDropped(file));
    } catch (error) {
      this.tell((error as Error).message, "bad");
    }
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
    const outcome = await this.host.save(text, { as, suggestedName: notebook.name });
    if (outcome.status === "cancelled") return false;
    const moved = outcome.path !== notebook.path;
    notebook.markSaved(text, { path: outcome.path, name: outcome.name });
    if (moved) await this.keepNames(this.studies.finished); // its runs have come along to the store beside it
    this.announcement = `saved ${outcome.name}`;
    this.recent = await this.host.recentFiles();
    return true;
  }

  async exportReport(format: "html" | "pdf" | "markdown"): Promise<void> {
    const { notebook } = this;
    if (!notebook) return;
    notebook.commit();
    const { reportFilesOf, reportOf } = await import("../figures/report.ts");
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

  private async openText({ fromGallery = false, ...document }: { name: string; text: string; budget?: string | null; fromGallery?: boolean }): Promise<void> {
    // Somebody's work stays where it is: a second notebook gets its own window, where windows can be had.
    if (this.notebook && !this.notebook.pristine) {
      await this.host.newWindow();
      return;
    }
    // What ships with the app needs no trust to be given.
    await this.replace({ path: null, ...document, trusted: true }, fromGallery);
  }

  private async showIfHere(document: OpenedDocument | null): Promise<void> {
    if (document) await this.show(document);
  }

  private async show({ path, name, text, recovered }: OpenedDocument): Promise<void> {
    const notebook = await this.replace({ path, name, text, trusted: false });
    if (recovered !== null) {
      this.tell(`${name} has unsaved changes from an earlier session.`, "plain", [
        { label: "Restore them", run: () => notebook.restore(recovered) },
        { label: "Discard them", run: () => void this.host.keepRecovery(null) },
      ]);
    }
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
