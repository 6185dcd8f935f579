import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import { semantics, type RunConfig } from "../../engine/model/config.ts";
import { exportRun } from "../../experiments/cli/commands/export.ts";
import { forwardModel } from "../../experiments/cli/commands/forward.ts";
import { importModel } from "../../experiments/cli/commands/import.ts";
import { RefusedError } from "../../experiments/cli/refused.ts";
import { runKey, shortKey } from "../../experiments/runs/store/key.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { tinyConfig } from "../engine/configs.ts";
import { trainRun, weightsOf } from "../engine/training.ts";
import { largestDifference, worstTensor } from "./errors.ts";
import { loadFixtures } from "./fixtures.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
let printed = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-interchange-"));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  printed = "";
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A finished run in a store, as training leaves it. */
async function storeRun(
  store: string,
  config: RunConfig,
  options: { seed?: number; weights?: boolean } = {},
): Promise<{ key: string; weights: Uint8Array }> {
  const seed = { init: options.seed ?? 1, data: 1 };
  const trained = await trainRun(config, { seed });
  const weights = weightsOf(trained);
  if (trained.outcome.status !== "done") throw new Error(trained.outcome.status);
  const key = runKey(config, seed, "data");
  const writer = await new NodeStore(store).open({ key, semantics, dataHash: "data", seed, backend: "reference", config });
  const { metrics } = trained.outcome;
  const result = {
    key,
    status: "done" as const,
    error: null,
    divergedAt: null,
    steps: metrics.step,
    tokens: metrics.tokens,
    seconds: metrics.seconds,
    provenance: null,
    metrics,
  };
  await writer.finish(result, (options.weights ?? true) ? weights : null);
  await writer.release();
  return { key, weights };
}

/** The message of a refusal (exit code 2). */
async function refusal(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusedError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
}

describe("switchyard export", () => {
  const config = tinyConfig({ train: { steps: 2 } });
  let run: Awaited<ReturnType<typeof storeRun>>;
  beforeAll(async () => {
    run = await storeRun(at("study.results"), config);
    await storeRun(at("study.results"), config, { seed: 2, weights: false });
  });

  test("writes a run that is named by its folder, and what is imported from there are its weights", async () => {
    expect(await exportRun([at("study.results", "runs", shortKey(run.key)), at("by-folder")])).toBe(0);
    expect(readdirSync(at("by-folder")).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]);
    expect(await importModel([at("by-folder"), "--out", at("back.safetensors")])).toBe(0);
    expect((JSON.parse(printed.slice(printed.indexOf("{"))) as { model: unknown }).model).toEqual(config.model);
    const back = decodeSafetensors(readFileSync(at("back.safetensors"))).tensors;
    for (const [name, { shape, data }] of decodeSafetensors(run.weights).tensors)
      expect(back.get(name), name).toEqual({ shape, data: Float32Array.from(data) });
  });

  test("finds a run by the beginning of its key, and writes the same", async () => {
    expect(await exportRun([run.key.slice(0, 6), at("by-key"), "--store", at("study.results")])).toBe(0);
    expect(readFileSync(at("by-key", "model.safetensors"))).toEqual(readFileSync(at("by-folder", "model.safetensors")));
  });

  test("refuses what it cannot find, tell apart, or write, and leaves what lies in a folder alone", async () => {
    const store = ["--store", at("study.results")];
    const other = runKey(config, { init: 2, data: 1 }, "data");
    expect(await refusal(exportRun(["abcdef0123456789", at("x"), ...store]))).toMatch(/no run abcdef0123456789/);
    expect(await refusal(exportRun(["no key", at("x"), ...store]))).toMatch(/neither a run's folder nor the beginning of a key/);
    expect(await refusal(exportRun([other, at("x"), ...store]))).toMatch(/has no weights/);
    writeFileSync(at("by-key", "notes.txt"), "mine");
    expect(await refusal(exportRun([run.key, at("by-key"), ...store]))).toMatch(/is not empty/);
  });

  test("refuses a model that deepseek_v3 cannot say, with the reason, and writes nothing", async () => {
    const gqa = await storeRun(
      at("gqa.results"),
      tinyConfig({ model: { attention: { kind: "gqa", numKeyValueHeads: 1, headDim: 6, ropeDim: 4 } }, train: { steps: 1 } }),
    );
    expect(await refusal(exportRun([gqa.key, at("gqa"), "--store", at("gqa.results")]))).toMatch(/attention\.kind: .*grouped-query/);
    expect(readdirSync(folder)).not.toContain("gqa");
  });
});

describe("switchyard forward", () => {
  const fixture = loadFixtures().find(({ name }) => name === "query-latent-dense-first-two-shared");
  if (!fixture) throw new Error("the fixture is not there");
  const source = fileURLToPath(new URL(`fixtures/${fixture.name}/`, import.meta.url));
  beforeAll(() => {
    mkdirSync(at("model"));
    for (const file of ["config.json", "model.safetensors"]) copyFileSync(join(source, file), at("model", file));
    copyFileSync(join(source, "ids.json"), at("ids.json"));
  });

  test("writes logits, loss and gradients of a folder that transformers saved", async () => {
    expect(
      await forwardModel([at("model"), "--tokens", at("ids.json"), "--out", at("out.safetensors"), "--grads", "--backend", "reference"]),
    ).toBe(0);
    const { tensors } = decodeSafetensors(readFileSync(at("out.safetensors")));
    expect(largestDifference(tensors.get("logits")?.data ?? [], fixture.float64.logits.data)).toBeLessThan(1e-6);
    expect(tensors.get("loss")?.data[0]).toBeCloseTo(fixture.float64.loss, 9);
    expect(worstTensor(tensors, fixture.float64.gradients).error).toBeLessThan(1e-6);
    expect(tensors.size).toBe(2 + fixture.float64.gradients.size);
  });

  test("writes no gradients that were not asked for", async () => {
    expect(await forwardModel([at("model"), "--tokens", at("ids.json"), "--out", at("out.safetensors")])).toBe(0);
    expect([...decodeSafetensors(readFileSync(at("out.safetensors"))).tensors.keys()]).toEqual(["logits", "loss"]);
  });

  test.each([
    ["[[1, 2], [3]]", /sequence 1 has 1 tokens, the first 2/],
    ["[[1, 29]]", /token 29; ids are whole numbers from 0 to 28/],
    ["[[1, 0.5]]", /token 0\.5/],
    ["[[1]]", /at least 2 tokens/],
    ["[]", /at least 2 tokens/],
    ["[1, 2]", /needs \[\[id/],
    ["nonsense", /JSON/],
  ])("refuses the tokens %s with the reason", async (text, reason) => {
    writeFileSync(at("wrong.json"), text);
    expect(await refusal(forwardModel([at("model"), "--tokens", at("wrong.json"), "--out", at("x.safetensors")]))).toMatch(reason);
  });

  test("refuses a folder whose tensors are not its config's, naming them", async () => {
    const config = { ...fixture.config, n_routed_experts: 5 };
    writeFileSync(at("model", "config.json"), JSON.stringify(config));
    const message = await refusal(importModel([at("model")]));
    expect(message).toContain("model.layers.1.mlp.gate.weight is [6,16], not [5,16]");
    expect(message).toContain("model.layers.1.mlp.experts.5.up_proj.weight [10,16] is unknown");
  });
});
