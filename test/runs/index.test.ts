import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { semantics } from "../../engine/model/config.ts";
import { withIndex, type Database, type OpenIndexOptions } from "../../experiments/runs/index/node/database.ts";
import { keepOnly, refresh } from "../../experiments/runs/index/node/refresh.ts";
import { everyRun, type FoundRun, type RunQuery } from "../../experiments/runs/index/query.ts";
import { searchRuns } from "../../experiments/runs/index/memory.ts";
import { RunIndex } from "../../experiments/runs/index/node/index.ts";
import { search } from "../../experiments/runs/index/node/search.ts";
import { dataFolder, knownStores, rememberStore, storesBelow } from "../../experiments/runs/index/node/stores.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { writeManifest } from "../../experiments/runs/store/node/manifest.ts";
import { nameExperiment } from "../../experiments/runs/store/named-experiment.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { bench, hash, plan } from "./plans.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-index-"));
  path = join(folder, "data", "runs.sqlite");
});
afterEach(() => promises.rm(folder, { recursive: true, force: true }));

const asWritten = { budget: null, only: null, sets: [], armSets: [] };

/** A store as `switchyard run` leaves it: two arms, two seeds, and a manifest. */
async function trained(name: string, spec: object = {}, title?: string): Promise<string> {
  const store = join(folder, `${name}.results`);
  const { coordinator } = bench({ store: new NodeStore(store) });
  const result = await coordinator.submit(plan(spec)).finished;
  await coordinator.close();
  await writeManifest(store, {
    notebook: `${name}.md`,
    arguments: asWritten,
    experiments: [{ ...nameExperiment(result), ...(title !== undefined && { title }) }],
  });
  return store;
}

const ask = (stores: string[], query: Partial<RunQuery>, options: OpenIndexOptions = {}) =>
  withIndex(
    path,
    async (database) => {
      await refresh(database, stores);
      return search(database, stores, { ...everyRun, ...query });
    },
    options,
  );
const find = async (stores: string[], where: string | null = null, options: OpenIndexOptions = {}) =>
  (await ask(stores, { where }, options)).runs;

const contents = async (at: string) => {
  const names = (await promises.readdir(at, { recursive: true })).sort();
  return Promise.all(names.map(async (name) => [name, (await promises.stat(join(at, name))).mtimeMs]));
};

describe("the index", () => {
  test("has every run with its arm, status, provenance and metrics", async () => {
    const store = await trained("one");
    const found = await find([store]);
    expect(found.map(({ notebook, experiment, arm, seed, status }) => [notebook, experiment, arm, seed, status])).toEqual([
      ["one.md", "balancing", "low", 1, "done"],
      ["one.md", "balancing", "low", 2, "done"],
      ["one.md", "balancing", "high", 1, "done"],
      ["one.md", "balancing", "high", 2, "done"],
    ]);
    const [{ key, metrics, backend, steps, when }] = found;
    const stored = (await new NodeStore(store).find(key))!;
    expect({ steps, backend, when }).toEqual({ steps: stored.steps, backend: stored.provenance!.backend, when: stored.provenance!.when });
    expect(metrics.valLoss).toBe(stored.metrics!.valLoss);
    expect(metrics["valBpb.all"]).toBe(stored.metrics!.valBpb.all);
  });

  test("is searched by columns, metrics and settings of the config", async () => {
    const stores = [await trained("one"), await trained("two", { train: { steps: 5, evalEvery: 5 } })];
    expect(await find(stores, "train.steps = 10")).toHaveLength(4);
    expect((await find(stores, "train.optimizer.lr = 0.01 and notebook = 'two.md'")).map(({ arm, seed }) => `${arm} ${seed}`)).toEqual([
      "high 1",
      "high 2",
    ]);
    const losses = (await find(stores)).map(({ metrics }) => metrics.valLoss).sort((a, b) => a - b);
    expect(await find(stores, `valLoss <= ${losses[2]}`)).toHaveLength(losses.filter((loss) => loss <= losses[2]).length);
    expect(await find(stores, "arm like 'HI%' and status != 'done'")).toEqual([]);
    await expect(find(stores, "trian.steps = 10")).rejects.toThrow("did you mean train.steps?");
  });

  test("is searched by plain words in the names of a run, all of which must be there", async () => {
    const stores = [await trained("one"), await trained("two", {}, "Rates 100%")];
    const seen = async (...words: string[]) =>
      (await ask(stores, { words })).runs.map(({ notebook, arm, seed }) => `${notebook} ${arm} ${seed}`);
    expect(await seen("HIGH")).toEqual(["one.md high 1", "one.md high 2", "two.md high 1", "two.md high 2"]);
    expect(await seen("high", "two")).toEqual(["two.md high 1", "two.md high 2"]);
    expect(await seen("100%")).toHaveLength(4);
    expect(await seen("100_")).toEqual([]);
    const [{ key }] = await find(stores);
    expect(await seen(key.slice(0, 10))).toEqual(["one.md low 1", "two.md low 1"]);
  });

  test("gives a page of what it finds, in the order asked for, and says how many there are", async () => {
    const stores = [await trained("one"), await trained("two", { train: { steps: 5, evalEvery: 5 } })];
    const all = (await find(stores)).map(({ metrics }) => metrics.valLoss).sort((a, b) => b - a);
    const page = await ask(stores, { order: { by: "valLoss", descending: true }, offset: 3, limit: 2 });
    expect(page.runs.map(({ metrics }) => metrics.valLoss)).toEqual(all.slice(3, 5));
    expect(page).toMatchObject({ total: 8, stores: 2 });
    expect((await ask(stores, { order: { by: "train.optimizer.lr", descending: false }, limit: 4 })).runs.map(({ arm }) => arm)).toEqual(
      Array(4).fill("low"),
    );
    await expect(ask(stores, { order: { by: "1; DROP TABLE runs", descending: false } })).rejects.toThrow(TypeError);
  });

  test("puts runs that lack what they are ordered by last, both ways", async () => {
    const store = await trained("one");
    const next = plan({ seeds: [9] }).runs[0];
    await (
      await new NodeStore(store).open({ key: next.key, semantics, dataHash: hash, seed: next.seed, backend: "cpu", config: next.config })
    ).release();
    for (const descending of [true, false])
      expect((await ask([store], { order: { by: "valLoss", descending } })).runs.at(-1)?.seed).toBe(9);
  });

  test("in memory answers as the one on disk does", async () => {
    const stores = [await trained("one"), await trained("two", { train: { steps: 5, evalEvery: 5 } })];
    const next = plan({ seeds: [9] }).runs[0];
    await (
      await new NodeStore(stores[0]).open({
        key: next.key,
        semantics,
        dataHash: hash,
        seed: next.seed,
        backend: "cpu",
        config: next.config,
      })
    ).release();
    for (const store of stores) await rememberStore(store, join(folder, "data"));
    const index = new RunIndex(join(folder, "data"));
    const inMemory = await Promise.all((await index.search()).runs.map((run) => index.read(run)));
    const queries: Partial<RunQuery>[] = [
      {},
      { words: ["two", "high"] },
      { where: "valLoss > 0 and train.steps = 5" },
      { where: "valLoss is null" },
      { where: "arm like '%O%' or seed = '9'" },
      { order: { by: "valLoss", descending: true } },
      { order: { by: "arm", descending: false }, offset: 2, limit: 3 },
      { order: { by: "train.optimizer.lr", descending: true } },
    ];
    for (const query of queries) {
      const [disk, memory] = [await index.search({ ...everyRun, ...query }), searchRuns(inMemory, { ...everyRun, ...query })];
      const plain = ({ runs, total }: { runs: FoundRun[]; total: number }) => ({ total, runs: runs.map((run) => ({ ...run })) });
      expect(plain(memory)).toEqual(plain(disk));
    }
  });

  test("changes nothing in a store, not even where a file is damaged", async () => {
    const store = await trained("one");
    const [{ key }] = await find([store]);
    await promises.writeFile(join(store, "runs", shortKey(key), "config.json"), "{");
    const before = await contents(store);
    expect(await find([store])).toHaveLength(3);
    expect(await contents(store)).toEqual(before);
  });

  test("follows the folders: runs that come, end and go", async () => {
    const store = await trained("one");
    await find([store]);
    const next = plan({ seeds: [9] }).runs[0];
    const writer = await new NodeStore(store).open({
      key: next.key,
      semantics,
      dataHash: hash,
      seed: next.seed,
      backend: "cpu",
      config: next.config,
    });
    const status = async () => (await find([store], "seed = 9")).map((run) => [run.status, run.arm, run.error]);
    expect(await status()).toEqual([["unfinished", null, null]]);
    await writer.finish(
      {
        key: next.key,
        status: "diverged",
        error: "astray",
        divergedAt: 3,
        steps: 3,
        tokens: 3,
        seconds: 1,
        provenance: null,
        metrics: null,
      },
      null,
    );
    await writer.release();
    expect(await status()).toEqual([["diverged", null, "astray"]]);
    await promises.rm(join(store, "runs", shortKey(next.key)), { recursive: true });
    expect(await status()).toEqual([]);
    expect(await find([store])).toHaveLength(4);
  });

  test("holds nothing that the folders do not: made again it says the same", async () => {
    const stores = [await trained("one"), await trained("two", { seeds: 1 })];
    const before = await find(stores);
    expect(before).toHaveLength(6);
    await promises.rm(path);
    expect(await find(stores)).toEqual(before);
    expect(await find(stores, null, { rebuild: true })).toEqual(before);
  });

  test("that is damaged, or of another layout, is made again", async () => {
    const store = await trained("one");
    const before = await find([store]);
    const bytes = await promises.readFile(path);
    await promises.writeFile(path, bytes.fill(7, 4000, 9000));
    expect(await find([store])).toEqual(before);
    await promises.writeFile(path, "no database at all, but long enough to have a header of sixteen bytes");
    expect(await find([store])).toEqual(before);
    await withIndex(path, async (database) => database.exec("PRAGMA user_version = 99"));
    expect(await find([store])).toEqual(before);
  });

  test("is not kept from anybody by a lock that a killed process left behind", async () => {
    const store = await trained("one");
    await find([store]);
    await withIndex(path, async (database) => void database.run("UPDATE stores SET notebook = 'as it was'"));
    await promises.mkdir(`${path}.lock`);
    expect((await find([store])).map(({ notebook }) => notebook)).toEqual(Array(4).fill("as it was"));
  });

  test("is open to one process at a time, the others wait", async () => {
    let open = 0;
    const visit = (database: Database) => {
      expect(++open).toBe(1);
      return refresh(database, [])
        .then(() => new Promise<void>((resolve) => setTimeout(resolve, 20)))
        .then(() => void open--);
    };
    await Promise.all([1, 2, 3].map(() => withIndex(path, visit)));
    expect(open).toBe(0);
  });

  test("lives in memory where nothing can be written", async () => {
    const store = await trained("one");
    await promises.writeFile(join(folder, "file"), "");
    path = join(folder, "file", "runs.sqlite");
    expect(await find([store])).toHaveLength(4);
  });

  test("drops stores that are no longer known", async () => {
    const stores = [await trained("one"), await trained("two")];
    await find(stores);
    await withIndex(path, async (database) => {
      keepOnly(database, [stores[1]]);
      expect(search(database, stores, everyRun).runs.map(({ notebook }) => notebook)).toEqual(Array(4).fill("two.md"));
      expect(
        database.get("SELECT count(*) AS n FROM runs JOIN facts ON facts.run = runs.id WHERE store NOT IN (SELECT id FROM stores)"),
      ).toEqual({ n: 0 });
    });
  });
});

describe("the manifest of a store", () => {
  const names = async (store: string) =>
    (await find([store])).map(({ notebook, experiment, arm, seed }) => [notebook, experiment, arm, seed].join(" "));

  test("keeps the names of earlier runs and of other experiments, as long as their folders are there", async () => {
    const store = await trained("one", { seeds: 1 });
    const again = await bench({ store: new NodeStore(store) }).coordinator.submit(
      plan({ seeds: 1, train: { steps: 7 }, arms: { low: {}, "very high": { train: { optimizer: { lr: 1e-2 } } } } }),
    ).finished;
    await writeManifest(store, { notebook: "one.md", arguments: asWritten, experiments: [nameExperiment(again)] });
    expect(await names(store)).toEqual([
      "one.md balancing low 1",
      "one.md balancing very high 1",
      "one.md balancing low 1",
      "one.md balancing high 1",
    ]);
    const other = {
      ...nameExperiment(again),
      id: "other",
      runs: nameExperiment(again).runs.map((run) => ({ ...run, arm: `other ${run.arm}` })),
    };
    await writeManifest(store, { notebook: "one.md", arguments: asWritten, experiments: [other] });
    expect(await names(store)).toHaveLength(6);
    await promises.rm(join(store, "runs", shortKey(other.runs[0].key)), { recursive: true });
    await writeManifest(store, { notebook: "one.md", arguments: asWritten, experiments: [] });
    expect(await names(store)).toEqual([
      "one.md balancing very high 1",
      "one.md balancing low 1",
      "one.md balancing high 1",
      "one.md other other very high 1",
    ]);
  });

  test("gives a run that was renamed its new name", async () => {
    const store = await trained("one", { seeds: 1 });
    const [{ key }] = await find([store]);
    await writeManifest(store, {
      notebook: "one.md",
      arguments: asWritten,
      experiments: [{ id: "balancing", title: "T", runs: [{ key, arm: "renamed", seed: 1, status: "done" }] }],
    });
    expect(await names(store)).toEqual(["one.md balancing renamed 1", "one.md balancing high 1"]);
  });

  test("tells apart experiments of notebooks that share a store", async () => {
    const store = await trained("shared", { seeds: 1 });
    const [low, high] = await find([store]);
    for (const [notebook, key] of [
      ["a.md", low.key],
      ["b.md", high.key],
    ])
      await writeManifest(store, {
        notebook,
        arguments: asWritten,
        shared: true,
        experiments: [{ id: "study", title: notebook, runs: [{ key, arm: "x", seed: 1, status: "done" }] }],
      });
    expect(await names(store)).toEqual(expect.arrayContaining(["a.md study x 1", "b.md study x 1"]));
  });
});

describe("known stores", () => {
  test("cannot be remembered where nothing can be written, which is no reason to fail", async () => {
    await promises.writeFile(join(folder, "file"), "");
    await rememberStore(folder, join(folder, "file"));
    expect(await knownStores(join(folder, "file"))).toEqual([]);
  });

  test("are those remembered that are still there; those gone are forgotten when asked to tidy", async () => {
    const data = join(folder, "data");
    const stores = [await trained("a"), await trained("b")];
    await Promise.all([...stores, stores[0]].map((store) => rememberStore(store, data)));
    expect(await knownStores(data)).toEqual(stores);
    await promises.rename(stores[0], `${stores[0]}.away`);
    expect(await knownStores(data)).toEqual([stores[1]]);
    await promises.rename(`${stores[0]}.away`, stores[0]);
    expect(await knownStores(data)).toEqual(stores);
    await promises.rename(stores[0], `${stores[0]}.away`);
    await knownStores(data, { tidy: true });
    await promises.rename(`${stores[0]}.away`, stores[0]);
    expect(await knownStores(data)).toEqual([stores[1]]);
  });

  test("are found below a folder: *.results, and what has a manifest", async () => {
    const named = await trained("deep/er/one");
    const out = join(folder, "deep", "out");
    await promises.rename(await trained("deep/two"), out);
    await promises.mkdir(join(folder, "deep", "not-a-store", "runs"), { recursive: true });
    expect(await storesBelow(join(folder, "deep"))).toEqual([named, out].sort());
    expect(await storesBelow(out)).toEqual([out]);
  });

  test("lie where the platform keeps a user's data", () => {
    expect(dataFolder({ platform: "linux", env: { XDG_DATA_HOME: "/x" } } as unknown as NodeJS.Process)).toBe(join("/x", "switchyard"));
    expect(dataFolder({ platform: "win32", env: { APPDATA: "/x" } } as unknown as NodeJS.Process)).toBe(join("/x", "Switchyard"));
  });
});
