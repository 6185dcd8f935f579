/** Files that leave the app: through a dialog, written atomically. */
import { BrowserWindow, dialog } from "electron";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, relative } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { obstacles, type Obstacle } from "../experiments/report/overwrite-node.ts";
import type { FileContents } from "./ipc/channels.ts";

const asBuffer = (contents: FileContents): string | Buffer => (typeof contents === "string" ? contents : Buffer.from(contents));

/**
 * @param open notebooks that windows show: an export never goes onto one of them, by whatever path or link
 * @returns the path written, or null when the person cancelled
 */
export async function exportFile(parent: BrowserWindow, name: string, contents: FileContents | (() => Promise<FileContents>), open: readonly string[]): Promise<string | null> {
  const extension = extname(name).slice(1);
  const { filePath, canceled } = await dialog.showSaveDialog(parent, {
    defaultPath: name,
    filters: extension ? [{ name: extension.toUpperCase(), extensions: [extension] }] : [],
  });
  if (canceled || !filePath) return null;
  // the dialog has asked about any other file that is there
  refuseNotebooks(await obstacles([filePath], open));
  await writeFileAtomic(filePath, asBuffer(typeof contents === "function" ? await contents() : contents));
  return filePath;
}

function refuseNotebooks(found: readonly Obstacle[]): void {
  const [notebook] = found.filter(({ why }) => why === "read");
  if (notebook) throw new Error(`${basename(notebook.path)} is an open notebook, which an export must not replace; choose another place`);
}

/**
 * Files there that Switchyard did not write are replaced only when the person says so.
 * @returns the folder written to, or null when the person cancelled
 */
export async function exportFolder(parent: BrowserWindow, files: { path: string; contents: FileContents }[], open: readonly string[]): Promise<string | null> {
  const { filePaths, canceled } = await dialog.showOpenDialog(parent, { properties: ["openDirectory", "createDirectory"] });
  const folder = filePaths[0];
  if (canceled || !folder) return null;
  const targets = files.map(({ path, contents }) => ({ target: join(folder, ...path.split("/")), contents }));
  const found = await obstacles(targets.map(({ target }) => target), open);
  refuseNotebooks(found);
  if (found.length > 0 && !(await mayReplace(parent, found.map(({ path }) => relative(folder, path))))) return null;
  for (const { target, contents } of targets) {
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomic(target, asBuffer(contents));
  }
  return folder;
}

async function mayReplace(parent: BrowserWindow, names: readonly string[]): Promise<boolean> {
  const { response } = await dialog.showMessageBox(parent, {
    type: "warning",
    message: names.length === 1 ? `${names[0]} is there already.` : `${names.length} files of these names are there already.`,
    detail: `Switchyard did not write ${names.length === 1 ? "it" : `them: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`}.`,
    buttons: ["Cancel", "Replace"],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

/** Prints a self-contained page that runs no script, in a window nobody sees. */
export async function printPdf(html: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-print-"));
  const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true, javascript: false, partition: "print" } });
  // A report carries everything it shows; a link to a picture elsewhere is not followed.
  window.webContents.session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !/^(file|data):/.test(url) }));
  try {
    const page = join(folder, "report.html");
    await writeFile(page, html);
    await window.loadFile(page);
    return await window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true });
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
