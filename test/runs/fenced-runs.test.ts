/** A process that was stopped and wakes up after another has taken its run over writes nothing that counts, wherever it was. */
import { spawn, type ChildProcess } from "node:child_process";
import * as promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import { semantics } from "../../engine/model/config.ts";
import type { FileSystem } from "../../experiments/runs/store/node/filesystem.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { goesBackwards } from "../../experiments/runs/store/lines.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { StoreStack } from "../../experiments/runs/store/store-stack.ts";
import { RunLockedError, type RunRecord, type RunStore, type RunWriter } from "../../experiments/runs/store/store.ts";
import { fakeEngine } from "./fake-engine.ts";
import { checkpointOf, resultOf, stepOf, weightsOf } from "./owned-run.ts";
import { bench, hash, plan } from "./plans.ts";

const { key, config, seed } = plan().runs[0];
const record: RunRecord = { key, semantics, dataHash: hash, seed, backend: "cpu", config };

let root: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  root = await promises.mkdtemp(join(tmpdir(), "switchyard-fenced-"));
  await promises.writeFile(join(root, "record.json"), JSON.stringify(record));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await promises.rm(root, { recursive: true, force: true });
});

/** Most of their time is the wait for an owner's silence, which may be shared. */
const waiting = { concurrent: true, timeout: 180_000 };

/** Opens the run as soon as its owner has been silent for long enough, as a coordinator does. */
async function takeOver(store: RunStore): Promise<RunWriter> {
  for (;;) {
    try {
      return await store.open(record);
    } catch (error) {
      if (!(error instanceof RunLockedError)) throw error;
      await setTimeout(1000);
    }
  }
}

/** From the last checkpoint to the end; weights without their result, like the engine, from the beginning. */
async function train(writer: RunWriter, steps: number, loss: number): Promise<void> {
  const checkpoint = await writer.checkpoint();
  const progress = checkpoint && decodeSafetensors(checkpoint).metadata.progress;
  if (!progress) await writer.reset();
  const from = progress ? (JSON.parse(progress) as { step: number }).step : 0;
  for (let n = from + 1; n <= steps; n++) {
    await writer.append([stepOf(n, loss)]);
    if (n % 5 === 0) await writer.saveCheckpoint(checkpointOf(n));
  }
  await writer.finish(resultOf(key, steps, loss), weightsOf(loss));
}

/** What a store says of the run: one curve without a gap, and whose it is from where on. */
async function story(folder: string) {
  const notices: string[] = [];
  const store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
  const [result, events, weights] = [await store.find(key), await store.events(key), await store.weights(key)];
  return {
    notices,
    result,
    steps: events.map(({ step }) => step),
    losses: [...new Set(events.map((event) => (event.kind === "step" ? event.trainLoss : NaN)))],
    weights: weights && decodeSafetensors(weights).tensors.get("w")!.data[0],
  };
}

const counted = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Of its operations every so many are tried; `SWITCHYARD_EVERY_OPERATION=1` tries all. */
const apart = process.env.SWITCHYARD_EVERY_OPERATION ? 1 : 3;

test("at any of its operations on the disk", waiting, async () => {
  const operations = (await frozenAt(Infinity, "whole")).operations;
  expect(operations).toBeGreaterThan(60);
  const places = counted(operations).filter((place) => place % apart === operations % apart);
  const outcomes = await Promise.all(places.map((place) => frozenAt(place, `frozen-${place}`)));
  const ends = { locked: 0, lost: 0, finished: 0 };
  for (const [i, { end, told }] of outcomes.entries()) {
    const where = `stopped before operation ${places[i]}`;
    ends[end]++;
    expect(told.notices, where).toEqual([]);
    expect(told.steps, where).toEqual(counted(12));
    // the first's steps up to a checkpoint, then the second's; or all the first's, which had finished
    expect([[2], [1, 2], [1]], where).toContainEqual(told.losses);
    const owner = told.losses.at(-1)!;
    expect({ error: told.result?.error, weights: told.weights }, where).toEqual({ error: `loss ${owner}`, weights: owner });
  }
  expect(ends.lost).toBeGreaterThan(places.length / 2);
});

/** Lets one process write until it has done so many operations, stops it there, lets another take over and end, and wakes the first. */
async function frozenAt(place: number, name: string) {
  const folder = join(root, name);
  let operations = 0;
  let wake!: () => void;
  const awake = new Promise<void>((resolve) => (wake = resolve));
  let stopped!: () => void;
  const reached = new Promise<void>((resolve) => (stopped = resolve));
  const pass = async () => {
    if (++operations < place) return;
    stopped();
    await awake;
  };
  const first = (async () => {
    let writer: RunWriter | null = null;
    try {
      writer = await new NodeStore(folder, { fs: passing(pass) }).open(record);
      await train(writer, 12, 1);
      return "finished" as const;
    } catch (error) {
      return error instanceof RunLockedError ? ("locked" as const) : (expect((error as Error).name).toBe("RunLostError"), "lost" as const);
    } finally {
      await writer?.release();
    }
  })();
  await Promise.race([reached, first]);
  if (place !== Infinity) {
    const store = new NodeStore(folder);
    const second = await takeOver(store);
    if (!(await store.find(key))) await train(second, 12, 2);
    wake();
    await first;
    await second.release();
  }
  return { operations, end: await first, told: await story(folder) };
}

/** The disk's own operations, each of which waits for `pass` first. */
function passing(pass: () => Promise<void>): FileSystem {
  const guarded = Object.fromEntries(
    ["readFile", "readdir", "mkdir", "rename", "rm", "unlink", "rmdir", "utimes", "lstat", "realpath"].map((name) => [
      name,
      async (...args: unknown[]) => {
        await pass();
        return (promises as unknown as Record<string, (...args: unknown[]) => unknown>)[name](...args);
      },
    ]),
  );
  const open = async (path: string, flags: string | number) => {
    await pass();
    const file = await promises.open(path, flags);
    for (const name of ["writeFile", "appendFile", "sync"] as const) {
      const real = file[name].bind(file) as (...args: unknown[]) => Promise<void>;
      file[name] = (async (...args: unknown[]) => {
        await pass();
        return real(...args);
      }) as never;
    }
    return file;
  };
  return { ...guarded, open } as unknown as FileSystem;
}

function owner(folder: string, ...args: string[]) {
  const script = fileURLToPath(new URL("./run-owner.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--import", new URL("./strip-types.mjs", import.meta.url).href, script, folder, join(root, "record.json"), ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.push(child);
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += String(text)));
  return { child, said: () => said.trim(), ended: new Promise<string>((resolve) => child.once("close", () => resolve(said.trim()))) };
}

test.runIf(process.platform === "linux")("as a real process that is stopped by a signal", waiting, async () => {
  const folder = join(root, "signal");
  const first = owner(folder, "40", "1");
  const curve = join(folder, "runs", shortKey(key), "metrics.jsonl");
  await expect
    .poll(async () => (await promises.readFile(curve, "utf8").catch(() => "")).split("\n").length, { timeout: 60_000 })
    .toBeGreaterThan(7);
  first.child.kill("SIGSTOP");
  const second = await takeOver(new NodeStore(folder));
  await train(second, 40, 2);
  first.child.kill("SIGCONT");
  expect(await first.ended).toBe("open\nlost");
  await second.release();
  const told = await story(folder);
  expect(told).toMatchObject({ notices: [], losses: [1, 2], weights: 2 });
  expect(told.steps).toEqual(counted(40));
});

test.runIf(process.platform === "linux").each([[3_600_000], [-3_600_000]])(
  "and one whose clock jumps by %i ms keeps its run, though another waits for it",
  waiting,
  async (jump) => {
    const folder = join(root, `clock-${jump}`);
    const first = owner(folder, "150", "1", String(jump));
    await expect.poll(first.said, { timeout: 60_000 }).toBe("open");
    const second = takeOver(new NodeStore(folder));
    expect(await first.ended).toBe("open\nfinished");
    await (await second).release();
    const told = await story(folder);
    expect(told).toMatchObject({ notices: [], losses: [1], weights: 1 });
    expect(told.steps).toEqual(counted(150));
  },
);

test("a run that was lost to another process is not failed: its result is taken when the other has it", { timeout: 60_000 }, async () => {
  const folder = join(root, "coordinated");
  const engine = fakeEngine({ stepMs: 20 });
  const { coordinator } = bench({ store: new StoreStack([new NodeStore(folder)]) }, engine);
  const study = coordinator.submit(plan({ seeds: 1, arms: { low: {} } }));
  await engine.reached(3);
  // what another process does that finds the owner silent
  const lock = join(folder, "runs", shortKey(study.plan.runs[0].key), "lock");
  for (const token of await promises.readdir(lock)) await promises.unlink(join(lock, token));
  await promises.rmdir(lock);
  const other = bench({ store: new NodeStore(folder) }, fakeEngine({ stepMs: 1 }));
  const theirs = await other.coordinator.submit(plan({ seeds: 1, arms: { low: {} } })).finished;
  const ours = await study.finished;
  expect(ours.arms[0].runs[0]).toMatchObject({ status: "done", cached: true, metrics: theirs.arms[0].runs[0].metrics });
  expect(ours.arms[0].runs[0].events).toEqual(theirs.arms[0].runs[0].events);
});

test("a curve that two have mixed, as versions before this could, is no run that has ended", async () => {
  const folder = join(root, "mixed");
  const { coordinator } = bench({ store: new NodeStore(folder) });
  await coordinator.submit(plan()).finished;
  const at = (file: string) => join(folder, "runs", shortKey(key), file);
  const lines = (await promises.readFile(at("metrics.jsonl"), "utf8")).trim().split("\n");
  const {
    seal: _seal,
    curve: _curve,
    ...unsealed
  } = JSON.parse(await promises.readFile(at("result.json"), "utf8")) as { seal: string; curve: object; provenance: object };
  await promises.writeFile(at("metrics.jsonl"), `${[...lines.slice(0, 6), ...lines.slice(2)].join("\n")}\n`);
  await promises.writeFile(at("result.json"), JSON.stringify({ ...unsealed, provenance: { ...unsealed.provenance, engine: "0.1.0" } }));
  const notices: string[] = [];
  const again = bench({ store: new NodeStore(folder, { onNotice: (text) => notices.push(text) }) });
  const result = await again.coordinator.submit(plan()).finished;
  expect(notices[0]).toContain("two processes have written to it at once: its steps go backwards");
  expect(again.engine.jobs).toHaveLength(1);
  expect(result.arms[0].runs[0].events).toHaveLength(12);
});

test.each([
  [
    "step 1, eval 1, step 2",
    [
      ["step", 1],
      ["eval", 1],
      ["step", 2],
    ],
    false,
  ],
  [
    "step 2, step 2",
    [
      ["step", 2],
      ["step", 2],
    ],
    true,
  ],
  [
    "step 3, step 2",
    [
      ["step", 3],
      ["step", 2],
    ],
    true,
  ],
  [
    "eval 2, eval 2",
    [
      ["step", 2],
      ["eval", 2],
      ["eval", 2],
    ],
    true,
  ],
  ["nothing", [], false],
] as const)("%s goes backwards: %#", (_name, lines, backwards) => {
  expect(goesBackwards(new TextEncoder().encode(lines.map(([kind, step]) => `{"kind":"${kind}","step":${step},"x":1}\n`).join("")))).toBe(
    backwards,
  );
});
