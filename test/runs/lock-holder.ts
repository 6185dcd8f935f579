/**
 * A process that takes a folder's lock again and again, and checks each time that it is alone.
 *
 *   node --import ./strip-types.mjs lock-holder.ts FOLDER TIMES [DIES]
 *
 * Writes "locked" when it has the lock for the first time; with DIES it kills itself the DIES-th time, while it has the lock;
 * with TIMES 0 it keeps the lock for ever. Ends with code 3 when somebody else who lives is inside.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { hasEnded, thisProcess } from "../../experiments/runs/store/node/process-identity.ts";
import { lockRun, type Lease } from "../../experiments/runs/store/node/run-lock.ts";
import { RunLockedError } from "../../experiments/runs/store/store.ts";

const [folder, times, dies] = process.argv.slice(2);
const inside = join(folder, "inside");

for (let n = 1; n <= Number(times) || times === "0"; ) {
  let lease: Lease;
  try {
    lease = await lockRun(folder, () => process.exit(4));
  } catch (error) {
    if (!(error instanceof RunLockedError)) throw error;
    await setTimeout(Math.random() * 2);
    continue;
  }
  const earlier = await readFile(inside, "utf8").catch(() => null);
  if (earlier && !(await hasEnded(earlier))) process.exit(3);
  await writeFile(inside, await thisProcess());
  if (n === 1) process.stdout.write("locked\n");
  if (n === Number(dies)) process.kill(process.pid, "SIGKILL");
  if (times === "0") await setTimeout(2 ** 30);
  await setTimeout(Math.random());
  await rm(inside);
  await lease.release();
  n++;
}
