import { open, stat } from "node:fs/promises";

/** Reads a file that a person has named, through links if need be; throws in words where it is none, or larger than anything of its kind. */
export async function readRegular(path: string, limit: number): Promise<Buffer> {
  // opening a pipe waits for whoever writes to it
  const found = await stat(path);
  if (!found.isFile() && !found.isDirectory()) throw new Error("this is no file (a pipe, a device or a socket)");
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size > limit) throw new Error(`it has ${size} bytes, more than the ${limit} that can be read`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
