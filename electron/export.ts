/** Files that leave the app: through a dialog, written atomically, and never over a notebook or through a link. */
import { lstat, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { obstacles, type Obstacle } from "../experiments/report/node/overwrite.ts";
import type { Asking } from "./asking.ts";
import type { FileContents } from "./ipc/channels.ts";
import { plainNameOf } from "./policy/names.ts";

const asBuffer = (contents: FileContents): string | Buffer => (typeof contents === "string" ? contents : Buffer.from(contents));

export interface ExportPlace {
  asking: Asking;
  /** files of open notebooks: what is written must not take the place of one */
  notebooks: readonly string[];
}

/** A notebook is never replaced, by whatever path, link or spelling it is reached. */
function refuseNotebooks(found: readonly Obstacle[]): void {
  const [notebook] = found.filter(({ why }) => why === "read");
  if (notebook) throw new Error(`${basename(notebook.path)} is a notebook that is open: choose another name, so that it is not replaced`);
}

/** @returns the path written, or null when the person cancelled */
export async function exportFile(
  { asking, notebooks }: ExportPlace,
  name: string,
  contents: FileContents | (() => Promise<FileContents>),
): Promise<string | null> {
  const extension = extname(name).slice(1);
  const path = await asking.saveFile({
    defaultPath: plainNameOf(name),
    filters: [{ name: extension.toUpperCase(), extensions: [extension] }],
  });
  if (path === null) return null;
  // the dialog has asked about any other file that is there
  refuseNotebooks(await obstacles([path], notebooks));
  await writeFileAtomic(path, asBuffer(typeof contents === "function" ? await contents() : contents));
  return path;
}

/** @returns the folder written to, or null when the person cancelled */
export async function exportFolder(
  { asking, notebooks }: ExportPlace,
  files: { path: string; contents: FileContents }[],
): Promise<string | null> {
  const folder = await asking.openFile({ properties: ["openDirectory", "createDirectory"] });
  if (folder === null) return null;
  await mkdir(folder, { recursive: true });
  const inside = await realpath(folder);
  const targets = files.map(({ path, contents }) => ({ path, target: join(inside, ...path.split("/")), contents }));
  for (const { path } of targets) await refuseLinks(inside, path);
  const found = await obstacles(
    targets.map(({ target }) => target),
    notebooks,
  );
  refuseNotebooks(found);
  // what Switchyard wrote it may write again
  const there = found.map(({ path }) => relative(inside, path).split(sep).join("/"));
  if (there.length > 0) {
    const listed = there.length > 12 ? [...there.slice(0, 12), `and ${there.length - 12} more`] : there;
    const message =
      there.length === 1
        ? `${there[0]} in ${basename(folder)} is there already.`
        : `${there.length} files in ${basename(folder)} are there already.`;
    const answer = await asking.choose({
      type: "warning",
      message,
      detail: `The report replaces:\n${listed.join("\n")}`,
      buttons: ["Replace", "Cancel"],
    });
    if (answer !== 0) return null;
  }
  for (const { target, contents } of targets) {
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomic(target, asBuffer(contents));
  }
  return folder;
}

/** @throws Error where a part of the path is a link, which may lead out of the chosen folder, or a folder stands for the file */
async function refuseLinks(folder: string, path: string): Promise<void> {
  let at = folder;
  const parts = path.split("/");
  for (const [i, part] of parts.entries()) {
    at = join(at, part);
    const found = await lstat(at).catch(() => null);
    if (!found) return;
    const last = i === parts.length - 1;
    if (last ? !found.isFile() : !found.isDirectory())
      throw new Error(
        `${parts.slice(0, i + 1).join("/")} in ${basename(folder)} is no ${last ? "file" : "folder"} of its own: choose another folder`,
      );
  }
}
