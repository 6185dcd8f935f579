/** Node-only: how much memory this process may use. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";

/** Where the system tells of limits. */
export interface MemorySources {
  /** of the machine */
  total: number;
  /** `/proc/self/cgroup`: the control groups that this process is in */
  groups: string;
  /** `/sys/fs/cgroup`, where their limits are told */
  folder: string;
}

const system = (): MemorySources => ({ total: totalmem(), groups: "/proc/self/cgroup", folder: "/sys/fs/cgroup" });

/**
 * Bytes: the machine's, or the least of the limits that the control groups of this process and those above them set (containers, systemd, batch
 * systems). Node knows of a group's own limit only.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function usableMemory({ total, groups, folder }: MemorySources = system()): number {
  const limits = lines(groups).flatMap((line) => {
    const [, controllers = "", told = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    // a process that was moved out of its container's part of the tree is told so by "/.."
    const path = join("/", told);
    if (controllers === "")
      return [...up(join(folder, path), folder, "memory.max"), ...up(join(folder, "unified", path), folder, "memory.max")];
    return controllers.split(",").includes("memory") ? up(join(folder, "memory", path), folder, "memory.limit_in_bytes") : [];
  });
  return Math.min(total, ...limits);
}

/** Limits of a group and those above it; in a container the path may be the host's, and only the top is there. */
function up(group: string, top: string, file: string): number[] {
  const limits: number[] = [];
  for (let at = group; ; at = dirname(at)) {
    const limit = Number(lines(join(at, file))[0] ?? "max");
    // "max" in words, and zero where nothing is told
    if (limit > 0) limits.push(limit);
    if (at === top || dirname(at) === at) return limits;
  }
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").trim().split("\n");
  } catch {
    return [];
  }
}
