/** Runs of a study that train side by side in one worker. */
import { describe, expect, test } from "vitest";
import type { BackendInfo } from "../../engine/backends/backend.ts";
import { benchModels } from "../../engine/bench/models.ts";
import type { GroupListener, TrainJob } from "../../engine/train/protocol.ts";
import { programsOf } from "../../engine/train/shared-program.ts";
import { groupRules, replicasOn } from "../../experiments/runs/training/groups.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { fakeEngine, type Script } from "./fake-engine.ts";
import { bench, plan } from "./plans.ts";

const side = (replicas: number, more: object = {}) => ({ workers: 1, replicas: () => replicas, ...more });
const comparable = ({ arms }: Awaited<ReturnType<ReturnType<typeof bench>["coordinator"]["submit"]>["finished"]>) =>
  arms.map((arm) => arm.runs.map(({ status, metrics, events, error }) => ({ status, metrics, events, error })));
const messages = (events: ReturnType<typeof bench>["events"]) => events.flatMap((event) => (event.type === "message" ? [event.text] : []));
const wide = { arms: { low: {}, high: { train: { optimizer: { lr: 1e-2 } } }, wide: { model: { moeIntermediateSize: 48 } } } };

describe("a group", () => {
  test("has the runs of one program, whole seeds across the arms first, at most as many as fit", async () => {
    const { coordinator, engine } = bench(side(3));
    const result = await coordinator.submit(plan({ ...wide, seeds: 3 })).finished;
    const seen = engine.groups.map((jobs) =>
      jobs.map(({ seed, config }) => `${config.model.moeIntermediateSize} ${config.train.optimizer.lr} ${seed.init}`),
    );
    expect(seen).toEqual([
      ["32 0.003 1", "32 0.01 1", "32 0.003 2"],
      ["48 0.003 1", "48 0.003 2", "48 0.003 3"],
      ["32 0.01 2", "32 0.003 3", "32 0.01 3"],
    ]);
    expect(comparable(result)).toEqual(comparable(await bench().coordinator.submit(plan({ ...wide, seeds: 3 })).finished));
  });

  test("leaves out what the store has", async () => {
    const store = new MemoryStore();
    await bench({ store }).coordinator.submit(plan({ seeds: 1, arms: { high: { train: { optimizer: { lr: 1e-2 } } } } })).finished;
    const { coordinator, engine } = bench(side(9, { store }));
    const { arms } = await coordinator.submit(plan()).finished;
    expect(engine.groups.map((jobs) => jobs.length)).toEqual([3]);
    expect(arms.map((arm) => arm.runs.map((run) => run.cached))).toEqual([
      [false, false],
      [true, false],
    ]);
  });

  test("tells of each run's end when it ends, and of curves and checkpoints run by run", async () => {
    const { coordinator, events } = bench(
      side(9),
      fakeEngine({ stepMs: 1, script: (job) => (job.seed.init === 1 ? { divergeAt: 3 } : {}) }),
    );
    await coordinator.submit(plan()).finished;
    const order = events.flatMap((event) =>
      event.type === "run" && event.result.status !== "queued" ? [`${event.run.replace("balancing/", "")} ${event.result.status}`] : [],
    );
    expect(order.slice(0, 6)).toEqual([
      "low/1 running",
      "high/1 running",
      "low/2 running",
      "high/2 running",
      "low/1 diverged",
      "high/1 diverged",
    ]);
    const lastStep = events.findLastIndex((event) => event.type === "metrics");
    expect(events.findIndex((event) => event.type === "run" && event.result.status === "diverged")).toBeLessThan(lastStep);
    expect(new Set(events.flatMap((event) => (event.type === "checkpoint" ? [event.run] : []))).size).toBe(4);
  });

  test("tells what its runs wait for, before the first step of any of them, and not in the study's log", async () => {
    const { coordinator, events } = bench(side(3));
    await coordinator.submit(plan()).finished;
    const preparing = events.flatMap((event) =>
      event.type === "preparing" ? [[event.runs.join(" ").replaceAll("balancing/", ""), event.text]] : [],
    );
    const told = (runs: string) => [
      [runs, "compiling kernels 1 of 2"],
      [runs, "compiling kernels 2 of 2"],
    ];
    expect(preparing).toEqual([...told("low/1 high/1 low/2"), ...told("high/2")]);
    expect(events.findIndex(({ type }) => type === "preparing")).toBeLessThan(events.findIndex(({ type }) => type === "metrics"));
    expect(messages(events)).toEqual([]);
  });

  test("ends its study after the end of its last run has been told, also where all end at once", async () => {
    // all results are written before the first run is given back, as over the way to a window's store
    const store = new MemoryStore();
    const open = store.open.bind(store);
    store.open = async (record) => {
      const writer = await open(record);
      const release = writer.release.bind(writer);
      return Object.assign(writer, { release: () => new Promise((resolve) => setTimeout(resolve, 5)).then(release) });
    };
    const { coordinator, events } = bench(side(9, { store }));
    await coordinator.submit(plan()).finished;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events.filter((event) => event.type === "run" && event.result.status === "done")).toHaveLength(4);
    expect(events.findIndex(({ type }) => type === "finished")).toBe(events.length - 1);
  });

  test("loses one run when that is cancelled, and all when the study is stopped; what was stopped goes on in whatever group", async () => {
    const store = new MemoryStore();
    const first = bench(side(9, { store }), fakeEngine({ stepMs: 2 }));
    const study = first.coordinator.submit(plan());
    await first.engine.reached(3);
    study.cancel("balancing/low/1");
    await first.engine.reached(5);
    expect(study.runs().map(({ status }) => status)).toEqual(["stopped", "running", "running", "running"]);
    study.stop();
    await study.finished;
    const second = bench(side(2, { store }));
    const result = await second.coordinator.submit(plan()).finished;
    expect(second.engine.groups.map((jobs) => jobs.length)).toEqual([2, 2]);
    expect(second.engine.jobs.every(({ from }) => from >= 3)).toBe(true);
    expect(comparable(result)).toEqual(comparable(await bench().coordinator.submit(plan()).finished));
  });

  test("is paused and resumed as a whole with its study", async () => {
    const { coordinator, engine } = bench(side(9), fakeEngine({ stepMs: 1 }));
    const study = coordinator.submit(plan());
    await engine.reached(3);
    study.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = study.progress().tokens;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(study.progress().tokens).toBe(before);
    study.resume();
    expect((await study.finished).arms.map((arm) => arm.n)).toEqual([2, 2]);
  });
});

describe("when something goes wrong in a group", () => {
  const misbehave = (rules: Script) =>
    fakeEngine({ stepMs: 1, script: (job) => (job.config.train.optimizer.lr === 1e-2 && job.seed.init === 1 ? rules : {}) });
  const calm = async () => comparable(await bench().coordinator.submit(plan()).finished);

  test("a worker that dies is replaced once, and all go on side by side from their checkpoints, with one line in the log", async () => {
    const { coordinator, engine, events } = bench(side(9), misbehave({ dieAfter: 5 }));
    const result = await coordinator.submit(plan()).finished;
    expect(engine.opened).toBe(2);
    expect(engine.groups.map((jobs) => jobs.length)).toEqual([4, 4]);
    expect(engine.jobs.slice(4).every(({ from }) => from === 4)).toBe(true);
    expect(messages(events)).toEqual(["4 runs side by side: engine worker ended with code 134"]);
    expect(comparable(result)).toEqual(await calm());
  });

  test("a run that breaks the engine is found by halves and fails alone; the others go on from their checkpoints", async () => {
    const { coordinator, engine, events } = bench(side(9), misbehave({ throwAt: 6 }));
    const result = await coordinator.submit(plan()).finished;
    expect(engine.groups.map((jobs) => jobs.length).slice(0, 3)).toEqual([4, 2, 1]);
    expect(messages(events)[0]).toBe("4 runs cannot train side by side (kernel failed at step 6); 2 and 2 are tried.");
    const [low, high] = comparable(result);
    const [calmLow, calmHigh] = await calm();
    expect(high[0]).toMatchObject({ status: "failed", error: "kernel failed at step 6" });
    expect([low, high[1]]).toEqual([calmLow, calmHigh[1]]);
  });

  test("a checkpoint that is refused starts its run over, when the others are through", async () => {
    const store = new MemoryStore();
    const first = bench(side(9, { store }), fakeEngine({ stepMs: 1 }));
    const study = first.coordinator.submit(plan());
    await first.engine.reached(3);
    study.stop();
    await study.finished;
    const { coordinator, engine, events } = bench(side(9, { store }), misbehave({ refuseCheckpoint: true }));
    const result = await coordinator.submit(plan()).finished;
    expect(engine.groups.map((jobs) => jobs.length)).toEqual([4, 1]);
    expect(messages(events)).toEqual([
      "balancing/high/1: its checkpoint cannot be gone on from (checkpoint of another model); it starts again.",
    ]);
    expect(comparable(result)).toEqual(await calm());
  });

  test("an engine that forgets a run fails that run, and does not try for ever", async () => {
    const engine = fakeEngine();
    const forgetful = async () => {
      const executor = await engine.open();
      const { train } = executor;
      return {
        ...executor,
        train: (jobs: TrainJob[], listener: GroupListener) =>
          train(jobs, { ...listener, onEnd: (run, end) => (run === 1 ? undefined : listener.onEnd(run, end)) }),
      };
    };
    const { coordinator } = bench(side(9, { openExecutor: forgetful }));
    const [low, high] = comparable(await coordinator.submit(plan()).finished);
    const [calmLow, calmHigh] = await calm();
    expect(high[0]).toMatchObject({ status: "failed", error: "the engine ended without a word of this run" });
    expect([low, high[1]]).toEqual([calmLow, calmHigh[1]]);
  });

  test("a run that cannot be saved fails alone", async () => {
    const store = new MemoryStore();
    const open = store.open.bind(store);
    store.open = async (record) => {
      const writer = await open(record);
      const full = record.seed.init === 1 && record.config.train.optimizer.lr === 1e-2;
      return full ? { ...writer, saveCheckpoint: () => Promise.reject(new Error("no space left on device")) } : writer;
    };
    const { coordinator } = bench(side(9, { store }), fakeEngine({ stepMs: 1 }));
    const [low, high] = comparable(await coordinator.submit(plan()).finished);
    const [calmLow, calmHigh] = await calm();
    expect(high[0]).toMatchObject({ status: "failed", error: "its results could not be saved: no space left on device" });
    expect([low, high[1]]).toEqual([calmLow, calmHigh[1]]);
  });
});

describe("how many runs train side by side", () => {
  const webgpu: BackendInfo = {
    name: "webgpu",
    adapter: "a GPU",
    software: false,
    kernels: "",
    fma: null,
    limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 },
  };
  const replicas = replicasOn(webgpu);

  test("is one on the CPU, more on WebGPU, fewer for larger models", () => {
    expect(replicasOn({ ...webgpu, name: "cpu", limits: undefined })(benchModels.XS)).toBe(1);
    expect(replicas(benchModels.XS)).toBeGreaterThanOrEqual(9);
    expect(replicas(benchModels.S)).toBeGreaterThanOrEqual(9);
    expect(replicas(benchModels.M)).toBeLessThan(replicas(benchModels.S));
    expect(replicas(benchModels.L)).toBe(1);
  });

  test("is at most what one binding covers", () => {
    const narrow = { ...webgpu, limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 22 } };
    expect(replicasOn(narrow)(benchModels.XS)).toBeLessThan(replicas(benchModels.XS));
  });

  test("is asked of the program that the runs share: the default study's four arms are one group", () => {
    const { balance, ...model } = benchModels.XS;
    const of = (change: Partial<typeof balance>) => ({ ...model, balance: { losses: [], zLoss: 0, bias: null, ...change } });
    const arms = [
      of({}),
      of({ bias: balance.bias }),
      of({ losses: [{ group: "batch", alpha: 3e-2 }] }),
      of({ losses: [{ group: "sequence", alpha: 3e-2 }] }),
    ];
    const asked: unknown[] = [];
    const rules = groupRules(arms, (program) => asked.push(program) * 0 + 12);
    expect(new Set(programsOf(arms)).size).toBe(1);
    expect(rules.every(({ size }) => size === 12)).toBe(true);
    expect(asked).toMatchObject([{ balance: { losses: [{ group: "sequence" }, { group: "batch" }], bias: balance.bias } }]);
  });
});
