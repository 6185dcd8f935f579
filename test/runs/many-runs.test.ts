/** The index with as many runs as a year of studies leaves. `SWITCHYARD_RUNS=10000 npx --no-install vitest run test/runs/many-runs.test.ts` times it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunIndex, type SearchOptions } from "../../experiments/runs/index/node/index.ts";
import { everyRun, type FoundRuns, type RunQuery } from "../../experiments/runs/index/query.ts";
import { rememberStore } from "../../experiments/runs/index/node/stores.ts";
import { encode } from "../../experiments/runs/store/json.ts";
import { resultText } from "../../experiments/runs/store/result-file.ts";
import { runKey, shortKey } from "../../experiments/runs/store/key.ts";
import { writeManifest } from "../../experiments/runs/store/node/manifest.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { bench, plan } from "./plans.ts";

const count = Number(process.env.SWITCHYARD_RUNS ?? 600);
const perStore = Math.min(count, 1000);
const page: RunQuery = { ...everyRun, order: { by: "when", descending: true }, limit: 100 };

let folder: string;
let index: RunIndex;

/** Milliseconds, as a quiet machine would need them: with n runnable threads per core each gets 1/n of the time. */
async function timed(
  what: string,
  query: Partial<RunQuery>,
  options: SearchOptions = { refresh: false },
): Promise<FoundRuns & { milliseconds: number }> {
  const from = performance.now();
  const found = await index.search({ ...page, ...query }, options);
  const crowd = Math.max(1, loadavg()[0] / cpus().length);
  const milliseconds = performance.now() - from;
  if (process.env.SWITCHYARD_RUNS)
    console.log(`${count} runs: ${what}: ${Math.round(milliseconds)} ms (load per core ${crowd.toFixed(1)})`);
  return { ...found, milliseconds: milliseconds / crowd };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-many-"));
  const store = new MemoryStore();
  const { coordinator } = bench({ store });
  const { runs } = await coordinator.submit(plan({ seeds: 1 })).finished.then(({ arms }) => arms[1]);
  const [record] = (await store.list()).filter(({ key }) => key === runs[0].key);
  const result = (await store.find(record.key))!;
  for (let from = 0; from < count; from += perStore) {
    const at = join(folder, `study-${from / perStore}.results`);
    const named = [];
    for (let i = from; i < Math.min(count, from + perStore); i++) {
      const seed = { init: i, data: i };
      const key = runKey(record.config, seed, record.dataHash);
      await mkdir(join(at, "runs", shortKey(key)), { recursive: true });
      await writeFile(join(at, "runs", shortKey(key), "config.json"), encode({ ...record, key, seed }));
      await writeFile(
        join(at, "runs", shortKey(key), "result.json"),
        resultText(
          { ...result, key, metrics: { ...result.metrics!, valLoss: 2 + ((i * 7919) % count) / count } },
          { bytes: 0, sha256: "0".repeat(64) },
        ),
      );
      named.push({ key, arm: `arm ${i % 10}`, seed: i, status: "done" });
    }
    await writeManifest(at, {
      notebook: `study-${from / perStore}.md`,
      arguments: { budget: null, only: null, sets: [], armSets: [] },
      experiments: [{ id: "study", title: "Study", runs: named }],
    });
    await rememberStore(at, join(folder, "data"));
  }
  index = new RunIndex(join(folder, "data"));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }), 120_000);

test("a page of many runs comes within half a second, however it is searched and sorted", async () => {
  expect((await timed("the first look into the folders", {}, {})).total).toBe(count);
  await timed("another look, nothing changed", {}, {});
  const asked: [string, Partial<RunQuery>, number][] = [
    ["the newest", {}, count],
    ["three words", { words: ["arm", "3", "study-0"] }, -1],
    ["a condition on a metric and a name", { where: "valLoss < 2.5 and arm like '%3%'" }, -1],
    ["the best", { order: { by: "valLoss", descending: false } }, count],
    ["the last page", { offset: count - 100 }, count],
  ];
  for (const [what, query, total] of asked) {
    const { milliseconds, ...found } = await timed(what, query);
    expect(found.runs.length).toBeGreaterThan(0);
    expect(found.runs.length).toBeLessThanOrEqual(100);
    if (total >= 0) expect(found.total).toBe(total);
    expect(milliseconds).toBeLessThan(500);
  }
  expect((await timed("all of them at once", { limit: null, order: null })).runs).toHaveLength(count);
  expect((await timed("made again", {}, { rebuild: true })).total).toBe(count);
}, 600_000);
