import { expect, test } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { trainAlone } from "../../engine/train/alone.ts";
import { GroupControl, nothingAsked } from "../../engine/train/control.ts";
import { trainGroup } from "../../engine/train/trainer.ts";
import { tinyConfig } from "./configs.ts";
import { smallDomains } from "./training.ts";

test("however slow checkpoints are and however often they are asked for, training stands still for them a fiftieth of the time", async () => {
  const config = tinyConfig({ train: { steps: 1_000_000, evalEvery: 1_000_000, checkpointEverySeconds: 1e-3, keep: "none" } });
  const control = nothingAsked();
  const started = performance.now();
  const stops: number[] = [];
  const backend = await createCpuBackend();
  await trainAlone(
    (jobs, listener) => trainGroup(jobs, backend, new GroupControl([control], () => Promise.resolve()), listener),
    { config, seed: { init: 1, data: 1 }, domains: smallDomains(), backend: "cpu", checkpoint: null },
    {
      onMetrics: () => {
        control.stop = performance.now() - started > 2500;
      },
      onCheckpoint: async () => {
        const begun = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 15));
        stops.push(performance.now() - begun);
      },
      onProgress: () => {},
    },
  );
  const total = performance.now() - started;
  // what was written since the last rest has not been made up for yet
  const paid = stops.slice(0, -1).reduce((sum, stop) => sum + stop, 0);
  expect(stops.length, "it goes on making them").toBeGreaterThanOrEqual(2);
  expect(paid).toBeLessThan(0.02 * total);
});
