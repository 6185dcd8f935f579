import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElectronApplication, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../support/actions.ts";
import { start } from "../support/electron.ts";
import { smallStudy } from "../support/notebooks.ts";

const study = smallStudy
  .replace("steps: 12, batchSize: 3, seqLen: 32", "steps: 1500, batchSize: 16, seqLen: 64, checkpointEverySeconds: 0.2")
  .replace("evalEvery: 6", "evalEvery: 500")
  .replace("seeds: 2", "seeds: 1");

const sha256 = (contents: Buffer | string): string => createHash("sha256").update(contents).digest("hex");

describe("an app that was killed while it trained", () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  /** the process of the app that runs; once it is gone the connection no longer names it */
  let child: ChildProcess | null = null;
  const open = async (name: string) => {
    ({ app, page } = await start(join(folder, "user"), join(folder, name, "study.md")));
    child = app.process();
    page.setDefaultTimeout(60_000);
    await page.getByRole("button", { name: "Trust and run its views" }).click();
    await page.getByRole("button", { name: /^Train \d runs?$/ }).click();
  };
  const stop = async () => {
    const closed = app.waitForEvent("close");
    await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {});
    await closed;
  };
  /** of the first run, while it trains */
  const stepsShown = async () => {
    const bars = await cell(page, "study")
      .getByRole("progressbar", { name: /^plain, seed 1: running/ })
      .all();
    return bars.length === 0 ? 0 : Number(await bars[0].getAttribute("aria-valuenow"));
  };
  /** Waits for a checkpoint of the run to be killed that was written after a time. @returns when it was */
  const newCheckpoint = async (after: number): Promise<number> => {
    const newest = async () => {
      const files = (await readdir(results("killed"), { recursive: true })).filter((path) => path.endsWith("checkpoint.safetensors"));
      const times = await Promise.all(files.map(async (path) => (await stat(join(results("killed"), path))).mtimeMs));
      return Math.max(0, ...times);
    };
    await expect.poll(newest, { timeout: 60_000, interval: 20 }).toBeGreaterThan(after);
    return newest();
  };
  const results = (name: string) => join(folder, name, "study.results/runs");
  /** what every run has left in its folder, without what a clock has written */
  const outcomes = async (name: string) => {
    const runs = await readdir(results(name));
    return Object.fromEntries(
      await Promise.all(
        runs.map(async (run) => {
          const { metrics, status, steps, tokens } = JSON.parse(await readFile(join(results(name), run, "result.json"), "utf8"));
          const { tokensPerSecond: _speed, seconds: _duration, ...computed } = metrics;
          const weights = await readFile(join(results(name), run, "checkpoint.safetensors"));
          const curve = (await readFile(join(results(name), run, "metrics.jsonl"), "utf8")).replace(
            /"(seconds|tokensPerSecond)":[^,}]+/g,
            "",
          );
          return [run, { computed, status, steps, tokens, weights: sha256(weights), curve: sha256(curve) }] as const;
        }),
      ),
    );
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
    for (const name of ["killed", "whole"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "study.md"), study);
    }
  });
  afterAll(async () => {
    child?.kill("SIGKILL"); // where a test has failed it is still there
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it("goes on from its checkpoint after the next start", async () => {
    // The other run trains first: until the dead app's lock is old enough, somebody might still be training this one.
    await open("killed");
    await expect.poll(stepsShown, { timeout: 60_000, interval: 20 }).toBeGreaterThan(100);
    const reached = await stepsShown();
    // One checkpoint may have been on its way already; the one after it holds at least the step that was shown.
    const first = await newCheckpoint(Date.now());
    await newCheckpoint(first);
    const gone = app.waitForEvent("close");
    app.process().kill("SIGKILL");
    await gone;
    expect((await readdir(results("killed"), { recursive: true })).filter((path) => path.endsWith("result.json"))).toEqual([]);

    // The other run trains first: until the dead app's lock is old enough, somebody might still be training this one.
    await open("killed");
    await expect.poll(stepsShown, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    expect(await stepsShown()).toBeGreaterThanOrEqual(reached);
    await cell(page, "study").getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
    await stop();
  });

  it("has the results, the curves and the weights of an uninterrupted run, bit for bit", async () => {
    await open("whole");
    await cell(page, "study").getByRole("button", { name: "Train again" }).waitFor({ timeout: 90_000 });
    await stop();
    const killed = await outcomes("killed");
    expect(Object.keys(killed)).toHaveLength(2);
    expect(killed).toEqual(await outcomes("whole"));
  });
});
