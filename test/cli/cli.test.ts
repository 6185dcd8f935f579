import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Results } from "../../experiments/results.ts";
import { buildCli, switchyard } from "./bundle.ts";

let folder: string;
beforeAll(async () => {
  buildCli();
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-cli-"));
});
afterAll(() => promises.rm(folder, { recursive: true, force: true }));

/** A model so small that a run takes a moment. */
const tiny = `model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 } },
  validation: { windowsPerDomain: 2 }`;

const cell = (id: string, code: string) => `\`\`\`ts {#${id}}\n${code}\n\`\`\`\n`;

const study = (spec = "", steps = 12) =>
  cell(
    "study",
    `import { experiment } from "switchyard";\nexport const study = experiment("Two rates", {\n  ${tiny},\n  train: { steps: ${steps}, batchSize: 4, seqLen: 16, evalEvery: 6 },\n  arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } } }, seeds: 2,\n  ${spec}\n});`,
  );

async function notebook(name: string, ...cells: string[]): Promise<string> {
  const path = join(folder, `${name}.md`);
  await promises.writeFile(
    path,
    `---\nswitchyard: 1\ntitle: ${name}\nbudget:\n  smoke: { train.steps: 4, seeds: 1 }\n---\nSome prose.\n\n${cells.join("\n")}`,
  );
  return path;
}

const results = async (out: string): Promise<Results> => JSON.parse(await promises.readFile(join(out, "results.json"), "utf8")) as Results;

describe("switchyard run", () => {
  test("trains, evaluates the cells and writes results; run again it trains nothing and ends with the same numbers", async () => {
    const path = await notebook(
      "fresh",
      study(),
      cell("view", "display(study.arms.map((arm) => ({ arm: arm.name, loss: arm.mean.valLoss })));"),
    );
    const first = await switchyard(["run", path, "--backend", "cpu"]);
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("2 arms × 2 seeds = 4 runs");
    const out = join(folder, "fresh.results");
    const before = await results(out);
    expect(before.schema).toBe("switchyard.results/1");
    expect(before.experiments[0].arms.map((arm) => [arm.name, arm.n])).toEqual([
      ["low", 2],
      ["high", 2],
    ]);
    expect(before.experiments[0].arms[0].runs[0].provenance).toMatchObject({ backend: "cpu" });
    const again = await switchyard(["run", path, "--backend", "cpu"]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("all in the store");
    const after = await results(out);
    expect(after.experiments[0].arms.map((arm) => arm.runs.map((run) => run.metrics))).toEqual(
      before.experiments[0].arms.map((arm) => arm.runs.map((run) => run.metrics)),
    );
    expect(after.experiments[0].arms[0].runs.every((run) => run.cached)).toBe(true);
  });

  test("--json writes one object per line: device, plan, runs, result", async () => {
    const path = await notebook("json", study());
    const { code, stdout } = await switchyard(["run", path, "--budget", "smoke", "--backend", "reference", "--json"]);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; runs?: unknown[]; arms?: { train?: unknown }[] });
    expect(lines[0]).toMatchObject({ type: "device", name: "reference" });
    expect(lines[1]).toMatchObject({ type: "plan", experiment: "study", seeds: [1] });
    expect(lines[1].runs).toHaveLength(2);
    expect(lines.filter((line) => line.type === "run" && "status" in line && line.status === "done")).toHaveLength(2);
    expect(lines.find((line) => line.type === "result")).toMatchObject({ experiment: "study" });
  });

  test("--out, --seeds, --set and --set-arm decide where and what", async () => {
    const path = await notebook("sets", study());
    const out = join(folder, "elsewhere");
    const { code } = await switchyard([
      "run",
      path,
      "--out",
      out,
      "--seeds",
      "1",
      "--set",
      "train.steps=3",
      "--set",
      "study.train.keep=none",
      "--set-arm",
      "high.train.steps=2",
      "--backend",
      "cpu",
    ]);
    expect(code).toBe(0);
    const [{ arms }] = (await results(out)).experiments;
    expect(arms.map((arm) => [arm.config.train.steps, arm.config.train.keep, arm.runs.length])).toEqual([
      [3, "none", 1],
      [2, "none", 1],
    ]);
    expect((await promises.readdir(out)).sort()).toEqual(expect.arrayContaining([".gitignore", "manifest.json", "results.json", "runs"]));
  });

  test("a diverged run ends with 1, and the others are there", async () => {
    const path = await notebook("diverging", study("", 40));
    const { code, stdout } = await switchyard([
      "run",
      path,
      "--seeds",
      "1",
      "--set-arm",
      "high.train.optimizer.lr=1e30",
      "--backend",
      "cpu",
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/study\/high\/1: diverged at step \d+/);
    expect((await results(join(folder, "diverging.results"))).experiments[0].arms.map((arm) => arm.n)).toEqual([1, 0]);
  });

  test("a view that fails ends with 1 and says where", async () => {
    const path = await notebook("failing-view", study(), cell("view", "const x = 1;\nstudy.arms[7].name;"));
    const { code, stderr } = await switchyard(["run", path, "--budget", "smoke", "--backend", "cpu"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cell #view, line 2/);
  });
});

describe("refused before training, with code 2", () => {
  test("a bad spec: every problem with its cell and path, and nothing is written", async () => {
    const path = await notebook("bad", study("bogus: 1, primary: ['valLos'],"));
    const { code, stderr, stdout } = await switchyard(["run", path]);
    expect(code).toBe(2);
    expect(stderr).toContain("#study bogus: unknown key");
    expect(stderr).toContain('#study primary[0]: there is no metric "valLos" (did you mean "valLoss"?)');
    expect(stdout).toBe("");
    await expect(promises.stat(join(folder, "bad.results"))).rejects.toThrow("ENOENT");
  });

  test.each([
    ["a cell that does not compile", [cell("broken", "const = 3;")], [], /cell #broken, line 1/],
    ["a cell that throws before any experiment", [cell("broken", "const x = 1;\nnull.x;")], [], /cell #broken, line 2/],
    ["an unknown budget", [study()], ["--budget", "huge"], /--budget huge: the notebook declares only smoke/],
    ["an unknown cell", [study()], ["--only", "stuy"], /--only stuy: there is no such cell \(did you mean study\?\)/],
    ["a wrong override", [study()], ["--set", "train.stepz=1"], /--set train\.stepz: unknown key \(did you mean steps\?\)/],
    ["an unknown backend", [study()], ["--backend", "cuda"], /--backend cuda/],
    ["an unknown option", [study()], ["--quick"], /--quick/],
  ])("%s", async (name, cells, args, message) => {
    const path = await notebook(name.replaceAll(" ", "-"), ...cells);
    const { code, stderr } = await switchyard(["run", path, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("a file that is not there, a command that is not there", async () => {
    expect(await switchyard(["run", join(folder, "nowhere.md")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no such file") as string,
    });
    await promises.writeFile(join(folder, "old.ipynb"), JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] }));
    await promises.writeFile(join(folder, "paper.md"), "%PDF-1.7");
    for (const command of ["check", "run"]) {
      expect(await switchyard([command, join(folder, "old.ipynb")])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("is a Jupyter notebook: open it in the app") as string,
      });
      expect(await switchyard([command, join(folder, "paper.md")])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("it is a PDF, not a notebook") as string,
      });
    }
    expect(await switchyard(["trian"])).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown command "trian"') as string });
  });
});

describe("--only", () => {
  test("evaluates a cell and what it reads, and nothing else", async () => {
    const other = study().replaceAll("study", "other");
    const path = await notebook("only", study(), other, cell("view", "display(study.arms.length);"));
    const { code, stdout } = await switchyard(["check", path, "--only", "view"]);
    expect(stdout).toContain("study: Two rates");
    expect(stdout).not.toContain("other: Two rates");
    expect(code).toBe(0);
  });
});

describe("Ctrl-C", () => {
  test("keeps checkpoints, says how to go on, ends with 130; going on gives the numbers of an undisturbed run", async () => {
    const path = await notebook("interrupted", study("", 1500));
    const args = ["run", path, "--seeds", "1", "--backend", "cpu", "--jobs", "2", "--json", "--set", "train.checkpointEverySeconds=0.1"];
    let signalled = false;
    const stopped = await switchyard(args, (text, kill) => {
      if (!signalled && text.includes('"type":"checkpoint"')) {
        signalled = true;
        kill("SIGINT");
      }
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain(`switchyard run ${path}`);
    const out = join(folder, "interrupted.results");
    const runs = await promises.readdir(join(out, "runs"));
    const kept = await Promise.all(runs.map((run) => promises.readdir(join(out, "runs", run))));
    expect(kept.filter((files) => files.includes("checkpoint.safetensors")).length).toBeGreaterThan(0);
    const resumed = await switchyard(args);
    expect(resumed.code).toBe(0);
    const calm = await switchyard([...args, "--out", join(folder, "calm"), "--fresh"]);
    expect(calm.code).toBe(0);
    const losses = async (at: string) =>
      (await results(at)).experiments[0].arms.map((arm) =>
        arm.runs.map((run) => [run.metrics?.valLoss, run.metrics?.trainLoss, run.metrics?.expertCounts]),
      );
    expect(await losses(out)).toEqual(await losses(join(folder, "calm")));
    const steps = async (at: string) => {
      const folders = await promises.readdir(join(at, "runs"));
      return Promise.all(
        folders.sort().map(async (run) =>
          (await promises.readFile(join(at, "runs", run, "metrics.jsonl"), "utf8"))
            .trim()
            .split("\n")
            .map((line) => [JSON.parse(line).kind, JSON.parse(line).step, JSON.parse(line).trainLoss]),
        ),
      );
    };
    expect(await steps(out)).toEqual(await steps(join(folder, "calm")));
  });
});

test("a process killed without warning loses nothing but the steps since its checkpoint", async () => {
  const path = await notebook("killed", study("", 1500));
  const args = ["run", path, "--seeds", "1", "--set", "train.checkpointEverySeconds=0.2", "--backend", "cpu", "--json"];
  let killed = false;
  const first = await switchyard(args, (text, kill) => {
    if (!killed && text.includes('"type":"checkpoint"')) {
      killed = true;
      kill("SIGKILL");
    }
  });
  expect(first.code).toBeNull();
  // its locks are taken over once they are stale
  const second = await switchyard(args);
  expect(second.code).toBe(0);
  expect((await results(join(folder, "killed.results"))).experiments[0].arms.map((arm) => arm.n)).toEqual([1, 1]);
}, 120_000);

describe("switchyard check", () => {
  test("shows plan and cost, trains nothing", async () => {
    const path = await notebook("checked", study());
    const { code, stdout } = await switchyard(["check", path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/high {2}.*train\.optimizer\.lr 0\.003 → 0\.01/);
    await expect(promises.stat(join(folder, "checked.results"))).rejects.toThrow("ENOENT");
  });

  test("finds type errors in the cell's own lines, also through values of other cells", async () => {
    const path = await notebook(
      "types",
      study(),
      cell("view", "const n: number = 1;\nconst wrong: string = study.arms;\ndisplay(n, wrong);"),
    );
    const { code, stderr } = await switchyard(["check", path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cell #view, line 2:7: TypeError: Type '.*Arm\[\]' is not assignable to type 'string'/);
  });
});

describe("switchyard report", () => {
  test("shows the study as it was last run, training nothing", async () => {
    const path = await notebook("reported", study());
    await switchyard(["run", path, "--budget", "smoke", "--backend", "cpu"]);
    const out = join(folder, "reported.results");
    const before = await results(out);
    await promises.rm(join(out, "results.json"));
    const { code } = await switchyard(["report", path]);
    expect(code).toBe(0);
    const arms = (r: Results) => r.experiments[0].arms.map((arm) => arm.runs.map((run) => run.metrics));
    expect(arms(await results(out))).toEqual(arms(before));
  });

  test("says which runs are missing and ends with 1", async () => {
    const path = await notebook("unreported", study());
    const { code, stderr } = await switchyard(["report", path]);
    expect(code).toBe(1);
    expect(stderr).toContain("4 of 4 runs are not in the store");
  });
});

test("switchyard devices names every backend and the one auto takes", async () => {
  const { code, stdout } = await switchyard(["devices", "--json"]);
  expect(code).toBe(0);
  const { available, unavailable, auto } = JSON.parse(stdout) as {
    available: { name: string }[];
    unavailable: { name: string }[];
    auto: string;
  };
  expect([...available, ...unavailable].map(({ name }) => name).sort()).toEqual(["cpu", "reference", "webgpu"]);
  expect(available.map(({ name }) => name)).toContain(auto);
});

test("switchyard clean removes old unfinished runs and leaves results and young ones", async () => {
  const store = join(folder, "old.results");
  const long = new Date(Date.now() - 40 * 86_400_000);
  // folders of runs are named after their keys; others of a store are not clean's to touch
  const [finished, abandoned, working, other] = ["0123456789abcdef", "fedcba9876543210", "00112233445566aa", "mine"];
  const make = async (run: string, files: string[], when?: Date) => {
    await promises.mkdir(join(store, "runs", run), { recursive: true });
    for (const file of files) {
      await promises.writeFile(join(store, "runs", run, file), "x");
      if (when) await promises.utimes(join(store, "runs", run, file), when, when);
    }
  };
  await make(finished, ["config.json", "result.json", "checkpoint.safetensors", "result.json.damaged-1"], long);
  await make(abandoned, ["config.json", "metrics.jsonl", "checkpoint.safetensors"], long);
  await make(working, ["config.json"], long);
  await make(working, ["metrics.jsonl"]);
  await make(other, ["metrics.jsonl", "result.json.damaged-1"], long);
  const { code, stdout } = await switchyard(["clean", store]);
  expect(code).toBe(0);
  expect(stdout).toContain("removed 4 files");
  expect((await promises.readdir(join(store, "runs"))).sort()).toEqual([working, finished, other]);
  expect((await promises.readdir(join(store, "runs", finished))).sort()).toEqual(["checkpoint.safetensors", "config.json", "result.json"]);
  expect((await promises.readdir(join(store, "runs", working))).sort()).toEqual(["config.json", "metrics.jsonl"]);
  expect((await promises.readdir(join(store, "runs", other))).sort()).toEqual(["metrics.jsonl", "result.json.damaged-1"]);
});
