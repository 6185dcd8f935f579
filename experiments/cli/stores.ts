import { join, resolve } from "node:path";
import { galleryName, shippedFiles } from "../gallery/shipped-node.ts";
import { ShippedRuns } from "../gallery/shipped-runs.ts";
import { dataFolder } from "../runs/index-stores.ts";
import { resultsFolder } from "../runs/results-folder.ts";
import { NodeStore } from "../runs/store-node.ts";
import { StoreStack } from "../runs/store-stack.ts";

/**
 * Runs are written to `--out` (or beside the notebook) and looked for in both, and last among those that ship with the
 * gallery. A notebook of the gallery itself has its own beside it, which nobody writes: its new runs go to the user's data.
 */
export function openStores(notebook: string, out: string | null, onNotice: (text: string) => void): { store: StoreStack; folder: string; gallery: string | null } {
  const gallery = galleryName(notebook);
  const beside = gallery === null ? resolve(resultsFolder(notebook)) : join(dataFolder(), "scratch", `${gallery}.results`);
  const folder = out === null ? beside : resolve(out);
  const shipped = new ShippedRuns(shippedFiles());
  shipped.listed = gallery !== null;
  const folders = [...new Set([folder, beside])].map((at) => new NodeStore(at, { onNotice }));
  return { store: new StoreStack([...folders, shipped], onNotice), folder, gallery };
}
