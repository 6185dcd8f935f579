/**
 * The host in a plain browser: files come through a picker and leave as downloads, runs stay in memory, unsaved text
 * and settings in local storage.
 */
import { largestNotebook, notebookText } from "../../experiments/notebook/file/file-kind.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { described, findCopy, forgetCopy, holdDocument, keepCopy, looseCopies, type BrowserCopy } from "./browser-recovery.ts";
import type { FileContents, Host, OpenedDocument } from "./host.ts";
import { StoreArchive } from "./store-archive.ts";

/** What the page shows, as the host knows it. */
interface Shown {
  id: string;
  name: string;
  /** name of the file it came from or was saved as */
  path: string | null;
  restored: string[];
}

const wrongDocument = (): Error =>
  Object.assign(new Error("this page shows another notebook than the one that was to be saved; nothing was written"), {
    name: "WrongDocumentError",
  });

/** Asks for one file; null when the person cancels. */
function pickFile(accept: string): Promise<File | null> {
  const input = Object.assign(document.createElement("input"), { type: "file", accept });
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null));
    input.addEventListener("cancel", () => resolve(null));
    input.click();
  });
}

function download(name: string, contents: FileContents, type: string): string {
  const url = URL.createObjectURL(new Blob([contents as BlobPart], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return name;
}

export function browserHost(): Host {
  let shown: Shown | null = null;
  const store = new MemoryStore();
  const archive = new StoreArchive(store);

  const show = (name: string, path: string | null, restored: string[] = []): Shown => {
    shown = { id: crypto.randomUUID(), name, path, restored };
    holdDocument(shown.id);
    for (const copy of restored) holdDocument(copy);
    return shown;
  };
  const holds = (id: string): Shown => {
    if (shown?.id !== id) throw wrongDocument();
    return shown;
  };
  const read = async (file: File): Promise<OpenedDocument> => {
    if (file.size > largestNotebook) throw new Error(`${file.name} is too large for a notebook`);
    const { text, format } = notebookText(file.name, new Uint8Array(await file.arrayBuffer()));
    if (format === "jupyter") return imported(file.name, text);
    const { id } = show(file.name, file.name);
    const loose = (await looseCopies()).find((copy) => copy.path === file.name && copy.text !== text) ?? null;
    const recovered = loose && { id: loose.id, text: loose.text, time: loose.time };
    return { id, path: file.name, name: file.name, text, unsaved: null, recovered, notes: [] };
  };
  const imported = async (from: string, json: string): Promise<OpenedDocument> => {
    const { fromJupyter } = await import("../../experiments/notebook/file/ipynb.ts");
    const base = from.replace(/\.ipynb$/i, "");
    const { text, notes } = fromJupyter(json, base);
    const { id, name } = show(`${base}.md`, null);
    return {
      id,
      path: null,
      name,
      text,
      unsaved: null,
      recovered: null,
      notes: [`${from} was imported: it is saved as a notebook of its own, and the Jupyter notebook stays as it is.`, ...notes],
    };
  };
  const recovered = ({ id: copy, name, text, restored }: BrowserCopy): OpenedDocument => {
    const { id } = show(name, null, [copy, ...restored]);
    return { id, path: null, name, text: "", unsaved: text, recovered: null, notes: [] };
  };

  return {
    kind: "browser",
    mac: /^Mac/.test(navigator.platform),
    store,
    runs: archive,
    keepNames: async (names) => archive.keepNames(names),
    kernelTable: async () => null,
    initialDocument: async () => ({ document: null, problem: null }),
    newDocument: async (name) => show(name, null).id,
    openDocument: async () => {
      const file = await pickFile(".md,.ipynb,text/markdown");
      return file && read(file);
    },
    openRecent: async () => null,
    openDropped: read,
    recentFiles: async () => [],
    save: async (id, text, { suggestedName }) => {
      const document = holds(id);
      const name = download(document.path ?? suggestedName, text, "text/markdown");
      Object.assign(document, { name, path: name });
      for (const copy of [id, ...document.restored.splice(0)]) forgetCopy(copy);
      return { status: "saved", path: name, name };
    },
    keepRecovery: async (id, text) => {
      const { name, path, restored } = holds(id);
      if (text === null) forgetCopy(id);
      else keepCopy({ id, name, path, time: new Date().toISOString(), text, restored });
    },
    recoverable: async () => (await looseCopies()).map(described),
    recover: async (id) => {
      const copy = findCopy(id);
      if (!copy) throw new Error("this unsaved text is not there any more");
      return recovered(copy);
    },
    restored: async (id, copy) => {
      holds(id).restored.push(copy, ...(findCopy(copy)?.restored ?? []));
      holdDocument(copy);
    },
    discard: async (id) => {
      for (const copy of [id, ...(findCopy(id)?.restored ?? [])]) forgetCopy(copy);
    },
    newWindow: async () => void window.open(location.href),
    setWindowState: ({ title, dirty, activeRuns }) => {
      document.title = `${dirty ? "• " : ""}${title}`;
      window.onbeforeunload = dirty || activeRuns > 0 ? (event) => event.preventDefault() : null;
    },
    setMenu: () => {}, // a page has no menu; the palette lists the same actions
    onCommand: () => {},
    onTrouble: () => {}, // it says nothing without being asked
    onHidden: (listener) => document.addEventListener("visibilitychange", () => listener(document.hidden)),
    onClosing: () => {},
    exportFile: async (name, contents) => download(name, contents, "application/octet-stream"),
    exportFolder: async (files) => {
      for (const { path, contents } of files) download(path.replaceAll("/", "-"), contents, "application/octet-stream");
      return "Downloads";
    },
    exportPdf: async (name, html) => {
      const page = window.open("", "_blank");
      if (!page) throw new Error("the browser did not let the report open; allow pop-ups for this page");
      page.document.documentElement.innerHTML = html;
      page.document.title = name;
      page.print();
      return name;
    },
    openLink: async (url) => void window.open(url, "_blank", "noopener"),
  };
}
