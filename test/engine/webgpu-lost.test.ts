/** Studies on a real WebGPU device that is destroyed, or too small, under them. */
import { beforeAll, describe, expect, test } from "vitest";
import { createWebGpuBackend, type WebGpuBackend, type WebGpuOptions } from "../../engine/backends/webgpu/backend.ts";
import { dataHash } from "../../engine/data/corpus.ts";
import { Coordinator, type CoordinatorEvent } from "../../experiments/runs/training/coordinator.ts";
import { planExperiment, type ExperimentPlan } from "../../experiments/runs/plan/plan.ts";
import type { ExperimentResult } from "../../experiments/results.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { resolve } from "../runs/requests.ts";
import { tinyConfig } from "./configs.ts";
import { localExecutor } from "./kill/executor.ts";
import { smallDomains, timeless } from "./training.ts";
import { nodeGpu } from "./webgpu-node.ts";

const { gpu, reason } = await nodeGpu();
if (!gpu && process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);
if (!gpu) console.log(`WebGPU is not tested: ${reason}`);

const bias = { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" };
const allArms = {
  plain: {},
  free: { balance: { bias } },
  sequence: { balance: { losses: [{ group: "sequence", alpha: 0.1 }] } },
  slow: { train: { optimizer: { lr: 1e-3 } } },
};

function study(arms: object): ExperimentPlan {
  const { model, train } = tinyConfig();
  const plan = planExperiment(
    resolve({
      model,
      arms,
      seeds: 1,
      validation: { windowsPerDomain: 2 },
      data: { mixture: { prose: 1, code: 1 } },
      train: { steps: 8, batchSize: train.batchSize, seqLen: train.seqLen, evalEvery: 4, keep: "weights" },
    }),
    dataHash(smallDomains()),
  );
  // after every step, which nobody may write
  for (const { config } of plan.runs) config.train.checkpointEverySeconds = 0;
  return plan;
}

interface Trained {
  result: ExperimentResult;
  weights: (string | null)[];
  messages: string[];
  /** how often some run made its first step */
  beginnings: number;
  opened: number;
}

/** Destroys the device right after the checkpoint of step `destroyAt` of any run is in the store. */
async function train(
  plan: ExperimentPlan,
  { replicas, destroyAt = Infinity, options = {} }: { replicas: number; destroyAt?: number; options?: WebGpuOptions },
): Promise<Trained> {
  const backends: WebGpuBackend[] = [];
  const open = async () => {
    backends.push(await createWebGpuBackend(gpu!, options));
    return backends.at(-1)!;
  };
  const store = new MemoryStore();
  const coordinator = new Coordinator({
    store,
    openExecutor: localExecutor({ webgpu: open }),
    workers: 1,
    replicas: () => replicas,
    backend: "webgpu",
    domains: async () => smallDomains(),
  });
  const events: CoordinatorEvent[] = [];
  let destroyed = false;
  coordinator.subscribe((event) => {
    events.push(event);
    if (event.type !== "checkpoint" || event.step !== destroyAt || destroyed) return;
    destroyed = true;
    backends[0].dispose();
  });
  const result = await coordinator.submit(plan).finished;
  await coordinator.close();
  for (const backend of backends) backend.dispose();
  return {
    result,
    opened: backends.length,
    beginnings: events.filter((event) => event.type === "metrics" && event.events[0].step === 1).length,
    weights: await Promise.all(
      plan.runs.map(async ({ key }) => store.weights(key).then((bytes) => bytes && Buffer.from(bytes).toString("base64"))),
    ),
    messages: events.flatMap((event) => (event.type === "message" && !event.text.includes("compiling") ? [event.text] : [])),
  };
}

const figures = ({ result }: Trained) =>
  result.arms.map(({ runs }) =>
    runs.map(({ status, metrics, events }) => ({
      status,
      metrics: { ...metrics!, seconds: 0, tokensPerSecond: 0 },
      events: timeless(events!),
    })),
  );

describe.skipIf(!gpu)("a WebGPU device that is destroyed in the middle of training,", () => {
  let calm: Trained;
  beforeAll(async () => {
    calm = await train(study(allArms), { replicas: 4 });
    expect(calm.weights.every((bytes) => bytes !== null)).toBe(true);
  }, 600_000);

  test.each([
    ["one run", { plain: {} }, 1],
    ["four runs side by side", allArms, 4],
  ])(
    "is opened afresh, and %s goes on from the last checkpoint to the same bits, with one line in the log",
    async (_what, arms, replicas) => {
      const plan = study(arms);
      const lost = await train(plan, { replicas, destroyAt: 5 });
      expect(lost.opened).toBe(2);
      expect(lost.messages).toEqual([expect.stringMatching(/WebGPU device lost \(destroyed\)/) as string]);
      expect(lost.beginnings, "no run starts over").toBe(plan.runs.length);
      expect(lost.weights).toEqual(calm.weights.slice(0, plan.runs.length));
      expect(figures(lost)).toEqual(figures(calm).slice(0, plan.runs.length));
    },
    600_000,
  );

  test("or too small for so many runs trains them in smaller groups, to the same bits", async () => {
    const cramped = await train(study(allArms), {
      replicas: 4,
      options: { limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 100_000 } },
    });
    expect(cramped.opened).toBe(1);
    expect(cramped.messages).toEqual([
      expect.stringMatching(/^4 runs cannot train side by side \(.*this adapter allows 100000\); 2 and 2 are tried\.$/) as string,
    ]);
    expect(cramped.weights).toEqual(calm.weights);
  }, 600_000);
});
