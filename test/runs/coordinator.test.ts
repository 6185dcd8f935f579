import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import { fakeEngine, fakeLoss, type Script } from "./fake-engine.ts";
import { bench, plan } from "./plans.ts";

const statuses = (study: { runs(): { status: string }[] }) => study.runs().map((run) => run.status);

describe("a study", () => {
  test("trains every arm with every seed and pairs them in the result", async () => {
    const { coordinator, engine } = bench();
    const { arms, baseline, comparisons, domains, dataHash } = await coordinator.submit(plan()).finished;
    expect(engine.jobs).toHaveLength(4);
    expect(arms.map((arm) => [arm.name, arm.n, arm.runs.map((run) => [run.seedIndex, run.status, run.seed.init])])).toEqual([
      [
        "low",
        2,
        [
          [0, "done", 1],
          [1, "done", 2],
        ],
      ],
      [
        "high",
        2,
        [
          [0, "done", 1],
          [1, "done", 2],
        ],
      ],
    ]);
    expect(arms[1].runs[0].metrics?.valLoss).toBe(
      fakeLoss(engine.jobs.find(({ job }) => job.config.train.optimizer.lr === 1e-2 && job.seed.init === 1)!.job, 10),
    );
    expect(baseline).toBe("low");
    expect(comparisons.find((c) => c.metric === "valLoss")).toMatchObject({ arm: "high", n: 2 });
    expect(domains).toEqual(["prose", "code", "math"]);
    expect(dataHash).toHaveLength(64);
  });

  test("starts whole seeds across arms first, with as many runs at once as there are workers", async () => {
    const { coordinator, engine } = bench();
    await coordinator.submit(plan({ seeds: 3 })).finished;
    expect(engine.jobs.map(({ job }) => job.seed.init)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(engine.peak).toBe(2);
    expect(engine.opened).toBe(2);
  });

  test("takes what the store has, without a worker, and says so", async () => {
    const store = new MemoryStore();
    const first = await bench({ store }).coordinator.submit(plan()).finished;
    const { coordinator, engine, events } = bench({ store });
    const second = await coordinator.submit(plan({ seeds: 3 })).finished;
    const order = events.flatMap((event) => (event.type === "run" && event.result.status !== "queued" ? [event.result.status] : []));
    expect(order.slice(0, 6)).toEqual(["done", "done", "done", "done", "running", "running"]);
    expect(engine.jobs.map(({ job }) => job.seed.init)).toEqual([3, 3]);
    expect(second.arms[0].runs.map((run) => run.cached)).toEqual([true, true, false]);
    expect(second.arms[0].runs[0].metrics).toEqual(first.arms[0].runs[0].metrics);
    expect(second.arms[0].runs[0].events).toHaveLength(12);
  });

  test("trains again when asked to be fresh", async () => {
    const store = new MemoryStore();
    await bench({ store }).coordinator.submit(plan()).finished;
    const { coordinator, engine } = bench({ store });
    const result = await coordinator.submit(plan(), { fresh: true }).finished;
    expect(engine.jobs.map(({ from }) => from)).toEqual([0, 0, 0, 0]);
    expect(result.arms.flatMap((arm) => arm.runs.map((run) => run.cached))).toEqual([false, false, false, false]);
  });

  test("trains arms that are the same run once", async () => {
    const { coordinator, engine } = bench();
    const { arms, comparisons } = await coordinator.submit(plan({ arms: { a: {}, twin: {}, aa: { seedOffset: 1000 } } })).finished;
    expect(engine.jobs).toHaveLength(4);
    expect(arms[1].runs.map((run) => run.metrics)).toEqual(arms[0].runs.map((run) => run.metrics));
    expect(comparisons.find((c) => c.metric === "valLoss" && c.arm === "twin")?.verdict).toBe("identical");
    expect(arms[2].runs.map((run) => run.seed.init)).toEqual([1001, 1002]);
  });

  test("tells curves, checkpoints and progress as it goes", async () => {
    const { coordinator, events } = bench();
    await coordinator.submit(plan({ seeds: 1 })).finished;
    const types = new Set(events.map((event) => event.type));
    expect([...types].sort()).toEqual(["checkpoint", "finished", "metrics", "preparing", "progress", "run"]);
    const progress = events.flatMap((event) => (event.type === "progress" ? [event.progress] : []));
    expect(progress.every((p, i) => i === 0 || p.tokens >= progress[i - 1].tokens)).toBe(true);
    expect(progress.at(-1)).toMatchObject({ ended: 2, runs: 2, secondsLeft: 0, tokens: 2 * 10 * 1024, totalTokens: 2 * 10 * 1024 });
    expect(progress.find((p) => p.tokens > 0)?.secondsLeft).toBeGreaterThan(0);
  });
});

describe("runs that go wrong are kept and counted, the others go on", () => {
  const misbehave = (rules: Script) =>
    fakeEngine({ script: (job) => (job.config.train.optimizer.lr === 1e-2 && job.seed.init === 1 ? rules : {}) });

  test("a diverged run says where, and is not trained again", async () => {
    const store = new MemoryStore();
    const { arms } = await bench({ store }, misbehave({ divergeAt: 4 })).coordinator.submit(plan()).finished;
    expect(arms[1].runs[0]).toMatchObject({ status: "diverged", divergedAt: 4, error: "the loss is not finite", metrics: null, steps: 4 });
    expect(arms[1].runs[0].events).toHaveLength(4);
    expect([arms[0].n, arms[1].n]).toEqual([2, 1]);
    const again = bench({ store });
    await again.coordinator.submit(plan()).finished;
    expect(again.engine.jobs).toHaveLength(0);
  });

  test("a failed run says why, and is tried again the next time", async () => {
    const store = new MemoryStore();
    const { arms } = await bench({ store }, misbehave({ throwAt: 3 })).coordinator.submit(plan()).finished;
    expect(arms[1].runs[0]).toMatchObject({ status: "failed", error: "kernel failed at step 3", metrics: null });
    const again = bench({ store });
    const second = await again.coordinator.submit(plan()).finished;
    expect(again.engine.jobs).toHaveLength(1);
    expect(second.arms[1].runs[0].status).toBe("done");
  });

  test("a worker that dies is replaced, and the run goes on from its checkpoint to the same curve", async () => {
    const calm = await bench().coordinator.submit(plan()).finished;
    const { coordinator, engine } = bench({}, misbehave({ dieAfter: 5 }));
    const { arms } = await coordinator.submit(plan()).finished;
    expect(engine.jobs.map(({ from }) => from).sort()).toEqual([0, 0, 0, 0, 4]);
    expect(engine.opened).toBe(3);
    expect(arms[1].runs[0].events).toEqual(calm.arms[1].runs[0].events);
    expect(arms[1].runs[0].metrics).toEqual(calm.arms[1].runs[0].metrics);
  });

  test("a worker that dies every time fails its run", async () => {
    const { coordinator, engine } = bench({}, misbehave({ dieAfter: 3, alwaysDie: true }));
    const { arms } = await coordinator.submit(plan()).finished;
    expect(arms[1].runs[0]).toMatchObject({ status: "failed", error: "engine worker ended with code 134" });
    expect(arms.flatMap((arm) => arm.runs).filter((run) => run.status === "done")).toHaveLength(3);
    expect(engine.jobs).toHaveLength(5);
  });

  test("a checkpoint that the engine refuses is given up, and the run starts again", async () => {
    const store = new MemoryStore();
    const first = bench({ store });
    const study = first.coordinator.submit(plan({ seeds: 1, arms: { a: {} } }));
    await first.engine.reached(3);
    study.stop();
    await study.finished;
    const { coordinator, engine, events } = bench({ store }, fakeEngine({ script: () => ({ refuseCheckpoint: true }) }));
    const { arms } = await coordinator.submit(plan({ seeds: 1, arms: { a: {} } })).finished;
    expect(engine.jobs.map(({ from }) => from > 0)).toEqual([true, false]);
    expect(arms[0].runs[0].status).toBe("done");
    expect(arms[0].runs[0].events).toHaveLength(12);
    expect(events.filter((event) => event.type === "message")).toHaveLength(1);
  });
});

describe("stop, pause and cancel", () => {
  test("a stopped study keeps checkpoints, and submitted again it goes on to the same result", async () => {
    const store = new MemoryStore();
    const calm = await bench().coordinator.submit(plan()).finished;
    const first = bench({ store });
    const study = first.coordinator.submit(plan());
    await first.engine.reached(5);
    study.stop();
    const { arms } = await study.finished;
    expect(arms.flatMap((arm) => arm.runs.map((run) => run.status))).toEqual(["stopped", "stopped", "stopped", "stopped"]);
    const { coordinator, engine } = bench({ store });
    const second = await coordinator.submit(plan()).finished;
    expect(engine.jobs.filter(({ from }) => from >= 5)).toHaveLength(2);
    const comparable = (result: typeof calm) => result.arms.map((arm) => arm.runs.map(({ metrics, events }) => ({ metrics, events })));
    expect(comparable(second)).toEqual(comparable(calm));
  });

  test("a paused study makes no progress and holds no other study up, a resumed one finishes", async () => {
    const { coordinator, engine } = bench({ workers: 3 }, fakeEngine({ stepMs: 1 }));
    const study = coordinator.submit(plan());
    await engine.reached(3);
    study.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = study.progress().tokens;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(study.progress().tokens).toBe(before);
    expect(statuses(study).filter((status) => status === "paused")).toHaveLength(3);
    study.resume();
    expect((await study.finished).arms.map((arm) => arm.n)).toEqual([2, 2]);
  });

  test("a paused study can be stopped", async () => {
    const { coordinator, engine } = bench();
    const study = coordinator.submit(plan());
    await engine.reached(3);
    study.pause();
    study.stop();
    await study.finished;
    expect(new Set(statuses(study))).toEqual(new Set(["stopped"]));
  });

  test("a cancelled run ends alone", async () => {
    const { coordinator, engine } = bench();
    const study = coordinator.submit(plan());
    await engine.reached(2);
    study.cancel("balancing/low/1");
    study.cancel("balancing/high/2");
    const { arms } = await study.finished;
    expect(arms.map((arm) => arm.runs.map((run) => run.status))).toEqual([
      ["stopped", "done"],
      ["done", "stopped"],
    ]);
  });

  test("a study stopped before anything started ends at once", async () => {
    const { coordinator, engine } = bench();
    const study = coordinator.submit(plan());
    study.stop();
    await study.finished;
    expect(engine.jobs).toHaveLength(0);
  });

  test("closing the coordinator stops everything", async () => {
    const { coordinator, engine } = bench();
    const study = coordinator.submit(plan());
    await engine.reached(2);
    await coordinator.close();
    expect(engine.active).toBe(0);
    expect(statuses(study)).toEqual(["stopped", "stopped", "stopped", "stopped"]);
  });
});

test("two coordinators on one store train every run once", async () => {
  const store = new MemoryStore();
  const engine = fakeEngine();
  const [a, b] = [bench({ store }, engine), bench({ store }, engine)];
  const [first, second] = await Promise.all([a.coordinator.submit(plan()).finished, b.coordinator.submit(plan()).finished]);
  expect(engine.jobs).toHaveLength(4);
  expect(second.arms.map((arm) => arm.runs.map((run) => run.metrics))).toEqual(first.arms.map((arm) => arm.runs.map((run) => run.metrics)));
  await Promise.all([a.coordinator.close(), b.coordinator.close()]);
});

test("a text that cannot be opened fails the study with its reason", async () => {
  const { coordinator } = bench({ domains: () => Promise.reject(new Error("prose.txt.gz is not the frozen corpus")) });
  await expect(coordinator.submit(plan()).finished).rejects.toThrow("prose.txt.gz is not the frozen corpus");
});
