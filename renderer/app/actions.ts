/**
 * The one registry of what a person can do. Menu, command palette, keyboard and help all read it; an action is a row
 * here and a method of the app.
 */
import type { MenuDescription } from "../host/host.ts";
import { acceleratorOf, type Keys } from "./keys.ts";
import type { App, AppAction, AppActions } from "../state/app.svelte.ts";

type MenuName = "File" | "Edit" | "Cell" | "Run" | "View" | "Help";

/** Where the keyboard focus is when a key counts. */
export type KeyContext = "anywhere" | "command" | "edit";

export interface Action extends AppAction {
  /** dotted, e.g. "cell.insertBelow" */
  id: string;
  label: string;
  menu: MenuName;
  /** e.g. "Mod-S", "Shift-Enter", "D D"; the first is shown */
  keys: Keys[];
  /** command: a cell is selected and no editor has the focus; edit: inside an editor; default anywhere */
  context: KeyContext;
  /** a line above it in the menu */
  separated: boolean;
}

type ActionInput = Pick<Action, "id" | "label" | "menu" | "run"> & Partial<Pick<Action, "keys" | "context" | "separated" | "enabled">>;

const withDefaults = (action: ActionInput): Action => ({ keys: [], context: "anywhere", separated: false, enabled: () => true, ...action });

const hasNotebook = (app: App): boolean => app.notebook !== null;
/** What changes or runs cells counts only where they are seen. */
const showsNotebook = (app: App): boolean => app.notebook !== null && app.page === "notebook";
const hasSelection = (app: App): boolean => showsNotebook(app) && app.notebook?.selected != null;
const hasCell = (app: App): boolean => showsNotebook(app) && app.notebook?.selected?.kind === "cell";

export const actions: readonly Action[] = (
  [
    { id: "file.new", label: "New Notebook", menu: "File", keys: ["Mod-N"], run: (app) => app.newNotebook() },
    { id: "file.open", label: "Open…", menu: "File", keys: ["Mod-O"], run: (app) => app.open() },
    { id: "file.gallery", label: "Gallery", menu: "File", run: (app) => app.showGallery() },
    { id: "file.save", label: "Save", menu: "File", keys: ["Mod-S"], separated: true, enabled: hasNotebook, run: (app) => app.save(false) },
    { id: "file.saveAs", label: "Save As…", menu: "File", keys: ["Mod-Shift-S"], enabled: hasNotebook, run: (app) => app.save(true) },
    {
      id: "file.exportHtml",
      label: "Export Report as HTML…",
      menu: "File",
      separated: true,
      enabled: hasNotebook,
      run: (app) => app.exportReport("html"),
    },
    { id: "file.exportPdf", label: "Export Report as PDF…", menu: "File", enabled: hasNotebook, run: (app) => app.exportReport("pdf") },
    {
      id: "file.exportMarkdown",
      label: "Export Report as Markdown…",
      menu: "File",
      enabled: hasNotebook,
      run: (app) => app.exportReport("markdown"),
    },
    {
      id: "file.exportJupyter",
      label: "Export as Jupyter Notebook…",
      menu: "File",
      enabled: hasNotebook,
      run: (app) => app.exportJupyter(),
    },

    {
      id: "edit.undo",
      label: "Undo",
      menu: "Edit",
      keys: ["Mod-Z"],
      context: "command",
      enabled: (app) => showsNotebook(app) && app.notebook!.canUndo,
      run: (app) => app.notebook?.undo(),
    },
    {
      id: "edit.redo",
      label: "Redo",
      menu: "Edit",
      keys: ["Mod-Shift-Z", "Mod-Y"],
      context: "command",
      enabled: (app) => showsNotebook(app) && app.notebook!.canRedo,
      run: (app) => app.notebook?.redo(),
    },
    {
      id: "edit.find",
      label: "Find in Notebook",
      menu: "Edit",
      keys: ["Mod-F"],
      context: "command",
      separated: true,
      enabled: showsNotebook,
      run: (app) => app.find(),
    },

    {
      id: "cell.edit",
      label: "Edit Cell",
      menu: "Cell",
      keys: ["Enter"],
      context: "command",
      enabled: hasSelection,
      run: (app) => app.notebook?.edit(),
    },
    {
      id: "cell.command",
      label: "Leave the Editor",
      menu: "Cell",
      keys: ["Escape"],
      context: "edit",
      enabled: hasSelection,
      run: (app) => app.notebook?.leaveEditor(),
    },
    {
      id: "cell.previous",
      label: "Previous Cell",
      menu: "Cell",
      keys: ["ArrowUp", "K"],
      context: "command",
      enabled: showsNotebook,
      run: (app) => app.notebook?.selectBy(-1),
    },
    {
      id: "cell.next",
      label: "Next Cell",
      menu: "Cell",
      keys: ["ArrowDown", "J"],
      context: "command",
      enabled: showsNotebook,
      run: (app) => app.notebook?.selectBy(1),
    },
    {
      id: "cell.insertAbove",
      label: "Insert Cell Above",
      menu: "Cell",
      keys: ["A"],
      context: "command",
      separated: true,
      enabled: showsNotebook,
      run: (app) => app.notebook?.insert("above"),
    },
    {
      id: "cell.insertBelow",
      label: "Insert Cell Below",
      menu: "Cell",
      keys: ["B"],
      context: "command",
      enabled: showsNotebook,
      run: (app) => app.notebook?.insert("below"),
    },
    {
      id: "cell.delete",
      label: "Delete Cell",
      menu: "Cell",
      keys: ["D D"],
      context: "command",
      enabled: hasSelection,
      run: (app) => app.notebook?.remove(),
    },
    {
      id: "cell.moveUp",
      label: "Move Cell Up",
      menu: "Cell",
      keys: ["Alt-ArrowUp"],
      context: "command",
      enabled: hasSelection,
      run: (app) => app.notebook?.move(-1),
    },
    {
      id: "cell.moveDown",
      label: "Move Cell Down",
      menu: "Cell",
      keys: ["Alt-ArrowDown"],
      context: "command",
      enabled: hasSelection,
      run: (app) => app.notebook?.move(1),
    },
    {
      id: "cell.toText",
      label: "Change to Text",
      menu: "Cell",
      keys: ["M"],
      context: "command",
      separated: true,
      enabled: hasCell,
      run: (app) => app.notebook?.convert("prose"),
    },
    {
      id: "cell.toCode",
      label: "Change to Code",
      menu: "Cell",
      keys: ["Y"],
      context: "command",
      enabled: hasSelection,
      run: (app) => app.notebook?.convert("cell"),
    },
    {
      id: "cell.format",
      label: "Format Code",
      menu: "Cell",
      keys: ["Alt-Shift-F"],
      context: "edit",
      enabled: hasCell,
      run: (app) => app.formatCell(),
    },

    {
      id: "run.cellAndNext",
      label: "Run Cell and Select Next",
      menu: "Run",
      keys: ["Shift-Enter"],
      enabled: hasSelection,
      run: (app) => app.notebook?.run("next"),
    },
    { id: "run.cell", label: "Run Cell", menu: "Run", keys: ["Mod-Enter"], enabled: hasSelection, run: (app) => app.notebook?.run("stay") },
    {
      id: "run.cellAndInsert",
      label: "Run Cell and Insert Below",
      menu: "Run",
      keys: ["Alt-Enter"],
      enabled: hasSelection,
      run: (app) => app.notebook?.run("insert"),
    },
    {
      id: "run.stale",
      label: "Run Cell with Stale Ancestors",
      menu: "Run",
      keys: ["Mod-Shift-Enter"],
      enabled: hasCell,
      run: (app) => app.notebook?.runWithAncestors(),
    },
    {
      id: "run.stop",
      label: "Stop",
      menu: "Run",
      keys: ["Mod-."],
      separated: true,
      enabled: hasNotebook,
      run: (app) => app.notebook?.stop(),
    },
    {
      id: "run.trust",
      label: "Trust Notebook and Run Its Views",
      menu: "Run",
      enabled: (app) => app.notebook?.trusted === false,
      run: (app) => app.notebook?.trust(),
    },

    { id: "view.palette", label: "Command Palette", menu: "View", keys: ["Mod-K", "Mod-Shift-P"], run: (app) => app.openDialog("palette") },
    {
      id: "view.runs",
      label: "All Runs",
      menu: "View",
      keys: ["Mod-Shift-F"],
      run: (app) => app.showPage(app.page === "runs" ? "notebook" : "runs"),
    },
    { id: "view.sidebar", label: "Show or Hide the Sidebar", menu: "View", keys: ["Mod-B"], run: (app) => app.layout.toggle("sidebar") },
    {
      id: "view.inspector",
      label: "Show or Hide the Inspector",
      menu: "View",
      keys: ["Mod-I"],
      run: (app) => app.layout.toggle("inspector"),
    },
    { id: "view.themeSystem", label: "Theme: System", menu: "View", separated: true, run: (app) => app.theme.choose("system") },
    { id: "view.themeLight", label: "Theme: Light", menu: "View", run: (app) => app.theme.choose("light") },
    { id: "view.themeDark", label: "Theme: Dark", menu: "View", run: (app) => app.theme.choose("dark") },

    { id: "help.keys", label: "Keyboard Shortcuts", menu: "Help", keys: ["?"], context: "command", run: (app) => app.openDialog("help") },
  ] satisfies ActionInput[]
).map(withDefaults);

const menuOrder: MenuName[] = ["File", "Edit", "Cell", "Run", "View", "Help"];

/** The same registry as a menu, for the host to show. */
/** What the app itself asks of this registry. */
export const appActions: AppActions = { find: (id) => actions.find((action) => action.id === id), menusFor };

function menusFor(app: App): MenuDescription[] {
  return menuOrder.map((label) => ({
    label,
    items: actions
      .filter((action) => action.menu === label)
      .map((action) => ({
        id: action.id,
        label: action.label,
        accelerator: action.keys[0] ? acceleratorOf(action.keys[0]) : null,
        enabled: action.enabled(app),
        separated: action.separated,
      })),
  }));
}
