/** Files of a store are read through schemas: what does not fit is never used, and never the end of a program. */
import * as v from "valibot";
import { isMissing, type FileSystem } from "./filesystem.ts";

/** What became of reading a file; `why` completes "it is damaged (…)". */
export type Reading<T> = { state: "read"; value: T } | { state: "missing" } | { state: "damaged"; why: string };

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

export function parseJson<T>(text: string, schema: v.GenericSchema<unknown, T>): Exclude<Reading<T>, { state: "missing" }> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { state: "damaged", why: "it is not JSON" };
  }
  try {
    const parsed = v.safeParse(schema, json);
    if (parsed.success) return { state: "read", value: parsed.output };
    const issue = parsed.issues[0];
    return { state: "damaged", why: `${v.getDotPath(issue) ?? "it"}: ${issue.message}` };
  } catch (error) {
    // nested so deeply that the stack ends
    return { state: "damaged", why: (error as Error).message };
  }
}
