/** The kernel in a worker thread, from the same bundle settings as the product, minified as the app's is. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKernelInWorker } from "../../experiments/notebook/kernel/node/kernel.ts";
import type { DisplayItem, Kernel, KernelHost, KernelOptions } from "../../experiments/notebook/kernel/protocol.ts";
import { rawCell, resultOf, runCells } from "./kernel-harness.ts";

let folder: string;
let script: URL;
const kernels: Kernel[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kernel-"));
  await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: folder,
      target: "node20.18",
      minify: true,
      rolldownOptions: { input: "experiments/notebook/kernel/worker.node.ts", output: { entryFileNames: "kernel.worker.mjs" } },
    },
  });
  script = pathToFileURL(join(folder, "kernel.worker.mjs"));
});

afterAll(async () => {
  for (const kernel of kernels) kernel.dispose();
  await rm(folder, { recursive: true });
});

async function open(options: KernelOptions = {}, host: Partial<KernelHost> = {}) {
  const displays: DisplayItem[] = [];
  const kernel = await openKernelInWorker(
    { experiment: async (request) => resultOf(request.title), display: (_cell, item) => void displays.push(item), log: () => {}, ...host },
    script,
    options,
  );
  kernels.push(kernel);
  return { kernel, displays };
}

describe("openKernelInWorker", () => {
  test("evaluates cells, experiments and figures like the kernel in this thread", async () => {
    const { kernel, displays } = await open();
    const outcomes = await runCells(kernel, {
      e: `import { experiment, sweep } from "switchyard";\nexport const e = experiment("E", { arms: sweep("train.optimizer.lr", [1e-3, 3e-3]) });`,
      v: `import { tradeOff } from "switchyard";\ndisplay(e.curves("trainLoss")[1].points.length);\ntradeOff(e)`,
      w: "null.x",
    });
    expect(outcomes).toMatchObject({
      e: { status: "done" },
      v: { status: "done" },
      w: { status: "failed", error: { line: 1, column: 5 } },
    });
    expect(displays).toEqual([
      { kind: "text", text: "2" },
      { kind: "figure", request: { figure: "tradeOff", experiments: ["E"], options: {} } },
    ]);
  });

  test("a host that plans only gets planned cells", async () => {
    const { kernel } = await open(
      {},
      { experiment: async () => Promise.reject(Object.assign(new Error("planned"), { name: "PlanOnly" })) },
    );
    expect(
      await runCells(kernel, { e: `import { experiment } from "switchyard";\nexport const e = experiment("E", {});`, v: "e" }),
    ).toEqual({ e: { status: "planned" }, v: { status: "planned" } });
  });

  test("everything shown is there when the outcome is", async () => {
    const { kernel, displays } = await open();
    await kernel.evaluate(rawCell("a", "for (let i = 0; i < 300; i++) display(i)"));
    expect(displays.length).toBe(300);
  });

  test("interrupt() reaches a loop that blocks the worker", async () => {
    const { kernel } = await open({ cpuSeconds: 60 });
    const outcome = kernel.evaluate(rawCell("a", "for (;;) {}"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await kernel.interrupt();
    expect(await outcome).toEqual({ status: "interrupted" });
    expect(await kernel.evaluate(rawCell("b", "1"))).toEqual({ status: "done" });
    expect(await kernel.generation()).toBe(1);
  });

  test("a built-in that never looks at the clock ends with a fresh worker", async () => {
    const { kernel } = await open({ cpuSeconds: 0.2 });
    const hang = rawCell("a", "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)");
    expect(await kernel.evaluate(hang)).toMatchObject({ status: "failed", error: { cell: "a", name: "SandboxLost" } });
    expect(await kernel.evaluate(rawCell("b", "1"))).toEqual({ status: "done" });
    expect(await kernel.generation()).toBe(2);
  });

  test("interrupt() ends even that", async () => {
    const { kernel } = await open({ cpuSeconds: 60 });
    const outcome = kernel.evaluate(rawCell("a", "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await kernel.interrupt();
    expect(await outcome).toEqual({ status: "interrupted" });
    expect(await kernel.evaluate(rawCell("b", "1"))).toEqual({ status: "done" });
  });

  test("interrupt() of one cell leaves the others alone, also while one of them keeps the thread busy", async () => {
    const { kernel } = await open({ cpuSeconds: 40 }, { experiment: () => new Promise(() => {}) });
    const waiting = kernel.evaluate(rawCell("w", `await $scope.api.experiment("W", {})`, { kind: "experiment" }));
    const busy = kernel.evaluate(rawCell("b", "for (let i = 0; i < 2e7; i++);"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await kernel.interrupt("w");
    expect(await waiting).toEqual({ status: "interrupted" });
    expect(await busy).toEqual({ status: "done" });
    expect(await kernel.generation()).toBe(1);
  });

  test("interrupt() of one cell stops its endless loop", async () => {
    const { kernel } = await open({ cpuSeconds: 60 });
    const outcome = kernel.evaluate(rawCell("loop", "for (;;) {}"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await kernel.interrupt("loop");
    expect(await outcome).toEqual({ status: "interrupted" });
    expect(await kernel.generation()).toBe(1);
  });

  test.each([
    ["JSON", `JSON.parse("[".repeat(1e6))`],
    ["code", `eval("(".repeat(1e6))`],
  ])("in a worker's larger stack, %s nested too deeply is an ordinary error and values survive", async (_what, body) => {
    const { kernel } = await open({ cpuSeconds: 2 });
    expect(await kernel.evaluate(rawCell("a", body))).toMatchObject({ status: "failed" });
    expect(await kernel.generation()).toBe(1);
  });
});
