/** What a checkpoint must bring back, and what it must not be believed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { decodeSafetensors, encodeSafetensors } from "../../engine/formats/safetensors.ts";
import { NumberSlot } from "../../engine/program/ops.ts";
import { nothingAsked } from "../../engine/train/control.ts";
import { tinyConfig } from "./configs.ts";
import { intercept, onRun, timeless, trainRun, weightsOf } from "./training.ts";

/** The last two of its steps are in the means of the end. */
const config = tinyConfig({ model: { mtp: { depth: 1 } }, train: { steps: 20, evalEvery: 20 } });

async function stoppedAfter(steps: number, backend = createReferenceBackend()): Promise<Uint8Array> {
  const control = nothingAsked();
  let done = 0;
  onRun(backend, (list) => {
    if (list === "step" && ++done === steps) control.stop = true;
  });
  const { outcome } = await trainRun(config, { backend, control });
  if (outcome.status !== "stopped") throw new Error(outcome.status);
  return outcome.checkpoint;
}

/** The checkpoint with its progress changed. */
function withProgress(bytes: Uint8Array, change: (progress: any) => unknown): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  return encodeSafetensors(tensors, { ...metadata, progress: JSON.stringify(change(JSON.parse(metadata.progress))) });
}

describe("the header of a checkpoint", () => {
  test("of which any value is of another kind or gone is refused, with the place, and nothing is trained", {
    timeout: 180_000,
  }, async () => {
    const original = await stoppedAfter(4);
    const paths = pathsOf(JSON.parse(decodeSafetensors(original).metadata.progress));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom<unknown>(undefined, null, "text", -1, 0.5, [], {}, true),
        async (path, value) => {
          const seconds = path.join() === "seconds" && value === 0.5;
          const name = path.join(".");
          // a time, a loss or an answer like any other
          fc.pre(
            !seconds && !(name === "summary.firstLoss" && typeof value === "number") && !(name === "summary.lastLost" && value === true),
          );
          const changed = withProgress(original, (progress) => {
            const parent = path.slice(0, -1).reduce((at, key) => at[key], progress);
            const key = path.at(-1)!;
            if (value !== undefined) parent[key] = value;
            else if (Array.isArray(parent)) parent.splice(Number(key), 1);
            else delete parent[key];
            return progress;
          });
          // words of a random state may be negative, losses any number or one fewer: those are not told from right ones here
          fc.pre(
            !(path[0] === "data" && path.length === 4 && value === -1) &&
              !(path[1] === "tail" && path.length === 4 && [undefined, -1, 0.5].includes(value as never)),
          );
          fc.pre(!(path[1] === "tail" && path.length === 3 && Array.isArray(value)));
          await expect(trainRun(config, { checkpoint: changed })).rejects.toThrow(/checkpoint|data order/);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each([
    ["another step than its data", (progress: any) => ({ ...progress, step: progress.step - 1 }), "step and data.step differ"],
    ["no JSON", () => undefined, "not JSON"],
  ])("with %s is refused", async (_what, change, why) => {
    await expect(trainRun(config, { checkpoint: withProgress(await stoppedAfter(3), change) })).rejects.toThrow(why);
  });
});

test("losses that are not numbers come back as they were: a run stopped after one ends as one that was not", async () => {
  const broken = () => {
    const backend = createReferenceBackend();
    let step = 0;
    intercept(backend, (executable, plan) => {
      const write = executable.write.bind(executable);
      executable.write = (slice, data, replica) => {
        const numbers = Float64Array.from(data);
        if (slice === plan.inputs.numbers && ++step === config.train.steps - 1) numbers[NumberSlot.gradScale] = Number.NaN;
        write(slice, numbers, replica);
      };
    });
    return backend;
  };
  const whole = await trainRun(config, { backend: broken() });
  const checkpoint = await stoppedAfter(config.train.steps - 1, broken());
  const tail = (JSON.parse(decodeSafetensors(checkpoint).metadata.progress) as { summary: { tail: { gradNorm: unknown[] } } }).summary.tail;
  expect(tail.gradNorm).toContain("NaN");
  const rest = await trainRun(config, { checkpoint });
  expect(weightsOf(rest)).toEqual(weightsOf(whole));
  if (rest.outcome.status !== "done" || whole.outcome.status !== "done") throw new Error("not done");
  const times = { seconds: 0, tokensPerSecond: 0 };
  expect({ ...rest.outcome.metrics, ...times }).toEqual({ ...whole.outcome.metrics, ...times });
  expect(timeless(rest.events).at(-1)).toEqual(timeless(whole.events).at(-1));
});

/** Paths of all values below the root. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [[...path, key], ...pathsOf((value as Record<string, unknown>)[key], [...path, key])]);
}
