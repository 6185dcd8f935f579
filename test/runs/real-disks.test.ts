/** `switchyard run` on disks that are full, read-only or shared: no fault is injected here. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Results } from "../../experiments/results.ts";
import { buildCli, switchyard } from "../cli/bundle.ts";

const notebook = `---
switchyard: 1
---
\`\`\`ts {#study}
import { experiment } from "switchyard";
export const study = experiment("Disks", {
  model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 } },
  validation: { windowsPerDomain: 2 },
  train: { steps: 60, batchSize: 4, seqLen: 16, evalEvery: 20 },
  arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } }, seeds: 2,
});
\`\`\`
`;

let root: string;
let path: string;
/** what the study comes to where nothing is in the way */
let calm: ReturnType<typeof numbers>;

beforeAll(async () => {
  buildCli();
  root = await mkdtemp(join(tmpdir(), "switchyard-disks-"));
  await chmod(root, 0o755);
  path = join(root, "study.md");
  await writeFile(path, notebook);
  const { code } = await switchyard(run(join(root, "calm")));
  expect(code).toBe(0);
  calm = numbers(await resultsIn(join(root, "calm")));
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (store: string) => ["run", path, "--out", store, "--backend", "cpu", "--jobs", "2", "--json"];
const resultsIn = async (store: string) => JSON.parse(await readFile(join(store, "results.json"), "utf8")) as Results;

const numbers = ({ experiments }: Results) =>
  experiments[0].arms.map(({ runs }) => runs.map(({ status, metrics }) => ({ status, ...metrics, seconds: 0, tokensPerSecond: 0 })));

/** What `--json` says of runs as they end, and of the result. */
function told(stdout: string) {
  const lines = stdout
    .trim()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { type: string; run: string; status: string; cached: boolean; valLoss: number; arms: { n: number }[] },
    );
  return {
    runs: lines.filter(({ type, status }) => type === "run" && status === "done"),
    result: lines.find(({ type }) => type === "result"),
  };
}

const root0 = process.getuid?.() === 0;

/** A disk of so many kilobytes, where this user may mount one. */
async function smallDisk(kilobytes: number, options = "rw"): Promise<{ disk: string; umount(): void } | null> {
  const disk = await mkdtemp(join(root, "disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k,${options}`, "tmpfs", disk], { stdio: "ignore" });
  return status === 0 ? { disk, umount: () => void spawnSync("umount", [disk]) } : null;
}
const probe = spawnSync("sh", ["-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d"'], {
  stdio: "ignore",
});
const mounts = probe.status === 0;

describe.runIf(mounts)("a disk that is full", () => {
  // the store of this study takes about 500 kB
  test.each([
    [8, "at once"],
    [100, "after some runs"],
    [250, "in the middle"],
  ])(
    "of %i kB (%s): one clear message, all runs end, and their results are those of a large disk",
    { timeout: 300_000 },
    async (kilobytes) => {
      const { disk, umount } = (await smallDisk(kilobytes))!;
      try {
        const { stdout, stderr, code } = await switchyard(run(join(disk, "store")));
        const messages = stderr.trim().split("\n");
        expect(messages.filter((line) => line.includes("Training goes on; results that do not fit are kept in memory"))).toHaveLength(1);
        for (const line of messages) expect(line).toMatch(/the disk is full|^Not saved, and lost when the program ends: /);
        const { runs, result } = told(stdout);
        expect(result!.arms.map(({ n }) => n)).toEqual([2, 2]);
        expect(runs.map(({ valLoss }) => valLoss).sort()).toEqual(
          calm
            .flat()
            .map(({ valLoss }) => valLoss)
            .sort(),
        );
        expect(code, "the report could not be written").toBe(1);
        // what is there is whole: the next study on this disk takes it or trains it again, and stumbles over nothing
        const again = await switchyard(run(join(disk, "store")));
        expect(again.stderr).not.toContain("damaged");
        expect(told(again.stdout).result!.arms.map(({ n }) => n)).toEqual([2, 2]);
      } finally {
        umount();
      }
    },
  );
});

describe.runIf(mounts)("a disk that takes a report and no results", () => {
  test("does not pass for one that took all: every lost file is named, and the exit code is not 0", { timeout: 300_000 }, async () => {
    const store = join(root, "half");
    await mkdir(join(store, "runs"), { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", join(store, "runs")], { stdio: "ignore" }).status === 0;
    expect(mounted).toBe(true);
    try {
      const { stdout, stderr, code } = await switchyard(run(store));
      expect(told(stdout).result!.arms.map(({ n }) => n)).toEqual([2, 2]);
      expect((await resultsIn(store)).experiments).toHaveLength(1);
      expect(code).toBe(1);
      const [lost] = stderr.split("\n").filter((line) => line.startsWith("Not saved, and lost when the program ends: "));
      for (const { key } of (await resultsIn(store)).experiments[0].arms.flatMap((arm) => arm.runs))
        expect(lost).toContain(join(store, "runs", key.slice(0, 16), "result.json"));
    } finally {
      spawnSync("umount", [join(store, "runs")]);
    }
  });
});

describe.runIf(mounts || !root0)("a folder that may not be written to", () => {
  test("gives one clear message, and all runs end", { timeout: 300_000 }, async () => {
    const mounted = mounts ? await smallDisk(64, "ro") : null;
    const folder = mounted?.disk ?? join(root, "read-only");
    if (!mounted) {
      await mkdir(folder);
      await chmod(folder, 0o555);
    }
    try {
      const { stdout, stderr, code } = await switchyard(run(join(folder, "store")));
      expect(stderr).toMatch(mounted ? /the disk is read-only/ : /there is no permission to write/);
      expect(stderr.match(/Training goes on/g)).toHaveLength(1);
      expect(told(stdout).result!.arms.map(({ n }) => n)).toEqual([2, 2]);
      expect(code).toBe(1);
    } finally {
      mounted?.umount();
    }
  });

  test("but holds results is reported from, without a word", { timeout: 300_000 }, async () => {
    const folder = join(root, "calm");
    const bound = mounts
      ? spawnSync("sh", ["-c", 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"', folder]).status === 0
      : (await chmod(folder, 0o555), true);
    expect(bound).toBe(true);
    try {
      const { stdout, stderr } = await switchyard(run(folder));
      expect(stderr).not.toContain("Training goes on");
      expect(stderr).not.toContain("damaged");
      expect(told(stdout).result!.arms.map(({ n }) => n)).toEqual([2, 2]);
    } finally {
      if (mounts) spawnSync("umount", [folder]);
      else await chmod(folder, 0o755);
    }
  });
});

test("two processes that run the same study in the same store at once train every run once, and both end with all of them", {
  timeout: 300_000,
}, async () => {
  const store = join(root, "shared");
  const both = await Promise.all([switchyard(run(store)), switchyard(run(store))]);
  const trained = both.flatMap(({ stdout }) => told(stdout).runs.filter(({ cached }) => !cached));
  for (const { stdout, code, stderr } of both) {
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(told(stdout).result!.arms.map(({ n }) => n)).toEqual([2, 2]);
  }
  expect(trained.map(({ run }) => run).sort()).toEqual([...new Set(trained.map(({ run }) => run))].sort());
  expect(trained).toHaveLength(4);
  expect(numbers(await resultsIn(store))).toEqual(calm);
  for (const folder of await readdir(join(store, "runs")))
    expect((await readdir(join(store, "runs", folder))).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "metrics.jsonl",
      "result.json",
    ]);
});
