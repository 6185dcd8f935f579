import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importHuggingFace, type NamedModel } from "../../engine/formats/huggingface.ts";
import { InterchangeError } from "../../engine/formats/interchange-error.ts";
import { decodeSafetensors, type NamedTensor } from "../../engine/formats/safetensors.ts";
import { readRegular } from "./regular-file.ts";
import { RefusedError } from "./refused.ts";

/** Reads a `transformers` model folder: config.json and every .safetensors file in it, so that sharded models open too. */
export async function readModelFolder(folder: string): Promise<NamedModel & { notes: string[] }> {
  const names = await readdir(folder).catch(() => {
    throw new RefusedError(`switchyard: ${folder} is no folder that can be read`);
  });
  const files = names.filter((name) => name.endsWith(".safetensors")).sort();
  if (!names.includes("config.json") || files.length === 0)
    throw new RefusedError(`switchyard: ${folder} needs a config.json and a .safetensors file`);
  const config = await parse(join(folder, "config.json"), mostConfigBytes, async (bytes) => JSON.parse(bytes.toString("utf8")) as unknown);
  const tensors = new Map<string, NamedTensor>();
  for (const file of files) {
    const decoded = await parse(join(folder, file), mostTensorBytes, async (bytes) => decodeSafetensors(bytes).tensors);
    for (const [name, tensor] of decoded) {
      if (tensors.has(name)) throw new RefusedError(`switchyard: ${folder}: ${name} is in two files, one of them ${file}`);
      tensors.set(name, tensor);
    }
  }
  return refuseInterchange(folder, () => importHuggingFace(config, tensors));
}

/** What is in a model folder, by path; nothing where it cannot be read. */
export const filesOf = (folder: string): Promise<string[]> =>
  readdir(folder).then(
    (names) => names.map((name) => join(folder, name)),
    () => [],
  );

/** Writes files into a folder that is new or empty: what lies there already is somebody's. */
export async function writeModelFolder(folder: string, files: Map<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new RefusedError(`switchyard: ${folder} is not empty`);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

/** A model that does not fit the format is the person's to know of, not a crash. */
export function refuseInterchange<Result>(where: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    if (error instanceof InterchangeError) throw new RefusedError(`switchyard: ${where}: ${error.message}`);
    throw error;
  }
}

const mostConfigBytes = 1_000_000;
/** What one buffer of Node holds. */
const mostTensorBytes = 2 ** 31 - 1;

/** A folder, a pipe or a device in place of a file is never opened. */
async function parse<Result>(path: string, most: number, read: (bytes: Buffer) => Promise<Result>): Promise<Result> {
  try {
    return await read(await readRegular(path, most));
  } catch (error) {
    throw new RefusedError(`switchyard: ${path}: ${(error as Error).message}`);
  }
}
