import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { knownStores } from "../experiments/runs/index-stores.ts";
import { plan, hash } from "../test/runs/plans.ts";
import { semantics } from "../engine/model/config.ts";
import { WindowStore } from "./stores.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-window-"));
  vi.stubEnv("XDG_DATA_HOME", join(folder, "data"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test.runIf(process.platform === "linux")("the store of a notebook that trains is known to the index of runs from then on", async () => {
  const { key, seed, config } = plan().runs[0];
  const record = { key, semantics, dataHash: hash, seed, backend: "cpu" as const, config };
  for (const path of [join(folder, "study.md"), null]) {
    const store = new WindowStore(path, join(folder, "scratch.results"), () => {});
    await store.release(await store.open(record));
  }
  expect(await knownStores()).toEqual([join(folder, "scratch.results"), join(folder, "study.results")]);
});
