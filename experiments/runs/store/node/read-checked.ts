/** Node-only: files of a store, read through schemas. */
import type * as v from "valibot";
import { errorCode, isMissing, OutsideStoreError, persistently } from "./disk-errors.ts";
import type { FileSystem } from "./filesystem.ts";
import { parseJson, type Check, type Reading } from "../parse-json.ts";
import { resultFile, type ResultFile } from "../records.ts";
import { sealOfResult } from "../result-file.ts";

/**
 * Anything but "there is no such file" is a file that is wrong: a folder or a link of that name, too large. One that the disk or the system
 * does not hand out may be whole, and is only out of reach.
 */
export async function readBytes(fs: Pick<FileSystem, "readFile">, path: string): Promise<Reading<Uint8Array>> {
  try {
    return { state: "read", value: await persistently(() => fs.readFile(path)) };
  } catch (error) {
    if (isMissing(error)) return { state: "missing" };
    if (error instanceof OutsideStoreError) return { state: "damaged", why: error.why };
    const code = errorCode(error);
    return code === "EISDIR"
      ? { state: "damaged", why: "it is a folder" }
      : { state: "damaged", why: `it cannot be read: ${code ?? (error as Error).message}`, unreachable: true };
  }
}

export async function readJson<T>(
  fs: Pick<FileSystem, "readFile">,
  path: string,
  schema: v.GenericSchema<unknown, T>,
  check?: Check,
): Promise<Reading<T>> {
  const bytes = await readBytes(fs, path);
  return bytes.state === "read" ? parseJson(new TextDecoder().decode(bytes.value), schema, check) : bytes;
}

/** A result.json, held against its seal. */
export const readResult = (fs: Pick<FileSystem, "readFile">, path: string): Promise<Reading<ResultFile>> =>
  readJson<ResultFile>(fs, path, resultFile, sealOfResult);
