/**
 * The host in a plain browser: files come through a picker and leave as downloads, runs stay in memory, unsaved text
 * and settings in local storage.
 */
import { MemoryStore } from "../../experiments/runs/store-memory.ts";
import type { FileContents, Host, OpenedDocument } from "./host.ts";
import { StoreArchive } from "./store-archive.ts";

const recoveryKey = (name: string): string => `switchyard.recovery.${name}`;

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
  let current = "untitled";
  const store = new MemoryStore();
  const archive = new StoreArchive(store);

  const read = async (file: File): Promise<OpenedDocument> => {
    current = file.name;
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    const recovered = localStorage.getItem(recoveryKey(current));
    return { path: file.name, name: file.name, text, recovered: recovered !== text ? recovered : null };
  };

  return {
    kind: "browser",
    mac: /^Mac/.test(navigator.platform),
    store,
    runs: archive,
    keepNames: async (names) => archive.keepNames(names),
    kernelTable: async () => null,
    initialDocument: async () => null,
    openDocument: async () => {
      const file = await pickFile(".md,text/markdown");
      return file && read(file);
    },
    openRecent: async () => null,
    openDropped: read,
    recentFiles: async () => [],
    save: async (text, { suggestedName }) => {
      localStorage.removeItem(recoveryKey(current));
      const name = current === "untitled" ? suggestedName : current;
      current = download(name, text, "text/markdown");
      return { status: "saved", path: name, name };
    },
    keepRecovery: async (text) => {
      if (text === null) localStorage.removeItem(recoveryKey(current));
      else localStorage.setItem(recoveryKey(current), text);
    },
    newWindow: async () => void window.open(location.href),
    setWindowState: ({ title, dirty, activeRuns }) => {
      document.title = `${dirty ? "• " : ""}${title}`;
      window.onbeforeunload = dirty || activeRuns > 0 ? (event) => event.preventDefault() : null;
    },
    setMenu: () => {}, // a page has no menu; the palette lists the same actions
    onCommand: () => {},
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
    openLink: (url) => void window.open(url, "_blank", "noopener"),
  };
}
