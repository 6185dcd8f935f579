/** A result that somebody has changed by hand is not taken for evidence: it is said, by whatever shows results. */
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RunIndex } from "../../experiments/runs/index/node/index.ts";
import { everyRun } from "../../experiments/runs/index/query.ts";
import { shortKey } from "../../experiments/runs/store/key.ts";
import { manifestSchema } from "../../experiments/runs/store/node/manifest.ts";
import { parseJson, plainData } from "../../experiments/runs/store/parse-json.ts";
import { metricEvent, resultFile, runRecord } from "../../experiments/runs/store/records.ts";
import { parseResult } from "../../experiments/runs/store/result-file.ts";
import { sealed, sealFits } from "../../experiments/runs/store/sealed-json.ts";
import { NodeStore } from "../../experiments/runs/store/node/store.ts";
import { bench, plan } from "./plans.ts";

let folder: string;
const [{ key }] = plan().runs;
const at = (file: string) => join(folder, "runs", shortKey(key), file);
type Json = Record<string, unknown> & { metrics: Record<string, unknown>; provenance: Record<string, unknown> };
const written = async () => JSON.parse(await readFile(at("result.json"), "utf8")) as Json;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-sealed-"));
  await bench({ store: new NodeStore(folder) }).coordinator.submit(plan()).finished;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const forgeries: [string, (result: Json) => unknown][] = [
  ["a metric", (result) => ({ ...result, metrics: { ...result.metrics, valLoss: 0.5 } })],
  [
    "its last digit",
    (result) => ({ ...result, metrics: { ...result.metrics, valLoss: (result.metrics.valLoss as number) * (1 + 2 ** -50) } }),
  ],
  ["the time it took", (result) => ({ ...result, provenance: { ...result.provenance, seconds: 1 } })],
  ["how it ended", (result) => ({ ...result, status: "diverged" })],
  ["the seal", (result) => ({ ...result, seal: "ab".repeat(32) })],
  ["the seal, which is gone", ({ seal: _seal, ...result }) => result],
  [
    "a newer version's seal, which is gone",
    ({ seal: _seal, ...result }) => ({ ...result, provenance: { ...result.provenance, engine: "0.3.0" } }),
  ],
];

describe.each(forgeries)("a result in which %s was changed", (_what, forge) => {
  test("is put away, named as changed, and trained again", async () => {
    const before = await written();
    await writeFile(at("result.json"), JSON.stringify(forge(before)));
    const notices: string[] = [];
    const again = bench({ store: new NodeStore(folder, { onNotice: (text) => notices.push(text) }) });
    await again.coordinator.submit(plan()).finished;
    expect(notices).toEqual([
      expect.stringMatching(
        /result\.json is damaged \(it was changed after it was written: its seal (does not fit|is gone)\); it is kept as .*damaged-1\. The run counts as not trained\./,
      ),
    ]);
    expect(again.engine.jobs).toHaveLength(1);
    expect((await written()).metrics).toEqual(before.metrics);
  });

  test("is shown as changed by the list of runs, without its numbers, and not compared", async () => {
    await writeFile(at("result.json"), JSON.stringify(forge(await written())));
    const index = new RunIndex(join(folder, "data"));
    const { runs } = await index.search(everyRun, { stores: [folder] });
    const found = runs.filter((run) => run.key === key);
    expect(found).toEqual([
      expect.objectContaining({
        status: "changed",
        metrics: {},
        error: expect.stringContaining("it was changed after it was written") as unknown,
      }),
    ]);
    await expect(index.read({ store: folder, key })).rejects.toThrow(/known|is not compared: it was changed/);
    expect(await readdir(at(""))).not.toContain("result.json.damaged-1");
  });
});

test("a result of version 0.1.0, which wrote no seals, is read", async () => {
  const { seal: _seal, curve: _curve, ...unsealed } = await written();
  await writeFile(at("result.json"), JSON.stringify({ ...unsealed, provenance: { ...unsealed.provenance, engine: "0.1.0" } }));
  const notices: string[] = [];
  const store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
  expect(await store.find(key)).toMatchObject({ status: "done" });
  expect(await store.events(key)).toHaveLength(12);
  expect(notices).toEqual([]);
});

test("a curve that was changed is said to be, and the result stands", async () => {
  await writeFile(at("metrics.jsonl"), (await readFile(at("metrics.jsonl"), "utf8")).replace('"gradNorm":1,', '"gradNorm":2,'));
  const notices: string[] = [];
  const store = new NodeStore(folder, { onNotice: (text) => notices.push(text) });
  expect(await store.find(key)).toMatchObject({ status: "done" });
  expect(await store.events(key)).toHaveLength(12);
  expect(notices).toEqual([expect.stringContaining("metrics.jsonl was changed after the run had ended: its checksum does not fit")]);
});

test("a seal holds whatever the order of keys and white space, and no change of a value", () => {
  const fits = sealFits(() => "no seal");
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((name) => !["__proto__", "seal"].includes(name)),
        fc.jsonValue(),
        { minKeys: 1 },
      ),
      fc.jsonValue(),
      (content, other) => {
        const file = sealed(content);
        const shuffled = Object.fromEntries(Object.entries(file).reverse());
        expect(fits(JSON.parse(JSON.stringify(shuffled, null, 3)))).toBeNull();
        const [name] = Object.keys(content);
        const same = JSON.stringify(sealed({ x: content[name] }).seal) === JSON.stringify(sealed({ x: other }).seal);
        if (!same) expect(fits({ ...file, [name]: other })).toMatchObject({ changed: true });
      },
    ),
    { numRuns: 300 },
  );
});

test.each([["-1"], ["1e999"], ['"1"'], ["null"], ["1e300"]])(
  "times of %s seconds, sealed or not, are refused: reports reckon with them",
  async (seconds) => {
    const text = JSON.stringify(await written()).replace(/"seconds":[^,}]+/g, `"seconds":${seconds}`);
    expect(parseResult(text)).toMatchObject({ state: "damaged", why: expect.stringContaining("seconds") as unknown });
  },
);

test.each([[""], ["soon"], ["2026-13-01T00:00:00Z"], ["+275760-09-14T00:00:00.000Z"]])(
  "an end of training at %j is refused",
  async (when) => {
    const { seal: _seal, ...result } = await written();
    expect(parseResult(JSON.stringify({ ...result, provenance: { ...result.provenance, when } }))).toMatchObject({
      state: "damaged",
      why: expect.stringContaining("when") as unknown,
    });
  },
);

describe("keys that lead to a prototype", () => {
  const spellings = ["__proto__", "\\u005f_proto__", "__prot\\u006f__"];

  test("never reach a program from any file of a store, at any depth", async () => {
    const files: [string, string][] = [
      ["config.json", await readFile(at("config.json"), "utf8")],
      ["result.json", await readFile(at("result.json"), "utf8")],
      ["metrics.jsonl", (await readFile(at("metrics.jsonl"), "utf8")).split("\n")[0]],
      [
        "manifest.json",
        JSON.stringify({
          schema: "switchyard.store/1",
          notebook: "a.md",
          arguments: { budget: null, only: null, sets: [{ target: "train", value: { a: { b: [] } } }], armSets: [] },
          experiments: { a: { title: "A", runs: [] } },
        }),
      ],
    ];
    const read = (file: string, text: string) =>
      file === "config.json"
        ? parseJson<unknown>(text, runRecord)
        : file === "result.json"
          ? parseJson<unknown>(text, resultFile)
          : file === "metrics.jsonl"
            ? parseJson<unknown>(text, metricEvent)
            : parseJson<unknown>(text, manifestSchema);
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.constantFrom(...spellings), fc.nat(), ([file, text], spelling, where) => {
        const objects = [...text.matchAll(/\{/g)].map(({ index }) => index + 1);
        const place = objects[where % objects.length];
        const rest = text.slice(place);
        const hostile = `${text.slice(0, place)}"${spelling}":{"polluted":1,"toString":"x"}${/^\s*\}/.test(rest) ? "" : ","}${rest}`;
        expect(() => JSON.parse(hostile) as unknown).not.toThrow();
        expect(read(file, hostile)).toEqual({ state: "damaged", why: "it has the key __proto__" });
        expect(read(file, text).state).toBe("read");
      }),
      { numRuns: 300 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each(["constructor", "prototype"])("%s is no key of what paths are walked in", async (name) => {
    const config = JSON.parse(await readFile(at("config.json"), "utf8")) as { config: { train: object } };
    Object.assign(config.config.train, { [name]: { polluted: 1 } });
    expect(parseJson<unknown>(JSON.stringify(config), runRecord)).toMatchObject({ state: "damaged" });
    expect(plainData({ a: [{ [name]: 1 }] })).toBe(false);
  });
});
