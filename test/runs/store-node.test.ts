import { spawn } from "node:child_process";
import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MetricEvent } from "../../engine/train/protocol.ts";
import { encodeSafetensors } from "../../engine/formats/safetensors.ts";
import { semantics } from "../../engine/model/config.ts";
import { writeAtomic, type FileSystem } from "../../experiments/runs/store/node/filesystem.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { StoreStack } from "../../experiments/runs/store/store-stack.ts";
import { RunLockedError, StoreWriteError, type RunRecord, type RunStore, type StoredResult } from "../../experiments/runs/store/store.ts";
import { stepOf } from "./owned-run.ts";
import { fakeEngine } from "./fake-engine.ts";
import { bench, hash, plan } from "./plans.ts";

let folder: string;
beforeEach(async () => {
  folder = await promises.mkdtemp(join(tmpdir(), "switchyard-store-"));
});
afterEach(() => promises.rm(folder, { recursive: true, force: true }));

const { key, config, seed } = plan().runs[0];
const record: RunRecord = { key, semantics, dataHash: hash, seed, backend: "cpu", config };
const result: StoredResult = {
  key,
  status: "diverged",
  error: "the loss is not finite",
  divergedAt: 4,
  steps: 4,
  tokens: 4096,
  seconds: 0.04,
  provenance: null,
  metrics: null,
};
const step = (n: number, trainLoss = n): MetricEvent => stepOf(n, trainLoss);
const checkpoint = (n: number) => encodeSafetensors(new Map([["w", { shape: [1], data: Float32Array.of(n) }]]));
const path = (file: string) => join(folder, "runs", shortKey(key), file);

describe("a run's folder", () => {
  test("keeps config, curve, checkpoint, result and weights", async () => {
    const store = new NodeStore(folder);
    const writer = await store.open(record);
    await writer.append([step(1), step(2)]);
    await writer.saveCheckpoint(checkpoint(2));
    expect(await store.find(key)).toBeNull();
    await writer.finish(result, checkpoint(9));
    await writer.release();
    expect((await promises.readdir(path(""))).sort()).toEqual(["checkpoint.safetensors", "config.json", "metrics.jsonl", "result.json"]);
    expect(await store.find(key)).toEqual(result);
    expect(await store.events(key)).toEqual([step(1), step(2)]);
    expect(new Uint8Array((await store.weights(key))!)).toEqual(checkpoint(9));
    expect(await store.list()).toEqual([record]);
  });

  test("loses its checkpoint when the run ends without weights", async () => {
    const writer = await new NodeStore(folder).open(record);
    await writer.saveCheckpoint(checkpoint(2));
    await writer.finish(result, null);
    expect(await writer.checkpoint()).toBeNull();
    await writer.release();
  });

  test("keeps numbers that are not finite", async () => {
    const store = new NodeStore(folder);
    const writer = await store.open(record);
    await writer.append([step(1, NaN), step(2, -Infinity)]);
    await writer.release();
    expect(await store.events(key)).toEqual([step(1, NaN), step(2, -Infinity)]);
    expect(await promises.readFile(path("metrics.jsonl"), "utf8")).toContain('"trainLoss":"NaN"');
  });

  test("has a .gitignore for what is large or can be trained again", async () => {
    await (await new NodeStore(folder).open(record)).release();
    expect(await promises.readFile(join(folder, ".gitignore"), "utf8")).toContain("runs/*/checkpoint*");
  });

  test("of a failed run is no result, so that it is tried again", async () => {
    const store = new NodeStore(folder);
    const writer = await store.open(record);
    await writer.finish({ ...result, status: "failed" }, null);
    await writer.release();
    expect(await store.find(key)).toBeNull();
  });
});

describe("a curve that goes on", () => {
  test("is cut where the resumed run begins, and a half-written line is dropped", async () => {
    const store = new NodeStore(folder);
    const first = await store.open(record);
    await first.append([step(1), step(2), step(3), step(4)]);
    await first.release();
    await promises.appendFile(path("metrics.jsonl"), '{"kind":"step","step":5,"tok');
    const second = await store.open(record);
    expect(await second.events()).toEqual([step(1), step(2), step(3), step(4)]);
    await second.append([step(3, 30)]);
    await second.append([step(4, 40)]);
    await second.release();
    expect(await store.events(key)).toEqual([step(1), step(2), step(3, 30), step(4, 40)]);
  });

  test("is dropped, checkpoint and all, when another backend takes over", async () => {
    const store = new NodeStore(folder);
    const first = await store.open(record);
    await first.append([step(1)]);
    await first.saveCheckpoint(checkpoint(1));
    await first.release();
    const second = await store.open({ ...record, backend: "webgpu" });
    expect([await second.checkpoint(), await second.events()]).toEqual([null, []]);
    await second.release();
  });
});

describe("damaged files are set aside and reported, and the run counts as not trained", () => {
  test.each([
    ["result.json", "{", "it is not JSON"],
    ["result.json", '{"key": 3}', "key"],
    ["config.json", '{"key": "x"}', "key"],
  ])("%s containing %s", async (file, content, why) => {
    const notices: string[] = [];
    const store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
    const writer = await store.open(record);
    await writer.finish(result, null);
    await writer.release();
    await promises.writeFile(path(file), content);
    expect(await store.find(key)).toBeNull();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(why);
    expect(await promises.readFile(path(`${file}.damaged-1`), "utf8")).toBe(content);
  });

  test("a config that is not the one its key was made from", async () => {
    const store = new NodeStore(folder);
    const writer = await store.open(record);
    await writer.finish(result, null);
    await writer.release();
    await promises.writeFile(path("config.json"), JSON.stringify({ ...record, seed: { init: 2, data: 1 } }));
    expect(await store.find(key)).toBeNull();
  });

  test("a checkpoint of garbage", async () => {
    const notices: string[] = [];
    const store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
    const writer = await store.open(record);
    await promises.writeFile(path("checkpoint.safetensors"), "garbage");
    expect(await writer.checkpoint()).toBeNull();
    await writer.release();
    expect(notices).toHaveLength(1);
  });

  test("a curve ends at its first damaged line", async () => {
    const store = new NodeStore(folder);
    const writer = await store.open(record);
    await writer.append([step(1), step(2), step(3)]);
    await writer.release();
    const text = await promises.readFile(path("metrics.jsonl"), "utf8");
    await promises.writeFile(path("metrics.jsonl"), text.replace('"step":2', '"step":-2'));
    expect(await store.events(key)).toEqual([step(1)]);
  });
});

/** The disk's own operations, except that `refuse` may fail one. */
function faulty(refuse: (operation: string, path: string) => NodeJS.ErrnoException | null): FileSystem {
  const guard = (operation: string, at: unknown) => {
    const error = refuse(operation, String(at));
    if (error) throw error;
  };
  return {
    ...promises,
    open: async (at: never, flags: never) => {
      guard(`open ${String(flags)}`, at);
      const handle = await promises.open(at, flags);
      const write = handle.writeFile.bind(handle);
      const append = handle.appendFile.bind(handle);
      handle.writeFile = async (data: never) => {
        guard("write", at);
        return write(data);
      };
      handle.appendFile = async (data: never) => {
        guard("append", at);
        return append(data);
      };
      return handle;
    },
    mkdir: (async (at: never, options: never) => {
      guard("mkdir", at);
      return promises.mkdir(at, options);
    }) as FileSystem["mkdir"],
    rename: async (from: never, to: never) => {
      guard("rename", to);
      return promises.rename(from, to);
    },
  } as unknown as FileSystem;
}

const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

describe("writing is atomic", () => {
  test.each(["write", "rename"])("a %s that fails leaves the old file and no temporary one", async (operation) => {
    const file = join(folder, "a.json");
    await writeAtomic(promises, file, "old");
    await expect(
      writeAtomic(
        faulty((op) => (op === operation ? errno("ENOSPC") : null)),
        file,
        "new",
      ),
    ).rejects.toThrow("ENOSPC");
    expect(await promises.readFile(file, "utf8")).toBe("old");
    expect(await promises.readdir(folder)).toEqual(["a.json"]);
  });

  test("a process that is killed while it writes leaves a whole file, old or new", async () => {
    const file = join(folder, "a.json");
    const body = (n: number) => JSON.stringify({ n, padding: "x".repeat(300_000), end: n });
    const script = `
      import { writeAtomic, nodeFileSystem } from ${JSON.stringify(new URL("../../experiments/runs/store/node/filesystem.ts", import.meta.url).href)};
      const body = ${body.toString()};
      for (let n = 0; ; n++) { await writeAtomic(nodeFileSystem, ${JSON.stringify(file)}, body(n)); if (n === 0) console.log("going"); }`;
    await promises.writeFile(join(folder, "writer.ts"), script);
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ["--import", new URL("./strip-types.mjs", import.meta.url).href, join(folder, "writer.ts")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
      const { n, end } = JSON.parse(await promises.readFile(file, "utf8")) as { n: number; end: number };
      expect(end).toBe(n);
    }
  });
});

describe("a disk that takes no more", () => {
  const study = async (store: RunStore) => bench({ store }).coordinator.submit(plan()).finished;

  test.each([
    ["ENOSPC", "the disk is full"],
    ["EROFS", "the disk is read-only"],
    ["EACCES", "there is no permission to write"],
  ])("%s: results stay in memory, one clear message, all runs finish", async (code, words) => {
    const notices: string[] = [];
    const broken = new NodeStore(folder, { fs: faulty((op) => (/write|append|mkdir/.test(op) ? errno(code) : null)) });
    const stack = new StoreStack([broken], (text) => notices.push(text));
    const { arms } = await study(stack);
    expect(arms.map((arm) => arm.n)).toEqual([2, 2]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(words);
    const again = bench({ store: stack });
    await again.coordinator.submit(plan()).finished;
    expect(again.engine.jobs).toHaveLength(0);
  });

  test("full in the middle of one run: that run is complete in memory, the others are on disk", async () => {
    const runs = plan().runs;
    const unlucky = shortKey(runs[1].key);
    let appends = 0;
    const notices: string[] = [];
    const store = new NodeStore(folder, {
      fs: faulty((op, at) => (at.includes(unlucky) && (op === "append" || op === "write") && ++appends > 6 ? errno("ENOSPC") : null)),
    });
    const stack = new StoreStack([store], (text) => notices.push(text));
    const calm = await study(new MemoryStore());
    const { arms } = await study(stack);
    expect(notices).toHaveLength(1);
    expect(arms.flatMap((arm) => arm.runs.map((run) => run.status))).toEqual(["done", "done", "done", "done"]);
    expect(await stack.events(runs[1].key)).toEqual(calm.arms[1].runs[0].events);
    const onDisk = await Promise.all(runs.map((run) => new NodeStore(folder).find(run.key)));
    expect(onDisk.map((found) => found !== null)).toEqual([true, false, true, true]);
  });

  test("without a stack the writer says what is wrong", async () => {
    const store = new NodeStore(folder, { fs: faulty((op) => (op === "mkdir" ? errno("EROFS") : null)) });
    await expect(store.open(record)).rejects.toThrow(StoreWriteError);
  });
});

describe("several processes on one store", () => {
  test("a run is held by one of them at a time", async () => {
    const [a, b] = [new NodeStore(folder), new NodeStore(folder)];
    const writer = await a.open(record);
    await expect(b.open(record)).rejects.toThrow(RunLockedError);
    await writer.release();
    await (await b.open(record)).release();
  });

  test("two coordinators train every run once and see the same results", async () => {
    const engine = fakeEngine({ stepMs: 1 });
    const [a, b] = [bench({ store: new NodeStore(folder) }, engine), bench({ store: new NodeStore(folder) }, engine)];
    const [first, second] = await Promise.all([a.coordinator.submit(plan()).finished, b.coordinator.submit(plan()).finished]);
    expect(engine.jobs).toHaveLength(4);
    const comparable = (experiment: typeof first) =>
      experiment.arms.map((arm) => arm.runs.map(({ metrics, events, status }) => ({ metrics, events, status })));
    expect(comparable(second)).toEqual(comparable(first));
    await Promise.all([a.coordinator.close(), b.coordinator.close()]);
  });
});

test("a stack finds results in every store and writes to the first", async () => {
  const other = new NodeStore(join(folder, "other"));
  await bench({ store: other }).coordinator.submit(plan()).finished;
  const stack = new StoreStack([new NodeStore(join(folder, "mine")), other]);
  const { coordinator, engine } = bench({ store: stack });
  const { arms } = await coordinator.submit(plan({ seeds: 3 })).finished;
  expect(engine.jobs).toHaveLength(2);
  expect(arms[0].runs.map((run) => run.events?.length)).toEqual([12, 12, 12]);
  expect(await new NodeStore(join(folder, "mine")).list()).toHaveLength(2);
});
