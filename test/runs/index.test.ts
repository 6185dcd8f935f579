import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { semantics } from "../../engine/model/config.ts";
import { withIndex, type Database, type OpenIndexOptions } from "../../experiments/runs/index-database.ts";
import { keepOnly, refresh } from "../../experiments/runs/index-refresh.ts";
import { search } from "../../experiments/runs/index-search.ts";
import { dataFolder, knownStores, rememberStore, storesBelow } from "../../experiments/runs/index-stores.ts";
import { shortKey } from "../../experiments/runs/key.ts";
import { writeManifest } from "../../experiments/runs/manifest.ts";
import { NodeStore } from "../../experiments/runs/store-node.ts";
import { bench, hash, plan } from "./plans.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-index-"));
  path = join(folder, "data", "runs.sqlite");
});
afterEach(() => promises.rm(folder, { recursive: true, force: true }));

/** A store as `switchyard run` leaves it: two arms, two seeds, and a manifest. */
async function trained(name: string, spec: object = {}): Promise<string> {
  const store = join(folder, `${name}.results`);
  const { coordinator } = bench({ store: new NodeStore(store) });
  const result = await coordinator.submit(plan(spec)).finished;
  await coordinator.close();
  await writeManifest(store, { notebook: `${name}.md`, arguments: { budget: null, only: null, sets: [], armSets: [] } }, [result]);
  return store;
}

const find = (stores: string[], where: string | null = null, options: OpenIndexOptions = {}) =>
  withIndex(path, async (database) => {
    await refresh(database, stores);
    return search(database, stores, where);
  }, options);

const contents = async (at: string) => {
  const names = (await promises.readdir(at, { recursive: true })).sort();
  return Promise.all(names.map(async (name) => [name, (await promises.stat(join(at, name))).mtimeMs]));
};

describe("the index", () => {
  test("has every run with its arm, status, provenance and metrics", async () => {
    const store = await trained("one");
    const found = await find([store]);
    expect(found.map(({ notebook, experiment, arm, seed, status }) => [notebook, experiment, arm, seed, status])).toEqual([
      ["one.md", "balancing", "low", 1, "done"], ["one.md", "balancing", "low", 2, "done"], ["one.md", "balancing", "high", 1, "done"], ["one.md", "balancing", "high", 2, "done"],
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
    expect((await find(stores, "train.optimizer.lr = 0.01 and notebook = 'two.md'")).map(({ arm, seed }) => `${arm} ${seed}`)).toEqual(["high 1", "high 2"]);
    const losses = (await find(stores)).map(({ metrics }) => metrics.valLoss).sort((a, b) => a - b);
    expect(await find(stores, `valLoss <= ${losses[2]}`)).toHaveLength(losses.filter((loss) => loss <= losses[2]).length);
    expect(await find(stores, "arm like 'HI%' and status != 'done'")).toEqual([]);
    await expect(find(stores, "trian.steps = 10")).rejects.toThrow("did you mean train.steps?");
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
    const writer = await new NodeStore(store).open({ key: next.key, semantics, dataHash: hash, seed: next.seed, backend: "cpu", config: next.config });
    const status = async () => (await find([store], "seed = 9")).map((run) => [run.status, run.arm, run.error]);
    expect(await status()).toEqual([["unfinished", null, null]]);
    await writer.finish({ key: next.key, status: "diverged", error: "astray", divergedAt: 3, steps: 3, tokens: 3, seconds: 1, provenance: null, metrics: null }, null);
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
      return refresh(database, []).then(() => new Promise<void>((resolve) => setTimeout(resolve, 20))).then(() => void open--);
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
      expect(search(database, stores).map(({ notebook }) => notebook)).toEqual(Array(4).fill("two.md"));
      expect(database.get("SELECT count(*) AS n FROM runs JOIN facts ON facts.run = runs.id WHERE store NOT IN (SELECT id FROM stores)")).toEqual({ n: 0 });
    });
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
