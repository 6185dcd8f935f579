/** How the training loop keeps a device busy without running away from it, and what it does with runs that are paused. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../engine/backends/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { Staging } from "../../engine/backends/webgpu/staging.ts";
import { GroupControl, nothingAsked } from "../../engine/train/control.ts";
import { trainGroup } from "../../engine/train/trainer.ts";
import { tinyConfig } from "./configs.ts";
import { intercept, smallDomains, timeless, trainRun } from "./training.ts";

/** A backend whose answers come late, as a GPU's do; `log` has every step queued (+) and every answer to one (−). */
function late(log: string[]): Backend {
  const backend = createReferenceBackend();
  intercept(backend, (executable, plan) => {
    const [run, read] = [executable.run.bind(executable), executable.read.bind(executable)];
    executable.run = (list, first, replicas) => {
      if (list === "step") log.push("+");
      run(list, first, replicas);
    };
    executable.read = async (slices, replica) => {
      const values = await read(slices, replica);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (slices.includes(plan.metrics.gradNorm)) log.push("−");
      return values;
    };
  });
  return backend;
}

describe("the training loop", () => {
  test("queues a step before it knows what became of the last, and never a third", async () => {
    const log: string[] = [];
    const config = tinyConfig({ train: { steps: 12, evalEvery: 12 } });
    const slow = await trainRun(config, { backend: late(log) });
    let inFlight = 0;
    const depths = log.map((event) => (inFlight += event === "+" ? 1 : -1));
    expect(Math.max(...depths)).toBe(2);
    // but for the first step and the wait for the last, one is always on the device while another is queued
    expect(depths.filter((depth) => depth === 0)).toHaveLength(1);
    const prompt = await trainRun(config);
    expect(timeless(slow.events)).toEqual(timeless(prompt.events));
  });

  test("says of a diverged run the same step however late the answers come", async () => {
    const config = tinyConfig({
      train: {
        steps: 60,
        evalEvery: 60,
        clipNorm: 1e9,
        optimizer: { ...tinyConfig().train.optimizer, lr: 1e4, weightDecay: 0 },
        schedule: { kind: "constant", warmup: 0, final: 1 },
      },
    });
    const [prompt, slow] = [await trainRun(config), await trainRun(config, { backend: late([]) })];
    expect(slow.outcome).toMatchObject({ status: "diverged", divergedAt: prompt.events.length });
    expect(slow.outcome).toEqual(prompt.outcome);
    // the tenth in a row, though the next one was on the device already
    const first = prompt.events.findIndex((event) => event.kind === "step" && (event.skipped || !(event.trainLoss < 3 * Math.log(256))));
    expect(prompt.events).toHaveLength(first + 10);
    expect(timeless(slow.events)).toEqual(timeless(prompt.events));
  });

  test("stands still while all its runs are paused, and no clock runs", async () => {
    const control = new GroupControl([nothingAsked()], () => new Promise(setImmediate));
    const config = tinyConfig({ train: { steps: 20, evalEvery: 20, checkpointEverySeconds: 0 } });
    let last = 0;
    let rest: Promise<number> | null = null;
    const seconds: number[] = [];
    await trainGroup(
      [{ config, seed: { init: 1, data: 1 }, domains: smallDomains(), backend: "reference", checkpoint: null }],
      createReferenceBackend(),
      control,
      {
        onMetrics: (_run, events) =>
          events.forEach((event) => void (event.kind === "step" && seconds.push(event.seconds), (last = event.step))),
        onCheckpoint: async (_run, step) => {
          if (step !== 5) return;
          control.ask({ paused: true });
          rest = new Promise((resolve) =>
            setTimeout(() => {
              resolve(last);
              control.ask({ paused: false });
            }, 300),
          );
        },
        onEnd: () => {},
        onProgress: () => {},
      },
    );
    expect(await rest!).toBe(5);
    expect(seconds).toHaveLength(20);
    expect(seconds[5] - seconds[4]).toBeLessThan(0.3);
  });
});

test("what is asked between a look and a wait is not missed", async () => {
  const control = new GroupControl([nothingAsked(), nothingAsked()], () => Promise.resolve());
  const { mark } = control;
  control.ask({ stop: true }, 1);
  await control.changed(mark);
  expect(control.runs.map(({ stop }) => stop)).toEqual([false, true]);
  let woken = false;
  const waiting = control.changed(control.mark).then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  control.ask({ paused: true });
  await waiting;
  expect(control.runs.map(({ paused }) => paused)).toEqual([true, true]);
});

test("results of step after step come through the same few buffers", () => {
  const made: { size: number; destroyed: boolean }[] = [];
  const gpu = {
    createBuffer: ({ size }: { size: number }) => {
      const buffer = { size, destroyed: false, unmap: () => {}, destroy: () => void (buffer.destroyed = true) };
      made.push(buffer);
      return buffer;
    },
  } as unknown as GPUDevice;
  const staging = new Staging(gpu);
  for (let step = 0; step < 100; step++) {
    const [metrics, other] = [staging.take(256), staging.take(256)];
    staging.give(metrics);
    staging.give(other);
  }
  expect(made).toHaveLength(2);
  // large ones are not held for small results, nor more of them than are ever used at once
  const large = Array.from({ length: 9 }, () => staging.take(1 << 20));
  large.forEach((buffer) => staging.give(buffer));
  expect(staging.take(256).size).toBe(256);
  staging.dispose();
  expect(made.filter(({ destroyed }) => !destroyed)).toHaveLength(1);
});
