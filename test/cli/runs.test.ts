import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunComparison } from "../../experiments/runs/index/comparison.ts";
import type { FoundRun } from "../../experiments/runs/index/query.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { buildCli, switchyard } from "./bundle.ts";

let folder: string;
const notebook = (name: string) => join(folder, `${name}.md`);

beforeAll(async () => {
  buildCli();
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-runs-"));
  process.env.XDG_DATA_HOME = join(folder, "data");
  const cell = `import { experiment } from "switchyard";
export const study = experiment("Two rates", {
  model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 } },
  validation: { windowsPerDomain: 2 }, train: { steps: 4, batchSize: 4, seqLen: 16, evalEvery: 4 },
  arms: { "slow": {}, "fast, free": { train: { optimizer: { lr: 1e-2 } } } }, seeds: 2,
});`;
  for (const name of ["first", "second"])
    await promises.writeFile(notebook(name), `---\nswitchyard: 1\n---\n\`\`\`ts {#study}\n${cell}\n\`\`\`\n`);
}, 120_000);
afterAll(() => promises.rm(folder, { recursive: true, force: true }));

const json = async (...args: string[]): Promise<FoundRun[]> => {
  const { code, stdout, stderr } = await switchyard(["runs", "--json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FoundRun);
};

describe("switchyard runs", () => {
  test("without any store says how one comes to be known", async () => {
    const { code, stdout } = await switchyard(["runs"]);
    expect(code).toBe(0);
    expect(stdout).toContain("No store of runs is known yet");
  });

  test("lists what `run` has trained, in all notebooks", async () => {
    expect((await switchyard(["run", notebook("first"), "--backend", "cpu"])).code).toBe(0);
    expect(
      (await switchyard(["run", notebook("second"), "--backend", "cpu", "--set", "train.steps=3", "--out", join(folder, "elsewhere")]))
        .code,
    ).toBe(0);
    const { stdout } = await switchyard(["runs"]);
    expect(stdout).toMatch(/^notebook +experiment +arm +seed +status +valLoss/);
    expect(stdout).toMatch(
      /\nsecond\.md +study +fast, free +2 +done +\d\.\d+ .* 3 +\d+\.\d s +cpu +\d{4}-\d\d-\d\d \d\d:\d\d +[0-9a-f]{16}\n/,
    );
    expect(stdout).toMatch(/\n8 runs in 2 stores\n$/);
  });

  test("--where finds by columns, metrics and settings; a FOLDER narrows it", async () => {
    expect((await json("--where", "arm like '%free%' and train.steps = 3")).map(({ notebook: of, arm, seed }) => [of, arm, seed])).toEqual([
      ["second.md", "fast, free", 1],
      ["second.md", "fast, free", 2],
    ]);
    const [least] = (await json()).map(({ metrics }) => metrics.valLoss).sort((a, b) => a - b);
    expect(await json("--where", `valLoss <= ${least}`)).toHaveLength(1);
    expect(await json(join(folder, "elsewhere"))).toHaveLength(4);
    expect(await json(join(folder, "elsewhere"), "--where", "notebook = 'first.md'")).toEqual([]);
  });

  test("--rebuild makes the same index from the folders, and forgets stores that are gone", async () => {
    const before = await json();
    expect(await json("--rebuild")).toEqual(before);
    await promises.rename(join(folder, "elsewhere"), join(folder, "hidden"));
    expect(await json("--rebuild")).toHaveLength(4);
    await promises.rename(join(folder, "hidden"), join(folder, "elsewhere"));
    expect(await json()).toHaveLength(4);
    expect(await json(folder)).toHaveLength(8); // found again below the folder, and known from then on
    expect(await json()).toHaveLength(8);
  });

  test("--compare sets runs of different notebooks side by side, named by keys or folders", async () => {
    const [slow, , fast] = await json("--where", "notebook = 'first.md'");
    const [other] = await json("--where", "notebook = 'second.md'");
    const asked = [slow.key.slice(0, 8), fast.key, join(other.store, "runs", shortKey(other.key))];
    const { code, stdout, stderr } = await switchyard(["runs", "--compare", ...asked, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { runs, config, metrics, warnings } = JSON.parse(stdout) as RunComparison;
    expect(runs.map(({ name, notebook: of }) => [name, of])).toEqual([
      ["slow, seed 1, first.md", "first.md"],
      ["fast, free, seed 1, first.md", "first.md"],
      ["slow, seed 1, second.md", "second.md"],
    ]);
    expect(config).toEqual([
      { path: "train.steps", values: [4, 4, 3] },
      { path: "train.optimizer.lr", values: [0.003, 0.01, 0.003] },
    ]);
    expect(metrics.find(({ name }) => name === "valLoss")?.values).toEqual([slow, fast, other].map((run) => run.metrics.valLoss));
    expect(warnings).toEqual([
      "Planned for different numbers of training tokens: 256 (slow, seed 1, first.md; fast, free, seed 1, first.md) · 192 (slow, seed 1, second.md).",
    ]);

    const words = (await switchyard(["runs", "--compare", ...asked])).stdout;
    expect(words).toMatch(/\ntrain\.optimizer\.lr +0\.003 +0\.01 +0\.003\n/);
    expect(words).toMatch(/\nValidation loss \(nats per token\) +\d\.\d+ +\d\.\d+ +\d\.\d+\n/);
    expect(words).toContain("\nWarning: Planned for different numbers");
  });

  test.each([
    [["--compare", "0000"], "switchyard: --compare needs 2 to 8 runs, not 1; see switchyard --help\n"],
    [
      ["--compare", "0000", "xyz"],
      "switchyard: no run 0000 in any store that is known; switchyard runs FOLDER makes those of a folder known\n",
    ],
    [["--where", "valLos < 2"], "switchyard: --where valLos < 2: valLos at column 1 is nothing runs have (did you mean valLoss?)\n"],
    [["--where", "seed ="], "switchyard: --where seed =: something is missing at the end: a name or a value\n"],
    [["/no/such/folder"], "switchyard: /no/such/folder: there is no such folder\n"],
  ])("%j is refused with what is wrong", async (args, message) => {
    expect(await switchyard(["runs", ...args])).toEqual({ code: 2, stdout: "", stderr: message });
  });
});
