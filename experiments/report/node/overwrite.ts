/** Node-only: what an export must not write over. */
import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sameOnDisk } from "../file-names.ts";
import { isOurs } from "../markers.ts";

export type Obstacle = { path: string; why: "read" | "foreign" | "folder" | "twice" };

/**
 * What stands in the way of writing these files: one that is being read, by whatever path, link or spelling it is reached;
 * one that lies there and is not ours; a folder; one that would be written twice.
 */
export async function obstacles(targets: readonly string[], reading: readonly string[]): Promise<Obstacle[]> {
  const read = new Set((await Promise.all(reading.map(identityOf))).filter((identity) => identity !== null));
  const readPaths = new Set(reading.map((path) => sameOnDisk(resolve(path))));
  const seen = new Set<string>();
  const found: Obstacle[] = [];
  for (const target of targets) {
    const path = resolve(target);
    const at = await stat(path, { bigint: true }).catch(() => null);
    if (seen.has(path)) found.push({ path: target, why: "twice" });
    else if (at && read.has(`${at.dev}:${at.ino}`)) found.push({ path: target, why: "read" });
    // gone in this moment (an editor that saves), or a disk without numbers of files
    else if (readPaths.has(sameOnDisk(path)) && !at) found.push({ path: target, why: "read" });
    else if (at?.isDirectory()) found.push({ path: target, why: "folder" });
    else if (at && !(at.isFile() && (at.size === 0n || isOurs(path, await ends(path))))) found.push({ path: target, why: "foreign" });
    seen.add(path);
  }
  return found;
}

async function identityOf(path: string): Promise<string | null> {
  const at = await stat(path, { bigint: true }).catch(() => null);
  return at && `${at.dev}:${at.ino}`;
}

/** The beginning and the end of a file, where marks are. */
async function ends(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Math.min(size, 2 ** 20);
    const tail = Math.min(size - head, 1024);
    const bytes = Buffer.alloc(head + tail);
    await file.read(bytes, 0, head, 0);
    await file.read(bytes, head, tail, size - tail);
    return bytes;
  } finally {
    await file.close();
  }
}

/** One sentence for a person. */
export function obstacleText({ path, why }: Obstacle): string {
  return {
    read: `${path} is the file that is being read; it would be lost`,
    foreign: `${path} is there already, and Switchyard did not write it`,
    folder: `${path} is a folder`,
    twice: `${path} would be written twice`,
  }[why];
}
