/** Node-only: tells the build that a process runs from it, so that a newer one does not remove it underneath. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @param build the folder of a build; where it keeps no marks, as in a packaged app, there is nothing to tell */
export function markInUse(build: string): void {
  const mark = join(build, "running", String(process.pid));
  try {
    writeFileSync(mark, "");
  } catch {
    return; // no such folder, or not ours to write
  }
  process.once("exit", () => {
    try {
      rmSync(mark, { force: true });
    } catch {
      // The mark of a process that has ended counts for nothing.
    }
  });
}
