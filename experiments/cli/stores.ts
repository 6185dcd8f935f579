import { dirname, join, parse, resolve } from "node:path";
import { NodeStore } from "../runs/store-node.ts";
import { StoreStack } from "../runs/store-stack.ts";

/** `x/balancing.md` → `x/balancing.results`, where the app keeps that notebook's runs too. */
export const resultsFolder = (notebook: string): string => join(dirname(notebook), `${parse(notebook).name}.results`);

/** Runs are written to `--out` (or beside the notebook) and looked for in both. */
export function openStores(notebook: string, out: string | null, onNotice: (text: string) => void): { store: StoreStack; folder: string } {
  const beside = resolve(resultsFolder(notebook));
  const folder = out === null ? beside : resolve(out);
  const folders = [...new Set([folder, beside])];
  return { store: new StoreStack(folders.map((at) => new NodeStore(at, { onNotice })), onNotice), folder };
}
