/** Runs that train side by side on WebGPU against each of them alone, to the bit. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebGpuBackend, type WebGpuBackend } from "../../engine/backends/webgpu/backend.ts";
import type { WebGpuExecutable } from "../../engine/backends/webgpu/executable.ts";
import type { BalanceConfig, RunConfig, Seed } from "../../engine/model/config.ts";
import { GroupControl, nothingAsked } from "../../engine/train/control.ts";
import type { MetricEvent, RunEnd, TrainJob } from "../../engine/train/protocol.ts";
import { trainGroup } from "../../engine/train/trainer.ts";
import { tinyConfig } from "./configs.ts";
import { smallDomains, timeless, trainRun } from "./training.ts";
import { nodeGpu } from "./webgpu-node.ts";

const { gpu, reason } = await nodeGpu();
if (!gpu && process.env.CI) throw new Error(`WebGPU is not tested: ${reason}`);
if (!gpu) console.log(`WebGPU is not tested: ${reason}`);

const bias = { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } as const;
const adamw = tinyConfig().train.optimizer;

interface Arm {
  config: RunConfig;
  seed: Seed;
}

const arm = (init: number, balance: Partial<BalanceConfig> = {}, train: Partial<RunConfig["train"]> = {}, lambda = 0.3): Arm => ({
  config: {
    ...tinyConfig({ model: { mtp: { depth: 1, lambda } }, balance, train: { steps: 6, evalEvery: 3, ...train } }),
    validation: { windowsPerDomain: 2 },
  },
  seed: { init, data: init + 100 },
});

/** Different seeds, alpha, gamma, learning rate, lambda, scope, length and mixture; one has no balancing at all. */
const arms: Record<string, Arm> = {
  plain: arm(1),
  "other seed, rate and clipping": arm(
    2,
    {},
    { clipNorm: 0.1, optimizer: { ...adamw, lr: 3e-3 }, schedule: { kind: "constant", warmup: 0, final: 1 } },
  ),
  "loss-free": arm(1, {
    bias: {
      ...bias,
      gamma: [
        { until: 0.5, value: 0.05 },
        { until: 1, value: 0 },
      ],
    },
  }),
  "sequence loss": arm(1, { losses: [{ group: "sequence", alpha: 0.3 }] }),
  "batch loss, short": arm(4, { losses: [{ group: "batch", alpha: 0.1 }] }, { steps: 4, evalEvery: 2 }),
  "both, lambda 1": arm(
    5,
    {
      losses: [
        { group: "sequence", alpha: 0.1 },
        { group: "batch", alpha: 0.2 },
      ],
      bias,
    },
    {},
    1,
  ),
};

const hopeless = arm(
  7,
  {},
  {
    clipNorm: 1e9,
    optimizer: { ...adamw, lr: 1e4, weightDecay: 0 },
    schedule: { kind: "constant", warmup: 0, final: 1 },
    steps: 14,
    evalEvery: 14,
  },
);

interface Trained {
  end: RunEnd;
  events: MetricEvent[];
}

const jobOf = ({ config, seed }: Arm, backend: WebGpuBackend, checkpoint: Uint8Array | null = null): TrainJob => ({
  config,
  seed,
  domains: smallDomains(),
  backend: backend.info.name,
  checkpoint,
});

/** `step` is called with a run's index and every step it has finished. */
async function together(
  backend: WebGpuBackend,
  jobs: TrainJob[],
  step: (run: number, step: number, control: GroupControl) => void = () => {},
): Promise<Trained[]> {
  const control = new GroupControl(jobs.map(nothingAsked), () => Promise.resolve());
  const events = jobs.map((): MetricEvent[] => []);
  const ends: RunEnd[] = [];
  await trainGroup(jobs, backend, control, {
    onMetrics: (run, batch) => {
      if (ends[run]) throw new Error(`run ${run} tells of steps after its end`);
      events[run].push(...batch);
    },
    onEnd: (run, end) => {
      if (ends[run]) throw new Error(`run ${run} ends twice`);
      ends[run] = end;
    },
    onCheckpoint: async (run, at) => step(run, at, control),
    onProgress: () => {},
  });
  return events.map((own, run) => ({ end: ends[run], events: own }));
}

/** All that a run leaves behind, without clock times. */
function traces({ end, events }: Trained): unknown {
  if (end.status !== "done") return { end: { ...end, info: null }, events: timeless(events) };
  return {
    status: end.status,
    metrics: { ...end.metrics, seconds: 0, tokensPerSecond: 0 },
    weights: end.weights && Buffer.from(end.weights).toString("base64"),
    events: timeless(events),
  };
}

describe.skipIf(!gpu)("runs that train side by side", () => {
  let backend: WebGpuBackend;
  const alone = new Map<Arm, Trained>();
  const trainedAlone = async (own: Arm): Promise<Trained> => {
    if (!alone.has(own)) {
      const { outcome, events } = await trainRun(own.config, { backend, seed: own.seed });
      alone.set(own, { end: outcome, events });
    }
    return alone.get(own)!;
  };
  const expectAlone = async (trained: Trained, own: Arm, label: string) =>
    expect(traces(trained), label).toEqual(traces(await trainedAlone(own)));

  beforeAll(async () => {
    backend = await createWebGpuBackend(gpu!, { limits: "default" });
  });
  afterAll(() => backend.dispose());

  test("have the weights, metrics and curves of each alone, whatever arms they belong to", async () => {
    const trained = await together(
      backend,
      Object.values(arms).map((own) => jobOf(own, backend)),
    );
    for (const [n, [name, own]] of Object.entries(arms).entries()) await expectAlone(trained[n], own, name);
  }, 600_000);

  test("also with the kernels for hardware", async () => {
    const own = await createWebGpuBackend(gpu!, { limits: "default", adapterClass: "hardware" });
    const some = [arms.plain, arms["both, lambda 1"], arms["loss-free"]];
    const trained = await together(
      own,
      some.map((run) => jobOf(run, own)),
    );
    for (const [n, { config, seed }] of some.entries()) {
      const { outcome, events } = await trainRun(config, { backend: own, seed });
      expect(traces(trained[n])).toEqual(traces({ end: outcome, events }));
    }
    own.dispose();
  }, 600_000);

  test("go on undisturbed when one is stopped, one diverges and one is paused for a while; what was stopped goes on in another group", async () => {
    const every = ({ config, seed }: Arm): Arm => ({ seed, config: { ...config, train: { ...config.train, checkpointEverySeconds: 0 } } });
    const group = [arms.plain, hopeless, arms["loss-free"], arms["both, lambda 1"], arms["sequence loss"]];
    let during = -1;
    const first = await together(
      backend,
      group.map((own) => jobOf(every(own), backend)),
      (run, step, control) => {
        if (run === 2 && step === 3) control.ask({ stop: true }, 2);
        if (run === 3 && step === 2) control.ask({ paused: true }, 3);
        if (run === 4 && step === 5) control.ask({ paused: false }, 3);
        if (run === 3) during = Math.max(during, step);
      },
    );
    expect(first.map(({ end }) => end.status)).toEqual(["done", "diverged", "stopped", "done", "done"]);
    expect(during).toBe(5);
    await expectAlone(first[0], arms.plain, "plain");
    await expectAlone(first[1], hopeless, "hopeless");
    await expectAlone(first[3], arms["both, lambda 1"], "paused");
    await expectAlone(first[4], arms["sequence loss"], "sequence loss");

    const { end: stopped, events } = first[2];
    if (stopped.status !== "stopped") throw new Error(stopped.status);
    expect(stopped.step).toBe(3);
    // beside runs of other arms that begin at their first step
    const second = await together(
      backend,
      [arms["other seed, rate and clipping"], arms["loss-free"], arms["batch loss, short"]].map((own, n) =>
        jobOf(own, backend, n === 1 ? stopped.checkpoint : null),
      ),
    );
    await expectAlone({ end: second[1].end, events: [...events, ...second[1].events] }, arms["loss-free"], "resumed");
    await expectAlone(second[0], arms["other seed, rate and clipping"], "beside a resumed run");
    await expectAlone(second[2], arms["batch loss, short"], "ends before the others");
  }, 600_000);

  test("end alone for what is wrong with one alone", async () => {
    const broken = jobOf(arms["loss-free"], backend, new Uint8Array([1, 2, 3]));
    const tooShort = { ...jobOf(arms.plain, backend), domains: smallDomains(undefined, 3) };
    const [first, second, third] = await together(backend, [broken, tooShort, jobOf(arms.plain, backend)]);
    expect(first.end).toMatchObject({ status: "failed" });
    expect(second.end).toMatchObject({ status: "failed", error: expect.stringContaining("bytes for training") as string });
    await expectAlone(third, arms.plain, "plain");
  }, 600_000);

  test("that have ended are computed no more", async () => {
    const counts: number[] = [];
    const compile = backend.compile.bind(backend);
    const watched: WebGpuBackend = {
      ...backend,
      compile: async (plan, options) => {
        const executable: WebGpuExecutable = await compile(plan, options);
        const run = executable.run.bind(executable);
        executable.run = (list, first, replicas) => {
          if (list === "step") counts.push(replicas!);
          run(list, first, replicas);
        };
        return executable;
      },
    };
    const short = arms["batch loss, short"];
    await together(watched, [jobOf(short, backend), jobOf(arms.plain, backend), jobOf(arms["loss-free"], backend)], () => {});
    expect(counts).toEqual([...Array<number>(4).fill(3), ...Array<number>(2).fill(2)]);
  }, 600_000);
});
