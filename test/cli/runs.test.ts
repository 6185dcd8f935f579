import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FoundRun } from "../../experiments/runs/index-search.ts";
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
  for (const name of ["first", "second"]) await promises.writeFile(notebook(name), `---\nswitchyard: 1\n---\n\`\`\`ts {#study}\n${cell}\n\`\`\`\n`);
}, 120_000);
afterAll(() => promises.rm(folder, { recursive: true, force: true }));

const json = async (...args: string[]): Promise<FoundRun[]> => {
  const { code, stdout, stderr } = await switchyard(["runs", "--json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as FoundRun);
};

describe("switchyard runs", () => {
  test("without any store says how one comes to be known", async () => {
    const { code, stdout } = await switchyard(["runs"]);
    expect(code).toBe(0);
    expect(stdout).toContain("No store of runs is known yet");
  });

  test("lists what `run` has trained, in all notebooks", async () => {
    expect((await switchyard(["run", notebook("first"), "--backend", "cpu"])).code).toBe(0);
    expect((await switchyard(["run", notebook("second"), "--backend", "cpu", "--set", "train.steps=3", "--out", join(folder, "elsewhere")])).code).toBe(0);
    const { stdout } = await switchyard(["runs"]);
    expect(stdout).toMatch(/^notebook +experiment +arm +seed +status +valLoss/);
    expect(stdout).toMatch(/\nsecond\.md +study +fast, free +2 +done +\d\.\d+ .* 3 +\d+\.\d s +cpu +\d{4}-\d\d-\d\d \d\d:\d\d +[0-9a-f]{16}\n/);
    expect(stdout).toMatch(/\n8 runs in 2 stores\n$/);
  });

  test("--where finds by columns, metrics and settings; a FOLDER narrows it", async () => {
    expect((await json("--where", "arm like '%free%' and train.steps = 3")).map(({ notebook: of, arm, seed }) => [of, arm, seed])).toEqual([["second.md", "fast, free", 1], ["second.md", "fast, free", 2]]);
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

  test.each([
    [["--where", "valLos < 2"], "switchyard: --where valLos < 2: there is no column valLos (did you mean valLoss?)\n"],
    [["--where", "seed ="], "switchyard: --where seed =: something is missing at the end: a name or a value\n"],
    [["/no/such/folder"], "switchyard: /no/such/folder: there is no such folder\n"],
  ])("%j is refused with what is wrong", async (args, message) => {
    expect(await switchyard(["runs", ...args])).toEqual({ code: 2, stdout: "", stderr: message });
  });
});
