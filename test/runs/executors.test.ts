import { expect, test } from "vitest";
import { trainAlone } from "../../engine/train/alone.ts";
import type { MetricEvent, TrainJob } from "../../engine/train/protocol.ts";
import { isLost } from "../../experiments/runs/training/executors.ts";
import { nodeExecutors } from "../../experiments/runs/training/node/executors.ts";
import { texts } from "./plans.ts";
import { resolve } from "./requests.ts";

const open = nodeExecutors(new URL("./dying-worker.mjs", import.meta.url));

async function end(how: string): Promise<{ error: Error; heard: MetricEvent[] }> {
  const executor = await open();
  const heard: MetricEvent[] = [];
  const job: TrainJob = {
    config: resolve({}).arms[0].config,
    seed: { init: 1, data: 1 },
    domains: await texts([how]),
    backend: "cpu",
    checkpoint: null,
  };
  try {
    await trainAlone((jobs, listener) => executor.train(jobs, listener), job, {
      onMetrics: (events) => void heard.push(...events),
      onCheckpoint: async () => {},
      onProgress: () => {},
    });
  } catch (error) {
    return { error: error as Error, heard };
  } finally {
    await executor.terminate();
  }
  throw new Error("it did not end");
}

test.each([
  ["exit", "engine worker ended with code 7"],
  ["throw", "engine worker failed: out of memory"],
  ["lost", "the device was removed"],
])("a worker that ends by %s is lost: the run can go on elsewhere", async (how, message) => {
  const { error, heard } = await end(how);
  expect(error.message).toBe(message);
  expect(isLost(error)).toBe(true);
  expect(heard).toHaveLength(1);
});

test("an error of the engine itself is no loss", async () => {
  const { error } = await end("refuse");
  expect(error.message).toBe("no such model");
  expect(isLost(error)).toBe(false);
});

test("a script that is not there is a loss with a reason", async () => {
  const executor = await nodeExecutors(new URL("./nowhere.mjs", import.meta.url))();
  await expect(executor.devices()).rejects.toMatchObject({
    name: "WorkerLostError",
    message: expect.stringContaining("nowhere.mjs") as string,
  });
});
