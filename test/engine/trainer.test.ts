import { describe, expect, test } from "vitest";
import type { Backend, BackendInfo } from "../../engine/backends/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { decodeSafetensors } from "../../engine/formats/safetensors.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { NumberSlot } from "../../engine/program/ops.ts";
import { learningRate, numbersOfStep } from "../../engine/train/schedule.ts";
import { tinyConfig } from "./configs.ts";
import { nothingAsked } from "../../engine/train/control.ts";
import { intercept, onRun, smallDomains, timeless, trainRun, weightsOf } from "./training.ts";

const lossFree = { bias: { gamma: 1e-2, rule: "sign", form: "additive", group: "batch" } } as const;

describe("equal key, equal bits", () => {
  test("two trainings of the same run end in identical weights and metrics", async () => {
    const [a, b] = [await trainRun(tinyConfig({ balance: lossFree })), await trainRun(tinyConfig({ balance: lossFree }))];
    expect(weightsOf(a)).toEqual(weightsOf(b));
    expect(timeless(a.events)).toEqual(timeless(b.events));
  });

  test("a run stopped and resumed equals the uninterrupted one, metrics included", async () => {
    const config = tinyConfig({ balance: lossFree, model: { mtp: { depth: 1 } } });
    const whole = await trainRun(config);
    for (const stopAfter of [1, 4, 5, 9]) {
      const control = nothingAsked();
      const backend = createReferenceBackend();
      let steps = 0;
      onRun(backend, (list) => {
        if (list === "step" && ++steps === stopAfter) control.stop = true;
      });
      const first = await trainRun(config, { backend, control });
      if (first.outcome.status !== "stopped") throw new Error(first.outcome.status);
      expect(first.outcome.step).toBe(stopAfter);
      const second = await trainRun(config, { checkpoint: first.outcome.checkpoint });
      expect(weightsOf(second)).toEqual(weightsOf(whole));
      expect(timeless([...first.events, ...second.events])).toEqual(timeless(whole.events));
      if (second.outcome.status !== "done" || whole.outcome.status !== "done") throw new Error("not done");
      const timeOf = { seconds: 0, tokensPerSecond: 0 };
      expect({ ...second.outcome.metrics, ...timeOf }).toEqual({ ...whole.outcome.metrics, ...timeOf });
    }
  });

  test("a run never goes on from a checkpoint of another device, other kernels or another table of kernels", async () => {
    const by = (info: Partial<BackendInfo>): Backend => {
      const backend = createReferenceBackend();
      return { ...backend, info: { ...backend.info, table: "a".repeat(64), ...info } };
    };
    const control = { ...nothingAsked(), stop: true };
    const { outcome } = await trainRun(tinyConfig(), { backend: by({}), control });
    if (outcome.status !== "stopped") throw new Error(outcome.status);
    const goOn = (info: Partial<BackendInfo>) => trainRun(tinyConfig(), { backend: by(info), checkpoint: outcome.checkpoint });
    const changes: Partial<BackendInfo>[] = [
      { adapter: "another" },
      { kernels: "other" },
      { table: "b".repeat(64) },
      { table: undefined },
      { fma: true },
    ];
    for (const change of changes) {
      await expect(goOn(change), JSON.stringify(change)).rejects.toThrow(/^computed by reference, .*, table aaaaaaaa; it would go on by /);
    }
    expect((await goOn({})).outcome.status).toBe("done");
  });

  test("an auxiliary loss with alpha 0 has the same bits as no loss", async () => {
    const none = await trainRun(tinyConfig());
    const zero = await trainRun(tinyConfig({ balance: { losses: [{ group: "sequence", alpha: 0 }] } }));
    expect(weightsOf(zero)).toEqual(weightsOf(none));
  });

  test("an expert bias with gamma 0 has the same weights as no bias", async () => {
    const none = decodeSafetensors(weightsOf(await trainRun(tinyConfig()))).tensors;
    const still = decodeSafetensors(weightsOf(await trainRun(tinyConfig({ balance: { bias: { ...lossFree.bias, gamma: 0 } } })))).tensors;
    for (const [name, { data }] of none) expect(still.get(name)?.data).toEqual(data);
  });
});

describe("what changes changes the bits", () => {
  const changes: Record<string, RunConfig> = {
    "one hyper-parameter": tinyConfig({ train: { clipNorm: 0.9 } }),
    "the balance loss": tinyConfig({ balance: { losses: [{ group: "sequence", alpha: 1e-3 }] } }),
    "the scope of the balance loss": tinyConfig({ balance: { losses: [{ group: "batch", alpha: 1e-3 }] } }),
    "a model size": tinyConfig({ model: { moeIntermediateSize: 8 } }),
  };
  const base = trainRun(tinyConfig({ balance: { losses: [{ group: 2, alpha: 1e-3 }] } }));
  for (const [name, config] of Object.entries(changes))
    test(name, async () => expect(weightsOf(await trainRun(config))).not.toEqual(weightsOf(await base)));

  test("either seed", async () => {
    const plain = weightsOf(await trainRun(tinyConfig()));
    expect(weightsOf(await trainRun(tinyConfig(), { seed: { init: 2 } }))).not.toEqual(plain);
    expect(weightsOf(await trainRun(tinyConfig(), { seed: { data: 2 } }))).not.toEqual(plain);
  });

  test("one byte of the training text", async () => {
    // Forty bytes to draw twenty windows of nine from: the middle is in many of them.
    const plain = weightsOf(await trainRun(tinyConfig(), { domains: smallDomains(undefined, 40) }));
    expect(weightsOf(await trainRun(tinyConfig(), { domains: smallDomains({ domain: 0, at: 20 }, 40) }))).not.toEqual(plain);
  });
});

describe("init streams", () => {
  test("an MTP module or another expert shifts no other weight", async () => {
    const initial = async (config: RunConfig) => {
      const noLearning = { ...config, train: { ...config.train, steps: 1, optimizer: { ...config.train.optimizer, lr: 0 } } };
      return decodeSafetensors(weightsOf(await trainRun(noLearning))).tensors;
    };
    const plain = await initial(tinyConfig());
    for (const richer of [tinyConfig({ model: { mtp: { depth: 1 } } }), tinyConfig({ model: { nRoutedExperts: 6 } })]) {
      const tensors = await initial(richer);
      expect(tensors.size).toBeGreaterThan(plain.size);
      for (const [name, { data, shape }] of plain)
        if (shape.join() === tensors.get(name)?.shape.join()) expect(tensors.get(name)?.data, name).toEqual(data);
    }
  });

  test("matrices are normal with initializerRange, norm gains are 1", async () => {
    const config = tinyConfig({
      model: { hiddenSize: 32, initializerRange: 0.05 },
      train: { steps: 1, optimizer: { ...tinyConfig().train.optimizer, lr: 0 } },
    });
    const { tensors } = decodeSafetensors(weightsOf(await trainRun(config)));
    const embedding = tensors.get("model.embed_tokens.weight")?.data as Float32Array;
    const n = embedding.length;
    const mean = embedding.reduce((sum, w) => sum + w, 0) / n;
    const sd = Math.sqrt(embedding.reduce((sum, w) => sum + (w - mean) ** 2, 0) / n);
    // Standard errors of mean and sd of n draws are sd/√n and sd/√(2n); five of them.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.05) / Math.sqrt(n));
    expect(Math.abs(sd - 0.05)).toBeLessThan((5 * 0.05) / Math.sqrt(2 * n));
    expect(tensors.get("model.norm.weight")?.data.every((w) => w === 1)).toBe(true);
  });
});

describe("schedules", () => {
  const { train } = tinyConfig({ train: { steps: 100 } });
  test("the rate rises linearly to its peak at the end of warm-up and falls along a cosine to final · peak", () => {
    const at = (t: number) => learningRate({ ...train, schedule: { kind: "cosine", warmup: 0.1, final: 0.1 } }, t);
    expect(at(1)).toBeCloseTo(1e-3, 12);
    expect(at(10)).toBeCloseTo(1e-2, 12);
    expect(at(55)).toBeCloseTo(1e-2 * 0.55, 12);
    expect(at(100)).toBeCloseTo(1e-3, 12);
  });
  test("gamma follows its pieces in fractions of the run", () => {
    const config = tinyConfig({
      train: { steps: 100 },
      balance: {
        bias: {
          ...lossFree.bias,
          gamma: [
            { until: 0.96, value: 5e-3 },
            { until: 1, value: 0 },
          ],
        },
      },
    });
    expect([1, 96, 97, 100].map((t) => numbersOfStep(config, t)[9])).toEqual([5e-3, 5e-3, 0, 0]);
  });
});

describe("a run that goes wrong", () => {
  test("a step whose gradient is not finite changes nothing and is counted", async () => {
    // The scale of step 3's gradient is NaN, as a broken loss would make it.
    const backend = createReferenceBackend();
    let step = 0;
    intercept(backend, (executable, plan) => {
      const write = executable.write.bind(executable);
      executable.write = (slice, data, replica) => {
        const numbers = Float64Array.from(data);
        if (slice === plan.inputs.numbers && ++step === 3) numbers[NumberSlot.gradScale] = Number.NaN;
        write(slice, numbers, replica);
      };
    });
    const { outcome, events } = await trainRun(tinyConfig({ balance: lossFree }), { backend });
    if (outcome.status !== "done") throw new Error(outcome.status);
    expect(outcome.metrics.skippedSteps).toBe(1);
    expect(events.filter((e) => e.kind === "step" && e.skipped).map((e) => e.step)).toEqual([3]);
    expect(Number.isFinite(outcome.metrics.valLoss)).toBe(true);
  });

  test("a last step that is lost is no result: the run has diverged, however late it happened", async () => {
    const backend = createReferenceBackend();
    let step = 0;
    intercept(backend, (executable, plan) => {
      const write = executable.write.bind(executable);
      executable.write = (slice, data, replica) => {
        const numbers = Float64Array.from(data);
        if (slice === plan.inputs.numbers && ++step === 10) numbers[NumberSlot.gradScale] = Number.NaN;
        write(slice, numbers, replica);
      };
    });
    const { outcome } = await trainRun(tinyConfig(), { backend });
    expect(outcome).toMatchObject({
      status: "diverged",
      divergedAt: 10,
      reason: expect.stringMatching(/^its last step had no finite loss or gradient; try /),
    });
  });

  test("neither is a loss above guessing and above where the run began", async () => {
    const train = { ...tinyConfig().train, clipNorm: 1e300 };
    const late = {
      ...train,
      optimizer: {
        ...train.optimizer,
        lr: [
          { until: 0.9, value: 1e-3 },
          { until: 1, value: 30 },
        ],
      },
    };
    const { outcome } = await trainRun(tinyConfig({ train: { ...late, schedule: { kind: "constant", warmup: 0, final: 1 } } }));
    const reason = expect.stringMatching(/^it ended at [\d.]+ nats, above guessing \(5\.55\) and above where it began/);
    expect(outcome).toMatchObject({ status: "diverged", divergedAt: 10, reason });
  });

  test("a hopeless learning rate ends as diverged, with the step and what to try", async () => {
    const config = tinyConfig({
      train: {
        steps: 60,
        evalEvery: 60,
        clipNorm: 1e9,
        optimizer: { ...tinyConfig().train.optimizer, lr: 1e4, weightDecay: 0 },
        schedule: { kind: "constant", warmup: 0, final: 1 },
      },
    });
    const { outcome } = await trainRun(config);
    expect(outcome).toMatchObject({ status: "diverged" });
    if (outcome.status === "diverged") expect(outcome.reason).toMatch(/learning rate/);
  });
});

describe("learning", () => {
  test("training lowers the loss well below guessing, and validation follows", async () => {
    const { outcome } = await trainRun(
      tinyConfig({
        model: { initializerRange: 0.02 },
        train: { steps: 150, evalEvery: 150, schedule: { kind: "cosine", warmup: 0.1, final: 0.1 } },
      }),
    );
    if (outcome.status !== "done") throw new Error(outcome.status);
    expect(outcome.metrics.trainLoss).toBeLessThan(Math.log(256) - 2);
    expect(outcome.metrics.valLoss).toBeLessThan(Math.log(256) - 2);
  }, 120_000);

  test("gradient accumulation over microsteps gives the whole batch's step when every statistic is per sequence", async () => {
    const balance = { losses: [{ group: "sequence" as const, alpha: 0.1 }] };
    const whole = decodeSafetensors(weightsOf(await trainRun(tinyConfig({ balance, train: { steps: 3 } })))).tensors;
    const cut = decodeSafetensors(weightsOf(await trainRun(tinyConfig({ balance, train: { steps: 3, microBatch: 1 } })))).tensors;
    // Only the order of float64 sums differs; both are stored as f32.
    for (const [name, { data }] of whole) {
      const other = cut.get(name)?.data as Float32Array;
      data.forEach((w: number, i: number) => expect(Math.abs(w - other[i])).toBeLessThan(1e-6 * Math.max(1, Math.abs(w))));
    }
  });
});

describe("the last validation", () => {
  const withFinal = (final: number | "all"): RunConfig => ({ ...tinyConfig(), validation: { windowsPerDomain: 5, final } });
  const counted = ({ expertCounts: [layer] }: { expertCounts: number[][][] }) =>
    layer.map((experts) => experts.reduce((a, b) => a + b) / (2 * tinyConfig().train.seqLen));

  test("is of as many windows as asked for, while the curve keeps its own to the end", async () => {
    const [few, many] = [await trainRun(withFinal(5)), await trainRun(withFinal(20))];
    expect(timeless(many.events)).toEqual(timeless(few.events));
    if (few.outcome.status !== "done" || many.outcome.status !== "done") throw new Error("not done");
    const last = few.events.findLast((event) => event.kind === "eval")!;
    expect(few.outcome.metrics).toMatchObject({ valLoss: last.valLoss, valLossError: last.valLossError });
    expect(counted(last)).toEqual([5, 5]);
    expect(counted(many.outcome.metrics)).toEqual([20, 20]);
    expect(many.outcome.metrics.valLoss).not.toBe(last.valLoss);
    expect(many.outcome.metrics.valLossError).toBeGreaterThan(0);
    // four times the text: about half the error; two samples of windows scatter
    expect(many.outcome.metrics.valLossError / last.valLossError).toBeLessThan(0.9);
  });

  test("is of no more windows than the shortest text has room for, the same of every domain", async () => {
    const domains = smallDomains();
    domains[1] = { ...domains[1], bytes: domains[1].bytes.subarray(0, domains[1].trainLength + 8 * 30 + 1) };
    for (const final of [1000, "all"] as const) {
      const { outcome } = await trainRun(withFinal(final), { domains });
      if (outcome.status !== "done") throw new Error(outcome.status);
      expect(counted(outcome.metrics)).toEqual([30, 30]);
    }
  });

  test("is not done twice where it is that of the curve", async () => {
    const evaluations = async (final: number) => {
      const backend = createReferenceBackend();
      let count = 0;
      onRun(backend, (list) => (count += Number(list === "evaluate")));
      await trainRun(withFinal(final), { backend });
      return count;
    };
    // batches of 4: 10 windows at steps 5 and 10; then 12 more
    expect([await evaluations(5), await evaluations(6)]).toEqual([6, 9]);
  });
});
