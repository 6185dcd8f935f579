/** Node-only: the table of kernels that `switchyard tune` measured for this user, in their data folder. The app reads the same file. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type KernelTable, parseKernelTable } from "../../../../engine/backends/webgpu/matmul/table.ts";
import { isMissing } from "../../store/node/disk-errors.ts";
import { nodeFileSystem, writeAtomic } from "../../store/node/filesystem.ts";
import { dataFolder } from "../../index/node/stores.ts";

export const kernelTablePath = (data = dataFolder()): string => join(data, "kernel-table.json");

export interface UserTable {
  path: string;
  /** null: there is none, or none that can be used */
  table: KernelTable | null;
  /** why the file that is there cannot be used */
  problem: string | null;
}

export async function readKernelTable(path = kernelTablePath()): Promise<UserTable> {
  try {
    return { path, table: parseKernelTable(JSON.parse(await readFile(path, "utf8"))), problem: null };
  } catch (error) {
    if (isMissing(error)) return { path, table: null, problem: null };
    return { path, table: null, problem: `${path} is not used: ${(error as Error).message}` };
  }
}

/** Whole or not at all: a run that starts meanwhile reads the old table or the new one. */
export async function writeKernelTable(table: KernelTable, path = kernelTablePath()): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeAtomic(nodeFileSystem, path, `${JSON.stringify(table, null, 2)}\n`);
}

/** Back to the table that Switchyard brings. @returns whether there was another */
export async function removeKernelTable(path = kernelTablePath()): Promise<boolean> {
  return rm(path).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
}
