/** Node-only: files of a store, read through schemas. */
import type * as v from "valibot";
import { isMissing, type FileSystem } from "./filesystem.ts";
import { parseJson, type Reading } from "./parse-json.ts";

/** Anything but "there is no such file" is a file that is wrong: a folder of that name, no permission, a disk that fails. */
export async function readBytes(fs: Pick<FileSystem, "readFile">, path: string): Promise<Reading<Uint8Array>> {
  try {
    return { state: "read", value: await fs.readFile(path) };
  } catch (error) {
    if (isMissing(error)) return { state: "missing" };
    const { code, message } = error as NodeJS.ErrnoException;
    return { state: "damaged", why: code === "EISDIR" ? "it is a folder" : `it cannot be read: ${code ?? message}` };
  }
}

export async function readJson<T>(fs: Pick<FileSystem, "readFile">, path: string, schema: v.GenericSchema<unknown, T>): Promise<Reading<T>> {
  const bytes = await readBytes(fs, path);
  return bytes.state === "read" ? parseJson(new TextDecoder().decode(bytes.value), schema) : bytes;
}
