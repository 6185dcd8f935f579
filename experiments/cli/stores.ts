import { join, resolve } from "node:path";
import { galleryName, shippedFiles } from "../gallery/shipped.node.ts";
import { ShippedRuns } from "../gallery/shipped-runs.ts";
import type { FileSystem } from "../runs/store/node/filesystem.ts";
import { dataFolder } from "../runs/index/node/stores.ts";
import { storeFiles } from "../runs/store/node/store-files.ts";
import { resultsFolder } from "../runs/store/node/results-folder.ts";
import { NodeStore } from "../runs/store/node/store.ts";
import { StoreStack } from "../runs/store/store-stack.ts";

export interface OpenStores {
  store: StoreStack;
  /** where results are written */
  folder: string;
  /** the way to the files in it */
  files: FileSystem;
  gallery: string | null;
}

/**
 * Runs are written to `--out` (or beside the notebook) and looked for in both, and last among those that ship with the
 * gallery. A notebook of the gallery itself has its own beside it, which nobody writes: its new runs go to the user's data.
 */
export function openStores(notebook: string, out: string | null, onNotice: (text: string) => void): OpenStores {
  const gallery = galleryName(notebook);
  const beside = gallery === null ? resolve(resultsFolder(notebook)) : join(dataFolder(), "scratch", `${gallery}.results`);
  const folder = out === null ? beside : resolve(out);
  const shipped = new ShippedRuns(shippedFiles());
  shipped.listed = gallery !== null;
  // a folder of the user's own data may lie wherever they have put it
  const named = (at: string): boolean => gallery !== null || (out !== null && at === folder);
  const folders = [...new Set([folder, beside])].map((at) => new NodeStore(at, { onNotice, named: named(at) }));
  return { store: new StoreStack([...folders, shipped], onNotice), folder, files: storeFiles(folder, { named: named(folder) }), gallery };
}
