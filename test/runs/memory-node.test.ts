import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { usableMemory } from "../../experiments/runs/devices/node/memory.ts";

const root = mkdtempSync(join(tmpdir(), "switchyard-cgroup-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const gigabyte = 2 ** 30;

/** A tree of control groups as Linux shows it. */
function groups(own: string, limits: Record<string, string>) {
  const at = join(root, String(++made));
  for (const [file, text] of Object.entries({ groups: own, ...limits })) {
    mkdirSync(dirname(join(at, file)), { recursive: true });
    writeFileSync(join(at, file), `${text}\n`);
  }
  return { total: 16 * gigabyte, groups: join(at, "groups"), folder: join(at, "fs") };
}

test.each([
  ["no control groups", "", {}, 16],
  ["no limit", "0::/user.slice/a", { "fs/user.slice/a/memory.max": "max", "fs/user.slice/memory.max": "max" }, 16],
  ["its own limit", "0::/user.slice/a", { "fs/user.slice/a/memory.max": `${2 * gigabyte}` }, 2],
  [
    "the limit of a group above",
    "0::/user.slice/a/b",
    { "fs/user.slice/a/b/memory.max": "max", "fs/user.slice/memory.max": `${3 * gigabyte}` },
    3,
  ],
  ["the least of several", "0::/x/y", { "fs/x/y/memory.max": `${5 * gigabyte}`, "fs/x/memory.max": `${4 * gigabyte}` }, 4],
  ["a container, which sees only its own", "0::/../../host/path", { "fs/memory.max": `${gigabyte}` }, 1],
  [
    "the first version of control groups",
    "5:cpu,cpuacct:/a\n4:memory:/docker/a\n1:name=systemd:/a",
    { "fs/memory/docker/a/memory.limit_in_bytes": `${2 * gigabyte}`, "fs/cpu/a/memory.limit_in_bytes": "1" },
    2,
  ],
  ["the first version without a limit", "4:memory:/a", { "fs/memory/a/memory.limit_in_bytes": "9223372036854771712" }, 16],
  ["the first version in a container", "4:memory:/docker/of-the-host", { "fs/memory/memory.limit_in_bytes": `${gigabyte}` }, 1],
])("%s", (_what, own, limits, expected) => {
  expect(usableMemory(groups(own, limits as Record<string, string>))).toBe(expected * gigabyte);
});

test("of this machine is something", () => {
  expect(usableMemory()).toBeGreaterThan(2 ** 26);
});
