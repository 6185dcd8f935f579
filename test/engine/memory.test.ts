import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend, predictMemory } from "../../engine/backends/cpu/backend.ts";
import { benchModels } from "../../engine/bench/models.ts";
import { planBytes, planRun } from "../../engine/plan/plan.ts";
import { buildCli } from "../cli/bundle.ts";
import { variedConfigs } from "./configs.ts";
import type { Peak } from "./memory/peak.ts";

const script = (name: string) => fileURLToPath(new URL(`memory/${name}`, import.meta.url));
async function ask<T>(...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as T;
}

describe("predicted memory", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Counts what is really asked of WebAssembly; memories of a few pages only tell sizes and are dropped at once. */
  function countMemories(): () => number {
    const memories: WebAssembly.Memory[] = [];
    const { Memory } = WebAssembly;
    vi.stubGlobal(
      "WebAssembly",
      Object.assign(Object.create(WebAssembly) as typeof WebAssembly, {
        Memory: class extends Memory {
          constructor(descriptor: WebAssembly.MemoryDescriptor) {
            super(descriptor);
            memories.push(this);
          }
        },
      }),
    );
    return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  const configs = { ...variedConfigs, "bench model XS": benchModels.XS, "bench model S": benchModels.S };
  test.each(Object.entries(configs))("is within a fifth of what is allocated: %s", async (_name, config) => {
    const plan = planRun(config);
    const predicted = await predictMemory(plan);
    const allocated = countMemories();
    const executable = await (await createCpuBackend()).compile(plan);
    executable.run("microstep", true);
    const measured = allocated();
    expect(measured).toBeGreaterThan(planBytes(plan));
    expect(Math.abs(predicted - measured) / measured).toBeLessThan(0.2);
    expect(executable.memoryBytes, "it never grows").toBe(predicted);
    executable.dispose();
  });

  // M takes minutes on a busy machine: `node test/engine/memory/peak.mjs M`
  test.runIf(process.platform === "linux").each(["XS", "S"])(
    "with what a worker holds beside it is within a fifth of what the process grows by, checkpoints included: %s",
    async (name) => {
      buildCli();
      // one process grows by a tenth more or less than the next: when its collector runs is chance
      const peaks: Peak[] = [];
      for (let process = 0; process < 3; process++) peaks.push(await ask<Peak>(script("peak.mjs"), name));
      const { grown, linear, beside } = peaks.sort((a, b) => a.grown - b.grown)[1];
      expect(Math.abs(linear + beside - grown) / grown, `${grown} bytes against ${linear} + ${beside}`).toBeLessThan(0.2);
    },
  );
});

test("twenty runs in a row leave the process as large as five did", async () => {
  const { resident, linear } = await ask<{ resident: number[]; linear: number }>("--expose-gc", script("many-runs.mjs"), "20");
  expect(resident).toHaveLength(20);
  // one forgotten memory per run would be fifteen of them; two may wait for the collector, which frees them when it likes
  const early = Math.min(...resident.slice(4, 8));
  const late = Math.min(...resident.slice(-4));
  expect((late - early) / linear, `${resident.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(" ")} MiB`).toBeLessThan(2);
});
