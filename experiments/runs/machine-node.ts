import { totalmem } from "node:os";

/** Memory that processes here may have: the machine's, or less where this process lives in a container with a limit. */
export function machineBytes(): number {
  // 0 or more than any machine has where there is no limit
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
