import { describe, expect, test } from "vitest";
import { DeviceLostError, type Backend } from "../../engine/backends/backend.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { Coordinator, type CoordinatorEvent } from "../../experiments/runs/training/coordinator.ts";
import { MemoryStore } from "../../experiments/runs/store/store-memory.ts";
import type { RunResult } from "../../experiments/results.ts";
import { cpuExecutor } from "./kill/executor.ts";
import { tinyStudy } from "./kill/study.ts";
import { smallDomains, timeless } from "./training.ts";

/** A CPU backend that goes away, like a GPU that is reset, once so many reads have been answered since the last checkpoint was written. */
async function frail(reads: () => number): Promise<Backend> {
  const backend = await createCpuBackend();
  const compile = backend.compile.bind(backend);
  let gone = false;
  backend.compile = async (plan, options) => {
    const executable = await compile(plan, options);
    const read = executable.read.bind(executable);
    executable.read = async (slices, replica) => {
      gone ||= reads() <= 0;
      if (gone) throw new DeviceLostError("WebGPU device lost (unknown): the GPU was reset");
      return read(slices, replica);
    };
    return executable;
  };
  return backend;
}

/** Trains the study with a device that is lost `losses` times, each time twenty reads after a checkpoint. */
async function train(losses: number): Promise<{ run: RunResult; events: CoordinatorEvent[]; opened: number }> {
  let [opened, left, lost] = [0, Infinity, 0];
  const open = () => {
    opened++;
    return lost < losses ? frail(() => (left -= 1)) : createCpuBackend();
  };
  const plan = tinyStudy({ steps: 60, checkpointEverySeconds: 0.02 });
  const coordinator = new Coordinator({
    store: new MemoryStore(),
    openExecutor: cpuExecutor(open),
    workers: 1,
    backend: "cpu",
    domains: async () => smallDomains(),
  });
  const events: CoordinatorEvent[] = [];
  coordinator.subscribe((event) => {
    events.push(event);
    if (event.type === "checkpoint" && lost < losses && left === Infinity) left = 20;
    if (event.type === "message") [lost, left] = [lost + 1, Infinity];
  });
  const { arms } = await coordinator.submit(plan).finished;
  await coordinator.close();
  return { run: arms[0].runs[0], events, opened };
}

const messages = (events: CoordinatorEvent[]) => events.flatMap((event) => (event.type === "message" ? [event.text] : []));

describe("a device that is lost in the middle of a run", () => {
  test("is opened afresh, and the run goes on from its checkpoint to the bits it would have had, with one line in the log", async () => {
    const [calm, lost] = [await train(0), await train(1)];
    expect(lost.opened).toBe(2);
    expect(messages(lost.events)).toEqual([expect.stringContaining("WebGPU device lost (unknown): the GPU was reset")]);
    expect(lost.run.status).toBe("done");
    const firstSteps = lost.events.flatMap((event) => (event.type === "metrics" ? [event.events[0].step] : []));
    expect(
      firstSteps.filter((step) => step === 1),
      "it does not start over",
    ).toHaveLength(1);
    expect(timeless(lost.run.events!)).toEqual(timeless(calm.run.events!));
    const { tokensPerSecond: _a, seconds: _b, ...figures } = lost.run.metrics!;
    expect(calm.run.metrics).toMatchObject(figures);
  });

  test("and lost again fails its run with the reason", async () => {
    const { run } = await train(2);
    expect(run.status).toBe("failed");
    expect(run.error).toContain("the GPU was reset");
  });
});
