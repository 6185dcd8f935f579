/** Node-only: names of processes that tell, later, whether the process still lives. */
import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** Who cannot be told apart from others is never said to have ended. */
const unknown = "unknown";

let own: Promise<string> | undefined;

/**
 * This process as `<pid>-<start>-<machine>`, fit for a file name. The start, in clock ticks since the machine was started, tells it from a later
 * process that was given the same id; the machine stands for host, boot and space of process ids (containers have their own). Linux tells both;
 * elsewhere they are "unknown".
 */
export const thisProcess = (): Promise<string> => (own ??= identify());

async function identify(): Promise<string> {
  const [status, machine] = await Promise.all([statusOf(process.pid), machineIdentity()]);
  return `${process.pid}-${status?.start ?? unknown}-${machine}`;
}

/** Whether the process that had this identity is surely gone. False where that cannot be known: another machine, another system than Linux. */
export async function hasEnded(identity: string): Promise<boolean> {
  const [pid, start, machine] = identity.split("-");
  if (!/^[1-9]\d{0,9}$/.test(pid) || !/^\d+$/.test(start ?? "") || machine === unknown || machine !== (await thisProcess()).split("-")[2])
    return false;
  try {
    process.kill(Number(pid), 0); // only asks
  } catch (error) {
    // EPERM: it lives and is another user's
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const status = await statusOf(Number(pid));
  if (status === null) return false;
  // one that was killed stays in the table until its parent asks for it, and may have threads that are still ending
  return status.start !== start || (/[ZX]/.test(status.state) && status.threads <= 1);
}

/** @see proc_pid_stat(5). Null where there is no /proc, or where it hides other users' processes. */
async function statusOf(pid: number): Promise<{ state: string; threads: number; start: string } | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // the second field is the program's name, which may hold spaces and brackets; state, number of threads and start are the 3rd, 20th and 22nd
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], threads: Number(fields[17]), start: fields[19] };
  } catch {
    return null;
  }
}

async function machineIdentity(): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const processes = await readlink("/proc/self/ns/pid");
    return createHash("sha256").update(`${hostname()}\n${boot}\n${processes}`).digest("hex").slice(0, 16);
  } catch {
    return unknown;
  }
}
