/** What is wrong in a store is named, put away and made again: never used, and never the end of a program. */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { nodeFileSystem } from "../../experiments/runs/store/node/filesystem.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { readManifest, writeManifest } from "../../experiments/runs/store/node/manifest.ts";
import { nodeRates } from "../../experiments/runs/devices/node/rates.ts";
import { Rates } from "../../experiments/runs/devices/rates.ts";
import { parseJson } from "../../experiments/runs/store/parse-json.ts";
import { finalMetrics, runRecord } from "../../experiments/runs/store/records.ts";
import { parseResult } from "../../experiments/runs/store/result-file.ts";
import { seal, unseal } from "../../experiments/runs/store/node/sealed.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { fakeEngine, fakeInfo } from "./fake-engine.ts";
import { bench, plan } from "./plans.ts";

let root: string;
/** a study that has ended, one that was stopped half way, and what both come to */
let ended: string;
let stopped: string;
let calm: unknown;
let copies = 0;

const one = () => plan({ seeds: 1 });
const evidence = ({ arms }: ExperimentResult) =>
  arms.map(({ runs }) => runs.map(({ status, metrics, events }) => ({ status, metrics, events })));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "switchyard-damaged-"));
  [ended, stopped] = [join(root, "ended"), join(root, "stopped")];
  calm = evidence(await bench({ store: new MemoryStore() }).coordinator.submit(one()).finished);
  await bench({ store: new NodeStore(ended) }).coordinator.submit(one()).finished;
  const engine = fakeEngine({ stepMs: 1 });
  const half = bench({ store: new NodeStore(stopped) }, engine);
  const study = half.coordinator.submit(one());
  await engine.reached(5);
  study.stop();
  await study.finished;
});
afterAll(() => rm(root, { recursive: true, force: true }));

const runFolder = (store: string) => join(store, "runs", shortKey(one().runs[0].key));

async function copyOf(store: string): Promise<string> {
  const copy = join(root, `copy-${++copies}`);
  await cp(store, copy, { recursive: true });
  return copy;
}

/** Opens the store and runs the study in it: what it finds, and what it says. */
async function run(store: string) {
  const notices: string[] = [];
  const { coordinator, engine } = bench({ store: new NodeStore(store, { onNotice: (text) => notices.push(text) }) });
  const result = await coordinator.submit(one()).finished;
  await coordinator.close();
  return { result, notices, trained: engine.jobs };
}

/** What may happen to the bytes of a file. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
  fc.record({ kind: fc.constant("leave out" as const), at: fc.nat(), count: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant("put in" as const), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ kind: fc.constant("replace" as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Uint8Array, change: Damage): Uint8Array {
  if (change.kind === "replace") return change.bytes;
  const at = change.at % bytes.length;
  if (change.kind === "change") return bytes.map((byte, i) => (i === at ? (byte + change.by) % 256 : byte));
  if (change.kind === "cut") return bytes.slice(0, at);
  const [count, put] = change.kind === "put in" ? [0, change.bytes] : [change.count, []];
  return Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + count)]);
}

describe("a checkpoint of which any byte has changed", () => {
  test("is named and put away, and the run starts again: the study ends with the numbers of one that was never stopped", {
    timeout: 180_000,
  }, async () => {
    const original = new Uint8Array(await readFile(join(runFolder(stopped), "checkpoint.safetensors")));
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const bytes = damaged(original, change);
        fc.pre(Buffer.compare(bytes, original) !== 0);
        const store = await copyOf(stopped);
        const path = join(runFolder(store), "checkpoint.safetensors");
        await writeFile(path, bytes);
        const { result, notices, trained } = await run(store);
        expect(evidence(result)).toEqual(calm);
        expect(notices).toHaveLength(1);
        expect(notices[0]).toContain(`${path} is damaged (`);
        expect(
          trained.find(({ job }) => job.seed.init === 1 && job.config.train.optimizer.lr === one().runs[0].config.train.optimizer.lr)?.from,
        ).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("is put away too where its curve has lost steps that it stands on", async () => {
    const store = await copyOf(stopped);
    const path = join(runFolder(store), "metrics.jsonl");
    await writeFile(path, (await readFile(path, "utf8")).split("\n").slice(0, 2).join("\n") + "\n");
    const { result, notices } = await run(store);
    expect(evidence(result)).toEqual(calm);
    expect(notices[0]).toMatch(
      /checkpoint\.safetensors is damaged \(it is of step \d, and the curve ends at 2\); it is kept as .*\. The run starts again\./,
    );
  });

  test("whole, is gone on from", async () => {
    const { result, notices, trained } = await run(await copyOf(stopped));
    expect(evidence(result)).toEqual(calm);
    expect(notices).toEqual([]);
    expect(Math.min(...trained.map(({ from }) => from))).toBeGreaterThan(0);
  });
});

describe("a seal", () => {
  const file = encodeSafetensors(new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]), { format: "pt" });

  test("comes off without a trace", () => {
    expect(unseal(seal(file), { required: true })).toEqual(file);
    expect(unseal(file)).toEqual(file);
    expect(() => unseal(file, { required: true })).toThrow("it has no checksum");
  });

  test("breaks with any change of a byte but white space for white space, which leaves what is in it", () => {
    const sealed = seal(file);
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = sealed.map((byte, i) => (i === at ? (byte + by) % 256 : byte));
        const whiteSpace = sealed[at] === 0x20 && [0x09, 0x0a, 0x0d].includes(changed[at]);
        if (whiteSpace) expect(unseal(changed, { required: true })).toEqual(file);
        else expect(() => unseal(changed, { required: true })).toThrow();
      }),
      { numRuns: 1000, examples: [[sealed.indexOf(0x20, 8), 0x09 - 0x20 + 256]] },
    );
  });
});

describe.each(["config.json", "result.json"] as const)("a %s to which anything has happened", (file) => {
  test("is named with its path and the reason, and the run is trained again; or it fits its schema, and is what it says", {
    timeout: 180_000,
  }, async () => {
    const original = new Uint8Array(await readFile(join(runFolder(ended), file)));
    const outcomes = { refused: 0, read: 0 };
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const store = await copyOf(ended);
        const path = join(runFolder(store), file);
        const bytes = damaged(original, change);
        await writeFile(path, bytes);
        const text = new TextDecoder().decode(bytes);
        const fits = (file === "config.json" ? parseJson<unknown>(text, runRecord) : parseResult(text)).state === "read";
        // a result that is read says what was written: white space and the order of keys are free
        if (fits && file === "result.json") expect(JSON.parse(text)).toEqual(JSON.parse(new TextDecoder().decode(original)));
        const { result, notices } = await run(store);
        if (!fits) {
          outcomes.refused++;
          expect(notices.length).toBeGreaterThan(0);
          for (const notice of notices) expect(notice).toContain(`${path} is damaged (`);
          expect((await readdir(runFolder(store))).filter((name) => name.startsWith(`${file}.damaged-`))).toHaveLength(1);
          expect(evidence(result)).toEqual(calm);
        } else {
          outcomes.read++;
          expect(result.arms.flatMap(({ runs }) => runs).filter(({ status }) => status === "done" || status === "diverged")).toHaveLength(
            2,
          );
        }
      }),
      { numRuns: 100 },
    );
    expect(outcomes.refused).toBeGreaterThan(50);
  });

  test("and turns into a folder, is put away", async () => {
    const store = await copyOf(ended);
    const path = join(runFolder(store), file);
    await rm(path);
    await mkdir(path);
    const { result, notices } = await run(store);
    expect(evidence(result)).toEqual(calm);
    expect(notices).toEqual([`${path} is damaged (it is a folder); it is kept as ${path}.damaged-1. The run counts as not trained.`]);
  });
});

test("a config whose run nobody asked for is named, left where it is and not listed", async () => {
  const store = await copyOf(ended);
  const path = join(runFolder(store), "config.json");
  const record = JSON.parse(await readFile(path, "utf8")) as { config: { model: { hiddenSize: unknown } } };
  record.config.model.hiddenSize = "wide";
  await writeFile(path, JSON.stringify(record));
  const notices: string[] = [];
  expect(await new NodeStore(store, { onNotice: (text) => notices.push(text) }).list()).toHaveLength(1);
  expect(notices).toEqual([expect.stringMatching(/config\.json is not used: config: model\.hiddenSize: /)]);
  expect(await readFile(path, "utf8")).toContain('"wide"');
});

test("the checkpoint of a run whose config cannot be read is not gone on from: nobody knows on which device it was made", async () => {
  const store = await copyOf(stopped);
  const path = join(runFolder(store), "config.json");
  await writeFile(path, "{");
  const { result, notices, trained } = await run(store);
  expect(evidence(result)).toEqual(calm);
  expect(notices[0]).toContain(`${path} is damaged (it is not JSON)`);
  expect(trained.map(({ from }) => from).sort()[0]).toBe(0);
});

test("a curve with a wrong line ends before it and says where; the result stands", async () => {
  const store = await copyOf(ended);
  const path = join(runFolder(store), "metrics.jsonl");
  await writeFile(path, (await readFile(path, "utf8")).replace('"step":3,', '"step":-3,'));
  const { result, notices, trained } = await run(store);
  expect(notices).toEqual([expect.stringMatching(/metrics\.jsonl is damaged \(line 3: step: .*\)\. The curve ends before it\./)]);
  expect(trained).toHaveLength(0);
  expect(result.arms[0].runs[0].events).toHaveLength(2);
});

test("weights with a changed bit are not handed out", async () => {
  const store = await copyOf(ended);
  const path = join(runFolder(store), "checkpoint.safetensors");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(path, bytes);
  const notices: string[] = [];
  expect(await new NodeStore(store, { onNotice: (text) => notices.push(text) }).weights(one().runs[0].key)).toBeNull();
  expect(notices).toEqual([
    `${path} is damaged (its checksum is not that of its content); it is kept as ${path}.damaged-1. The run's weights are lost.`,
  ]);
});

describe("a manifest", () => {
  const update = { notebook: "a.md", arguments: { budget: null, only: null, sets: [], armSets: [] }, experiments: [] };

  test.each([
    ["{", "it is not JSON"],
    ['{"schema":"switchyard.store/2"}', "schema: "],
    ["[]", "schema: "],
  ])("%s is named and not used, and kept aside when a new one is written", async (text, why) => {
    const store = await mkdtemp(join(root, "manifest-"));
    const path = join(store, "manifest.json");
    await writeFile(path, text);
    const said: string[] = [];
    expect(await readManifest(store, nodeFileSystem, (notice) => said.push(notice))).toBeNull();
    expect(said).toEqual([expect.stringContaining(`${path} is not used: ${why}`)]);
    await writeManifest(store, update);
    expect(await readFile(`${path}.damaged-1`, "utf8")).toBe(text);
    expect(await readManifest(store)).toMatchObject({ notebook: "a.md" });
  });
});

describe("a file of measured speeds", () => {
  const { config } = one().runs[0];
  const measured = { tokensPerSecond: 1000, startSeconds: 1 };

  async function rates(text: string | null) {
    const path = join(await mkdtemp(join(root, "rates-")), "rates.json");
    if (text !== null) await writeFile(path, text);
    const notices: string[] = [];
    return { path, notices, rates: new Rates(nodeRates((notice) => notices.push(notice), path)) };
  }

  test("to which anything has happened is named and put away, or has speeds that can be", async () => {
    const written = await rates(null);
    await written.rates.keep(fakeInfo, config, 1, measured);
    const original = new Uint8Array(await readFile(written.path));
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const { path, notices, rates: read } = await rates(null);
        await writeFile(path, damaged(original, change));
        const found = await read.find(fakeInfo, config, 1);
        if (found) {
          expect(found.rate.flopsPerSecond).toBeGreaterThan(0);
          expect(found.rate.startSeconds).toBeGreaterThanOrEqual(0);
        }
        for (const notice of notices) expect(notice).toContain(`${path} is damaged (`);
        await read.keep(fakeInfo, config, 1, measured);
        expect((await read.find(fakeInfo, config, 1))?.exact).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test.each([["0"], ["-5"], ["1e999"], ["null"]])("with a speed of %s is not believed", async (speed) => {
    const {
      path,
      notices,
      rates: read,
    } = await rates(
      `{"schema":"switchyard.rates/1","rates":[{"device":"d","plan":"p","workers":1,"flopsPerSecond":${speed},"flopsPerToken":1,"startSeconds":1,"when":""}]}`,
    );
    expect(await read.find(fakeInfo, config, 1)).toBeNull();
    expect(notices[0]).toContain(`${path} is damaged (rates.0.flopsPerSecond: `);
    expect(await readdir(join(path, ".."))).toEqual(["rates.json.damaged-1"]);
  });
});

test("JSON nested beyond what can be walked is damaged, like any other", () => {
  const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
  expect(parseJson(deep, finalMetrics).state).toBe("damaged");
});
