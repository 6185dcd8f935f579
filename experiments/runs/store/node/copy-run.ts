/** Node-only: a finished run in another store. */
import { join } from "node:path";
import { makeFolder, writeAtomic } from "./filesystem.ts";
import { shortKey } from "../key.ts";
import { readBytes } from "./read-checked.ts";
import { storeFiles, type StoreFilesOptions } from "./store-files.ts";

/** The result comes last: a run that has one is whole. */
const files = ["config.json", "metrics.jsonl", "checkpoint.safetensors", "result.json"];

/**
 * Copies a run unless it is there.
 * @returns whether the first store has it as a finished one
 */
export async function copyRun(
  key: string,
  from: { folder: string } & StoreFilesOptions,
  to: { folder: string } & StoreFilesOptions,
): Promise<boolean> {
  const [source, target] = [storeFiles(from.folder, from), storeFiles(to.folder, to)];
  const at = (folder: string, file = "") => join(folder, "runs", shortKey(key), file);
  if (
    !(await source.lstat(at(from.folder, "result.json")).then(
      (found) => found.isFile(),
      () => false,
    ))
  )
    return false;
  if (
    await target.lstat(at(to.folder, "result.json")).then(
      () => true,
      () => false,
    )
  )
    return true;
  await makeFolder(target, at(to.folder));
  for (const file of files) {
    const bytes = await readBytes(source, at(from.folder, file));
    if (bytes.state === "read") await writeAtomic(target, at(to.folder, file), bytes.value);
  }
  return true;
}
