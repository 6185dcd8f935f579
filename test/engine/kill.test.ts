import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stream } from "../../engine/random.ts";
import { parseEvents } from "../../experiments/runs/store/lines.ts";
import { timeless } from "./training.ts";

const kills = 4;
const random = stream(7, "kills");

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "switchyard-kill-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Trains into `folder`; kills the process so many milliseconds after its first checkpoint, unless it is done by then. Returns what it said. */
function trainProcess(folder: string, killAfter: number | null): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at("kill/train.mjs"), folder], { stdio: ["ignore", "pipe", "pipe"] });
    let [said, complaint, armed] = ["", "", false];
    child.stderr.on("data", (text: Buffer) => (complaint += text));
    child.stdout.on("data", (text: Buffer) => {
      said += text;
      if (killAfter === null || armed || !said.includes("checkpoint")) return;
      armed = true;
      setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`code ${code}: ${complaint}`));
      else resolve(said.trim().split("\n"));
    });
  });
}

async function runFolder(folder: string): Promise<string> {
  return join(folder, "runs", (await readdir(join(folder, "runs")))[0]);
}

/** What a run leaves behind, without wall-clock times. */
async function kept(folder: string) {
  const run = await runFolder(folder);
  // times are no bits of the run, and the seal is of them too
  const {
    seconds: _s,
    provenance: _p,
    curve: _c,
    seal: _seal,
    metrics,
    ...result
  } = JSON.parse(await readFile(join(run, "result.json"), "utf8"));
  const { tokensPerSecond: _t, seconds: _m, ...figures } = metrics;
  const events = timeless(parseEvents(await readFile(join(run, "metrics.jsonl"))).events);
  return { result, figures, events, weights: await readFile(join(run, "checkpoint.safetensors")) };
}

test(`a process killed ${kills} times while it trains ends, started again each time, with the bits of one that never was`, async () => {
  const calm = join(root, "calm");
  expect((await trainProcess(calm, null)).at(-1)).toBe("done");

  const killed = join(root, "killed");
  const starts: number[] = [];
  for (let n = 0; n < kills; n++) {
    // checkpoints are written every 40 ms or so: any moment between two of them, and in the middle of one
    const said = await trainProcess(killed, random.below(60));
    expect(said, "it was to be killed while it trained").not.toContain("done");
    starts.push(Number(said.find((line) => line.startsWith("from"))?.split(" ")[1] ?? NaN));
  }
  const last = await trainProcess(killed, null);
  expect(last.at(-1)).toBe("done");
  starts.push(Number(last.find((line) => line.startsWith("from"))!.split(" ")[1]));
  for (let n = 1; n < starts.length; n++)
    expect(starts[n], "it goes on from a later checkpoint than the time before").toBeGreaterThan(starts[n - 1]);

  const [a, b] = [await kept(calm), await kept(killed)];
  expect(b.result).toEqual(a.result);
  expect(b.figures).toEqual(a.figures);
  expect(b.events).toEqual(a.events);
  expect(Buffer.compare(b.weights, a.weights), "weights differ").toBe(0);
}, 180_000);
