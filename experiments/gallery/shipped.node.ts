/** Node-only: the gallery's runs as files of this checkout. */
import { realpathSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ShippedFiles } from "./shipped-runs.ts";

/** The same from the sources and from the bundle in out/node. */
export const galleryFolder = fileURLToPath(new URL("../../experiments/gallery", import.meta.url));

/** The name of a notebook of the gallery ("balancing"), or null for every other file. */
export function galleryName(notebook: string): string | null {
  try {
    return notebook.endsWith(".md") && realpathSync(dirname(notebook)) === realpathSync(galleryFolder) ? basename(notebook, ".md") : null;
  } catch {
    return null; // no such folder: opening the notebook says so
  }
}

export const shippedResults = (name: string, gallery = galleryFolder): string => join(gallery, `${name}.results`);

export function shippedFiles(gallery = galleryFolder): ShippedFiles {
  let stores: Promise<string[]> | null = null;
  const folders = () => (stores ??= readdir(gallery).then((names) => names.filter((name) => name.endsWith(".results")).map((name) => join(gallery, name)), () => []));
  return {
    async read(run, file) {
      for (const folder of await folders()) {
        const text = await readFile(join(folder, "runs", run, file), "utf8").catch(() => null);
        if (text !== null) return text;
      }
      return null;
    },
    async runs() {
      const found = await Promise.all((await folders()).map((folder) => readdir(join(folder, "runs")).catch((): string[] => [])));
      return found.flat().sort();
    },
  };
}
