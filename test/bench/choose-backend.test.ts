import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benchModels } from "../../engine/bench/models.ts";
import { NoBackendError } from "../../experiments/runs/devices/backend-choice.ts";
import { chooseForStudy } from "../../experiments/runs/devices/choose-backend.ts";
import { costOf } from "../../experiments/runs/cost/cost.ts";
import { runSeconds, studySeconds } from "../../experiments/runs/devices/estimate.ts";
import { MemoryError } from "../../experiments/runs/cost/memory-limits.ts";
import { probe, TooSlowError } from "../../experiments/runs/devices/probe.ts";
import { choice, cpuInfo, gpuInfo, machine, memoryRates, softwareInfo } from "./fake-devices.ts";

const { XS, S, L } = benchModels;

describe("auto", () => {
  test("never takes a software adapter, and does not probe to find that out", async () => {
    const here = machine([softwareInfo, cpuInfo], { webgpu: 1e9, cpu: 1 });
    const { info, why } = await chooseForStudy(choice(here, [XS]));
    expect(info).toBe(cpuInfo);
    expect(why).toContain("SwiftShader is a software adapter");
    expect(here.probed).toEqual([]);
  });

  test("takes the CPU where there is no adapter", async () => {
    const here = machine([cpuInfo], { cpu: 1000 });
    here.devices.unavailable.push({ name: "webgpu", reason: "no adapter" });
    expect((await chooseForStudy(choice(here, [XS]))).why).toBe("no GPU: no adapter");
  });

  test.each([
    { gpu: 30_000, taken: gpuInfo, loser: "cpu (WASM SIMD, 4 at once): 20,000 tokens/s" },
    { gpu: 10_000, taken: cpuInfo, loser: "webgpu (Some GPU): 10,000 tokens/s" },
  ])(
    "takes the faster of a hardware adapter at $gpu tokens/s and four CPU workers at 5,000 each, and says by how much",
    async ({ gpu, taken, loser }) => {
      const { info, why, workers } = await chooseForStudy(choice(machine([gpuInfo, cpuInfo], { webgpu: gpu, cpu: 5000 }), [XS, S]));
      expect(info).toBe(taken);
      expect(workers).toBe(taken === cpuInfo ? 4 : 1);
      expect(why).toContain(loser);
    },
  );

  test("counts what a GPU does with as many runs side by side as share the program, and asks for no more than there are", async () => {
    // one run at 6,000 tokens/s, and nine at once no slower
    const here = machine([gpuInfo, cpuInfo], { webgpu: 6000, cpu: 5000 });
    const arms = [1e-3, 3e-3, 1e-2].map((lr) => ({ ...XS, train: { ...XS.train, optimizer: { ...XS.train.optimizer, lr } } }));
    const { info, why, replicas, workers, speed } = await chooseForStudy(choice(here, [...arms, ...arms, ...arms]));
    expect([info, workers, replicas]).toEqual([gpuInfo, 1, 9]);
    expect(why).toContain("webgpu (Some GPU, 9 at once): 54,000 tokens/s");
    expect(here.sizes).toEqual([9, 1, 1, 1, 1]);
    expect(speed!.flopsPerSecond).toBeCloseTo(6000 * costOf(XS).flopsPerToken, -3);
    expect((await chooseForStudy(choice(here, [XS]))).info).toBe(cpuInfo);
  });

  test("does not count the slow first steps of a probe", async () => {
    const { tokensPerSecond } = await probe(machine([cpuInfo], { cpu: 5000 }).open, { config: XS, texts: [], backend: "cpu", workers: 2 });
    expect(tokensPerSecond).toBeCloseTo(10_000, 3);
  });

  test("does not probe a plan again that it has measured here before", async () => {
    const here = machine([gpuInfo, cpuInfo], { webgpu: 30_000, cpu: 5000 });
    const { rates } = memoryRates();
    const first = await chooseForStudy(choice(here, [XS], { rates }));
    const count = here.probed.length;
    expect(await chooseForStudy(choice(here, [XS], { rates }))).toEqual(first);
    expect(here.probed.length).toBe(count);
    await chooseForStudy(choice(here, [S], { rates }));
    expect(here.probed.length).toBe(2 * count);
  });

  test("passes over a backend that fails in the probe, and tells how", async () => {
    const { info, why } = await chooseForStudy(choice(machine([gpuInfo, cpuInfo], { webgpu: new Error("shader refused"), cpu: 5 }), [XS]));
    expect(info).toBe(cpuInfo);
    expect(why).toContain("webgpu (Some GPU): shader refused");
  });

  test("refuses, with every reason, when no backend passes", async () => {
    const nothing = chooseForStudy(
      choice(machine([gpuInfo, cpuInfo], { webgpu: new Error("shader refused"), cpu: new Error("no kernels") }), [XS]),
    );
    await expect(nothing).rejects.toThrow(NoBackendError);
    await expect(nothing).rejects.toThrow(/shader refused.*no kernels|no kernels.*shader refused/);
  });

  test("ends a probe that makes no step", async () => {
    await expect(
      probe(machine([cpuInfo], { cpu: 0 }).open, { config: XS, texts: [], backend: "cpu", workers: 1, patience: 0.05 }),
    ).rejects.toThrow(TooSlowError);
  });

  test("probes nothing when every run is in the store", async () => {
    const here = machine([gpuInfo, cpuInfo], { webgpu: 1, cpu: 1 });
    expect((await chooseForStudy(choice(here, []))).expectedSeconds).toBeNull();
    expect(here.probed).toEqual([]);
  });
});

describe("memory", () => {
  test("a model beyond WebAssembly's 4 GiB is refused on the CPU with what it needs", async () => {
    const refused = chooseForStudy(choice(machine([cpuInfo], { cpu: 1 }), [XS, L], { machineBytes: 2 ** 40 }));
    await expect(refused).rejects.toThrow(MemoryError);
    await expect(refused).rejects.toThrow("its tensors need 10.43 GiB, and WebAssembly memory ends at 4.00 GiB");
  });

  test("it goes to a GPU that holds it, and the reason says so", async () => {
    const { info, why } = await chooseForStudy(choice(machine([gpuInfo, cpuInfo], { webgpu: 1, cpu: 100 }), [L]));
    expect(info).toBe(gpuInfo);
    expect(why).toContain("WebAssembly memory ends at 4.00 GiB");
  });

  test("a GPU whose bindings are too small for it is told with both sizes", async () => {
    const small = { ...gpuInfo, limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 } };
    const refused = chooseForStudy(choice(machine([small], { webgpu: 1 }), [L], { wanted: "webgpu" }));
    await expect(refused).rejects.toThrow(
      /10\.43 GiB in all and \d\.\d\d GiB in one piece .*one binding there holds 0\.13 GiB, one buffer 0\.25 GiB/,
    );
  });

  test("only as many runs train at once as the machine's memory holds", async () => {
    const here = machine([cpuInfo], { cpu: 1 });
    // S takes 108 MiB of linear memory and 154 MiB beside it: three fit into four fifths of 1 GiB
    expect((await chooseForStudy(choice(here, [S], { machineBytes: 2 ** 30 }))).workers).toBe(3);
    await expect(chooseForStudy(choice(here, [S], { machineBytes: 0.1 * 2 ** 30 }))).rejects.toThrow(
      "one run needs 0.23 GiB, and of 0.10 GiB at most 80 % may be used",
    );
  });
});

describe("expected time", () => {
  const speed = { flopsPerSecond: 1e10, startSeconds: 0.5 };

  test("of a run is its start, its FLOPs over the rate, and a third of that per validated token", () => {
    // 400 steps of 16 × 64 tokens; 4 validations of 3 × 128 windows of 64 tokens
    const tokens = 400 * 16 * 64 + (4 * 384 * 64) / 3;
    expect(runSeconds(XS, speed)).toBeCloseTo(0.5 + (tokens * costOf(XS).flopsPerToken) / 1e10, 9);
  });

  test("of a study is no less than its work shared out evenly, and no more than that and one run", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (steps, workers) => {
          const runs = steps.map((n) => ({ ...XS, train: { ...XS.train, steps: n } }));
          const each = runs.map((run) => runSeconds(run, speed));
          const even = each.reduce((a, b) => a + b, 0) / workers;
          const seconds = studySeconds(runs, speed, workers);
          expect(seconds).toBeGreaterThanOrEqual(even * (1 - 1e-12));
          expect(seconds).toBeLessThanOrEqual(even + Math.max(...each));
          if (workers >= runs.length) expect(seconds).toBe(Math.max(...each));
        },
      ),
    );
  });

  test("follows from the rate of the plan that costs most like this one, of the same device and as many workers", async () => {
    const { rates } = memoryRates();
    await rates.keep(cpuInfo, XS, 2, { tokensPerSecond: 1e4, startSeconds: 0.1 });
    await rates.keep(cpuInfo, L, 2, { tokensPerSecond: 10, startSeconds: 3 });
    await rates.keep(gpuInfo, S, 2, { tokensPerSecond: 7, startSeconds: 3 });
    expect(await rates.find(cpuInfo, XS, 2)).toMatchObject({ exact: true, rate: { flopsPerSecond: 1e4 * costOf(XS).flopsPerToken } });
    expect(await rates.find(cpuInfo, S, 2)).toMatchObject({ exact: false, rate: { startSeconds: 0.1 } });
    expect(await rates.find(cpuInfo, XS, 3)).toBeNull();
  });

  test("tells what it rests on, device by device", async () => {
    const { rates } = memoryRates();
    expect(await rates.measured(cpuInfo)).toBeNull();
    await rates.keep(cpuInfo, XS, 2, { tokensPerSecond: 1e4, startSeconds: 0.1 }, new Date(0));
    await rates.keep(cpuInfo, XS, 1, { tokensPerSecond: 6e3, startSeconds: 0.1 }, new Date(86_400_000));
    await rates.keep(gpuInfo, S, 2, { tokensPerSecond: 7, startSeconds: 3 });
    const { flopsPerToken } = costOf(XS);
    expect(await rates.measured(cpuInfo)).toEqual({
      plans: 1,
      slowest: 6e3 * flopsPerToken,
      fastest: 1e4 * flopsPerToken,
      last: "1970-01-02T00:00:00.000Z",
    });
  });

  test("survives a cache that is damaged, and one that cannot be written", async () => {
    const damaged = memoryRates('{"schema":"switchyard.rates/1","rates":[{"device"');
    expect(await damaged.rates.find(cpuInfo, XS, 1)).toBeNull();
    await damaged.rates.keep(cpuInfo, XS, 1, { tokensPerSecond: 1, startSeconds: 1 });
    expect(await damaged.rates.find(cpuInfo, XS, 1)).not.toBeNull();
  });
});
