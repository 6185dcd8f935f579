import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RunIndex } from "../experiments/runs/index/node/index.ts";
import { knownStores } from "../experiments/runs/index/node/stores.ts";
import { readManifest } from "../experiments/runs/store/node/manifest.ts";
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

test.runIf(process.platform === "linux")(
  "runs that the app has trained have their arms' names in the index, in a store of their own and in the shared one",
  async () => {
    const [low, high] = plan().runs;
    for (const [path, { key, seed, config }] of [
      [join(folder, "study.md"), low],
      [null, high],
    ] as const) {
      const store = new WindowStore(path, join(folder, "scratch.results"), () => {});
      await store.release(await store.open({ key, semantics, dataHash: hash, seed, backend: "cpu", config }));
      await store.keepNames({
        notebook: "untitled.md",
        budget: "quick",
        experiments: [{ id: "study", title: "A study", runs: [{ key, arm: `${path === null}`, seed: seed.init, status: "done" }] }],
      });
    }
    const { runs } = await new RunIndex().search();
    expect(runs.map(({ notebook, experiment, title, arm }) => [notebook, experiment, title, arm])).toEqual([
      ["study.md", "study", "A study", "false"],
      ["untitled.md", "study", "A study", "true"],
    ]);
    // what `switchyard report` goes by
    expect((await readManifest(join(folder, "study.results")))?.arguments).toEqual({ budget: "quick", only: null, sets: [], armSets: [] });
  },
);

test("names from windows that share the scratch store at the same time are all kept", async () => {
  const { runs } = plan({ seeds: 3 });
  const scratch = join(folder, "scratch.results");
  await Promise.all(
    runs.map(async ({ key, seed, config }, i) => {
      const store = new WindowStore(null, scratch, () => {});
      await store.release(await store.open({ key, semantics, dataHash: hash, seed, backend: "cpu", config }));
      await store.keepNames({
        notebook: `${i}.md`,
        budget: null,
        experiments: [{ id: "study", title: "T", runs: [{ key, arm: "a", seed: 1, status: "done" }] }],
      });
    }),
  );
  expect(Object.keys((await readManifest(scratch))!.experiments).sort()).toEqual(runs.map((_, i) => `${i}.md#study`));
});
