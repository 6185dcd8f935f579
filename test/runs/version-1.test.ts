/**
 * A store as the first version wrote it (972dfce, `switchyard run notebook.md --backend cpu`, the curve of the unfinished run thinned):
 * today's version reads all of it, and takes nothing in it for damage.
 */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import { readManifest } from "../../experiments/runs/store/node/manifest.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { parseJson } from "../../experiments/runs/store/parse-json.ts";
import { results } from "../../experiments/schemas/results.ts";

const written = join(import.meta.dirname, "fixtures/version-1/store");
let folder: string;
let notices: string[];
let store: NodeStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-version-1-"));
  await cp(written, folder, { recursive: true });
  notices = [];
  store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("finished runs are found with their numbers, curves and weights", async () => {
  const records = await store.list();
  expect(records.map(({ semantics }) => semantics)).toEqual([1, 1, 1]);
  const found = await Promise.all(records.map(async ({ key }) => ({ key, result: await store.find(key) })));
  const finished = found.filter(({ result }) => result !== null);
  expect(finished).toHaveLength(2);
  for (const { key, result } of finished) {
    const stored = JSON.parse(await readFile(join(folder, "runs", key.slice(0, 16), "result.json"), "utf8"));
    expect(result).toMatchObject({ status: "done", steps: 12 });
    // what was called acceptance is agreement; what was not measured is not there
    expect(result!.metrics).toMatchObject({ valLoss: stored.metrics.valLoss, agreement: stored.metrics.acceptance, acceptance: [] });
    const events = await store.events(key);
    expect(events.filter(({ kind }) => kind === "step")).toHaveLength(12);
    expect(events.filter(({ kind }) => kind === "eval")).toHaveLength(3);
    expect(decodeSafetensors((await store.weights(key))!).tensors.size).toBeGreaterThan(10);
  }
  expect(notices).toEqual([]);
});

test("an unfinished run has its checkpoint and its curve up to there", async () => {
  const records = await store.list();
  const [open] = (await Promise.all(records.map(async (record) => ((await store.find(record.key)) ? [] : [record])))).flat();
  const writer = await store.open(open);
  try {
    const checkpoint = (await writer.checkpoint())!;
    expect(decodeSafetensors(checkpoint).metadata.format).toBe("switchyard.checkpoint/1");
    const events = await writer.events();
    expect(events.length).toBeGreaterThan(50);
  } finally {
    await writer.release();
  }
  expect(notices).toEqual([]);
});

test("its manifest and its results.json are read", async () => {
  const manifest = await readManifest(folder, undefined, (text) => notices.push(text));
  expect(manifest?.experiments.tiny.runs.map(({ arm }) => arm)).toEqual(["loss-free", "no balancing"]);
  const reading = parseJson(await readFile(join(folder, "results.json"), "utf8"), results);
  expect(reading).toMatchObject({ state: "read", value: { semantics: 1 } });
  expect(notices).toEqual([]);
});
