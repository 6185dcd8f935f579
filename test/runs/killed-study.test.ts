/** `switchyard run`, killed at random moments of its life, from its first instruction to its report. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stream } from "../../engine/random.ts";
import { parseEvents } from "../../experiments/runs/store/lines.ts";
import { buildCli, cli, switchyard } from "../cli/bundle.ts";
import { timeless } from "../engine/training.ts";

const kills = 20;
const seed = 20;
const random = stream(seed, "moments");

/** Two arms and two seeds with every kind of state a checkpoint must bring back: biases, an MTP module, accumulated gradients; a checkpoint every few steps. */
const notebook = `---
switchyard: 1
---
\`\`\`ts {#study}
import { experiment } from "switchyard";
export const study = experiment("Killed", {
  model: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2, nRoutedExperts: 4, moeIntermediateSize: 8, attention: { kind: "mla", kvLoraRank: 8, qkNopeHeadDim: 4, qkRopeHeadDim: 4, vHeadDim: 8 }, mtp: { depth: 1 } },
  balance: { bias: { gamma: 1e-2 } },
  validation: { windowsPerDomain: 4 },
  train: { steps: 600, batchSize: 4, microBatch: 2, seqLen: 32, evalEvery: 150, checkpointEverySeconds: 0.02 },
  arms: { slow: {}, fast: { train: { optimizer: { lr: 1e-2 } } } }, seeds: 2,
});
\`\`\`
`;

let root: string;
let path: string;
beforeAll(async () => {
  buildCli();
  root = await mkdtemp(join(tmpdir(), "switchyard-killed-study-"));
  path = join(root, "study.md");
  await writeFile(path, notebook);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const command = (store: string) => ["run", path, "--out", store, "--backend", "cpu", "--jobs", "2", "--json"];

/** What `--json` says when the first run has begun to train. */
const training = /"status":"running"/;

/** Starts the study and kills it so many milliseconds after it has started or begun to train; false when it had ended by itself. */
function killed(store: string, after: number, since: "start" | "training"): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...command(store)], { stdio: ["ignore", "pipe", "pipe"] });
    let complaint = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = () => (timer ??= setTimeout(() => child.kill("SIGKILL"), after));
    if (since === "start") arm();
    child.stdout.on("data", (text: Buffer) => void (training.test(String(text)) && arm()));
    child.stderr.on("data", (text: Buffer) => (complaint += text));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`code ${code}: ${complaint}`));
      else resolve(signal === "SIGKILL");
    });
  });
}

/** Runs of the store that have begun and not ended. */
async function unfinished(store: string): Promise<number> {
  const runs = await readdir(join(store, "runs")).catch(() => []);
  const ended = await Promise.all(
    runs.map((run) =>
      stat(join(store, "runs", run, "result.json")).then(
        () => true,
        () => false,
      ),
    ),
  );
  return ended.filter((is) => !is).length;
}

/** Wall-clock times, and what follows from them: checksums too. */
const times = new Set(["seconds", "tokensPerSecond", "when", "cached", "seal", "curve"]);

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => (item as { metric?: string } | null)?.metric !== "tokensPerSecond").map(withoutTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (times.has(key) ? [] : [[key, withoutTimes(inner)]])));
}

const json = async (file: string): Promise<unknown> => withoutTimes(JSON.parse(await readFile(file, "utf8")));

/** Everything that a study leaves behind, without times: evidence, and of each run config, curve, result and weights. */
async function kept(store: string) {
  const folders = (await readdir(join(store, "runs"))).sort();
  const runs = folders.map(async (run) => {
    const at = (file: string) => join(store, "runs", run, file);
    return {
      run,
      files: (await readdir(at(""))).sort(),
      config: await readFile(at("config.json"), "utf8"),
      events: timeless(parseEvents(await readFile(at("metrics.jsonl"))).events),
      result: await json(at("result.json")),
      weights: (await readFile(at("checkpoint.safetensors"))).toString("base64"),
    };
  });
  return {
    results: await json(join(store, "results.json")),
    manifest: await json(join(store, "manifest.json")),
    runs: await Promise.all(runs),
  };
}

/** One kill in five may come at any moment of the process; the others come while it trains, so early that a study takes several. */
function moment(kill: number, life: number, span: number): { after: number; since: "start" | "training" } {
  return kill % 5 === 0 ? { after: life * random.uniform(), since: "start" } : { after: (span / 3) * random.uniform(), since: "training" };
}

test(`a study killed at ${kills} random moments (stream ${seed}) and started again each time ends with the bits of one that never was: weights, curves, results`, {
  timeout: 900_000,
}, async () => {
  const calm = join(root, "calm");
  const started = performance.now();
  let begun = NaN;
  expect(
    (await switchyard(command(calm), (text) => void (training.test(text) && (begun = Number.isNaN(begun) ? performance.now() : begun))))
      .code,
  ).toBe(0);
  const [life, span] = [performance.now() - started, performance.now() - begun];
  const expected = await kept(calm);
  expect(expected.runs).toHaveLength(4);
  for (const { files, events } of expected.runs) {
    expect(files).toEqual(["checkpoint.safetensors", "config.json", "metrics.jsonl", "result.json"]);
    expect(events).toHaveLength(604);
  }

  const moments: string[] = [];
  let inTraining = 0;
  for (let study = 0, done = 0; done < kills; study++) {
    const store = join(root, `killed-${study}`);
    while (done < kills) {
      const { after, since } = moment(done, life, span);
      if (!(await killed(store, after, since))) break;
      done++;
      const open = await unfinished(store);
      inTraining += Number(open > 0);
      moments.push(
        `study ${study}, ${after.toFixed(0)} ms after ${since === "start" ? "its start" : "training began"} (${open} runs unfinished)`,
      );
    }
    expect((await switchyard(command(store))).code, moments.join("; ")).toBe(0);
    const { runs, ...evidence } = await kept(store);
    expect(evidence, moments.join("; ")).toEqual({ results: expected.results, manifest: expected.manifest });
    expect(runs, moments.join("; ")).toEqual(expected.runs);
  }
  console.log(`of a life of ${life.toFixed(0)} ms, of which it trained for ${span.toFixed(0)}:\n${moments.join("\n")}`);
  expect(inTraining, "kills while runs trained").toBeGreaterThanOrEqual(kills / 2);
});
