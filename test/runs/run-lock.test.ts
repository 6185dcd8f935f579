import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasEnded, thisProcess } from "../../experiments/runs/store/node/process-identity.ts";
import { lockRun, removeLeftovers, type Lease } from "../../experiments/runs/store/node/run-lock.ts";
import { RunLockedError } from "../../experiments/runs/store/store.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-lock-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Starts a process that takes the lock; resolves when it has it. */
async function holder(...args: string[]): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ["--import", new URL("./strip-types.mjs", import.meta.url).href, here("lock-holder.ts"), folder, ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.push(child);
  await new Promise((resolve, reject) => {
    child.stdout!.once("data", resolve);
    child.once("error", reject);
  });
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(String(child.signalCode ?? child.exitCode));
    else child.once("exit", (code, signal) => resolve(String(signal ?? code)));
  });

const take = () => lockRun(folder, () => {});
const linux = process.platform === "linux";

describe.runIf(linux)("the lock of a process that was killed", () => {
  test("is taken at once", async () => {
    const child = await holder("0");
    await expect(take()).rejects.toThrow(RunLockedError);
    child.kill("SIGKILL");
    await ended(child);
    const started = performance.now();
    await (await take()).release();
    // by age alone it would be held for ten seconds
    expect(performance.now() - started).toBeLessThan(1000);
    expect(await readdir(folder)).toEqual(["inside"]);
  });

  test("is taken by one of many that try at once", async () => {
    const child = await holder("0");
    child.kill("SIGKILL");
    await ended(child);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, take));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(RunLockedError);
  });
});

test.runIf(linux)("two living processes never have it at once, while others are killed inside", { timeout: 120_000 }, async () => {
  const crowd = await Promise.all([holder("20"), holder("20"), holder("20", "7"), holder("20", "13")]);
  expect(await Promise.all(crowd.map(ended))).toEqual(["0", "0", "SIGKILL", "SIGKILL"]);
});

describe("a lock is held", () => {
  test("within one process too", async () => {
    const lease = await take();
    await expect(take()).rejects.toThrow(RunLockedError);
    await lease.release();
    await (await take()).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test("by a process that is stopped, as long as it may wake up and believe it has it", async () => {
    const child = await holder("0");
    child.kill("SIGSTOP");
    await expect(take()).rejects.toThrow(RunLockedError);
  });

  test("by whoever cannot be asked (another machine, container or system) until it was watched for ten seconds and not renewed, whatever the clocks say", {
    timeout: 40_000,
  }, async () => {
    const lock = join(folder, "lock");
    await mkdir(lock);
    await writeFile(join(lock, "1-2-0123456789abcdef-1"), "");
    await expect(take()).rejects.toThrow(RunLockedError);
    // a clock that is an hour behind, as on another machine, or after it was set
    const old = new Date(Date.now() - 3_600_000);
    await utimes(lock, old, old);
    const from = performance.now();
    for (let lease: Lease | null = null; lease === null; ) {
      await expect(readdir(lock)).resolves.toHaveLength(1);
      lease = await take().catch((error: unknown) => (expect(error).toBeInstanceOf(RunLockedError), null));
      if (lease) await lease.release();
      else await setTimeout(1000);
    }
    expect(performance.now() - from).toBeGreaterThanOrEqual(10_000);
  });

  test("by an owner that renews it, though its clock stands an hour behind", { timeout: 40_000 }, async () => {
    const lock = join(folder, "lock");
    await mkdir(lock);
    await writeFile(join(lock, "1-2-0123456789abcdef-1"), "");
    for (let second = 0; second < 13; second++) {
      const behind = new Date(Date.now() - 3_600_000);
      if (second % 3 === 0) await utimes(lock, behind, behind);
      await expect(take()).rejects.toThrow(RunLockedError);
      await setTimeout(1000);
    }
  });
});

test("a process that finds its lock with somebody else is told, and leaves that one's lock alone", { timeout: 20_000 }, async () => {
  const lost = new Promise<void>((resolve) => void lockRun(folder, resolve));
  await expect.poll(() => readdir(folder)).toContain("lock");
  const lock = join(folder, "lock");
  for (const name of await readdir(lock)) await rm(join(lock, name));
  await writeFile(join(lock, "1-2-0123456789abcdef-1"), "");
  const later = new Date(Date.now() + 60_000);
  await utimes(lock, later, later);
  await lost;
  expect(await readdir(lock)).toEqual(["1-2-0123456789abcdef-1"]);
});

describe("an identity", () => {
  test("of this process has not ended", async () => {
    expect(await thisProcess()).toMatch(new RegExp(`^${process.pid}-`));
    expect(await hasEnded(await thisProcess())).toBe(false);
  });

  test.runIf(linux)("with this id but of an earlier process has ended", async () => {
    const [pid, start, machine] = (await thisProcess()).split("-");
    expect(await hasEnded([pid, Number(start) - 1, machine].join("-"))).toBe(true);
  });

  test.runIf(linux)("of a process that was killed has ended before its parent has asked for it", async () => {
    // the shell becomes a `sleep` itself, which never asks for its child
    const child = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const pid = await new Promise<string>((resolve) => child.stdout.once("data", (text: Buffer) => resolve(String(text).trim())));
    const machine = (await thisProcess()).split("-")[2];
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    expect(await hasEnded(`${pid}-${start}-${machine}`)).toBe(false);
    await expect.poll(() => readFile(`/proc/${child.pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(Number(pid), "SIGKILL");
    await expect.poll(() => hasEnded(`${pid}-${start}-${machine}`)).toBe(true);
    await expect(readFile(`/proc/${pid}/stat`, "utf8")).resolves.toContain(" Z ");
  });

  test.each(["", "garbage", "0-1-x", "-1-1-x", "1-unknown-unknown", "1-2-3", "99999999999999-1-1"])(
    "that is %j says nothing",
    async (identity) => {
      expect(await hasEnded(identity)).toBe(false);
    },
  );
});

test("what killed writers left half written is removed, what a living one is about to put in place is not", async () => {
  const me = await thisProcess();
  await writeFile(join(folder, "checkpoint.safetensors.7-1.tmp"), "half");
  await writeFile(join(folder, "checkpoint.safetensors"), "whole");
  await mkdir(join(folder, `lock-${me}-1.tmp`));
  if (linux) {
    const [pid, start, machine] = me.split("-");
    await mkdir(join(folder, `lock-${pid}-${Number(start) - 1}-${machine}-1.tmp`));
  }
  await removeLeftovers(folder);
  expect((await readdir(folder)).sort()).toEqual(["checkpoint.safetensors", `lock-${me}-1.tmp`]);
});
