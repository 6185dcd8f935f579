/** Files that leave the app: through a dialog, written atomically. */
import { BrowserWindow, dialog } from "electron";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { FileContents } from "./ipc/channels.ts";

const asBuffer = (contents: FileContents): string | Buffer => (typeof contents === "string" ? contents : Buffer.from(contents));

/** @returns the path written, or null when the person cancelled */
export async function exportFile(parent: BrowserWindow, name: string, contents: FileContents | (() => Promise<FileContents>)): Promise<string | null> {
  const extension = extname(name).slice(1);
  const { filePath, canceled } = await dialog.showSaveDialog(parent, {
    defaultPath: name,
    filters: extension ? [{ name: extension.toUpperCase(), extensions: [extension] }] : [],
  });
  if (canceled || !filePath) return null;
  await writeFileAtomic(filePath, asBuffer(typeof contents === "function" ? await contents() : contents));
  return filePath;
}

/** @returns the folder written to, or null when the person cancelled */
export async function exportFolder(parent: BrowserWindow, files: { path: string; contents: FileContents }[]): Promise<string | null> {
  const { filePaths, canceled } = await dialog.showOpenDialog(parent, { properties: ["openDirectory", "createDirectory"] });
  const folder = filePaths[0];
  if (canceled || !folder) return null;
  for (const { path, contents } of files) {
    const target = join(folder, ...path.split("/"));
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomic(target, asBuffer(contents));
  }
  return folder;
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
