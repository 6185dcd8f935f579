import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import "../../engine/backends/node/cpu-flags.ts";
import type { Backend } from "../../engine/backends/backend.ts";
import { createCpuBackend, predictMemory } from "../../engine/backends/cpu/backend.ts";
import { compileKernels, instantiate } from "../../engine/backends/cpu/kernels.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import type { OpAttrs, OpKind } from "../../engine/program/ops.ts";
import { planRun } from "../../engine/plan/plan.ts";
import { expectAgree } from "./agree.ts";
import { casesAt } from "./cases/index.ts";
import { tinyConfig } from "./configs.ts";

const plan = planRun(tinyConfig());
const page = 65536;

describe("the CPU backend", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test("takes all its memory when a plan is compiled, as much as predicted, and cannot grow", async () => {
    const backend = await createCpuBackend();
    const predicted = await predictMemory(plan);
    const asked: WebAssembly.MemoryDescriptor[] = [];
    vi.stubGlobal("WebAssembly", {
      ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((name) => [name, WebAssembly[name as never]])),
      Memory: class extends WebAssembly.Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          super(descriptor);
          asked.push(descriptor);
        }
      },
    });
    await backend.compile(plan);
    expect(asked.at(-1)).toEqual({ initial: predicted / page, maximum: predicted / page });
  });

  test("names the kernels it runs, and has others without relaxed SIMD", async () => {
    const [relaxed, plain] = [(await createCpuBackend()).info, (await createCpuBackend({ relaxed: false })).info];
    expect(relaxed).toMatchObject({ name: "cpu", adapter: "WASM SIMD, relaxed multiply-add", software: false });
    expect(plain).toMatchObject({ name: "cpu", adapter: "WASM SIMD", software: false, fma: false });
    expect(relaxed.kernels).not.toBe(plain.kernels);
  });

  test("takes the plain kernels where the runtime refuses relaxed SIMD", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    expect((await createCpuBackend()).info).toEqual((await createCpuBackend({ relaxed: false })).info);
  });

  test("runs one replica and says so", async () => {
    const backend = await createCpuBackend();
    await expect(backend.compile(plan, { replicas: 2 })).rejects.toThrow("one replica per worker, not 2");
    const executable = await backend.compile(plan);
    expect(() => executable.write(plan.inputs.tokens, [0], 1)).toThrow("one replica");
  });

  test("refuses more data than a slice holds, and everything after its end", async () => {
    const executable = await (await createCpuBackend()).compile(plan);
    expect(() => executable.write(plan.metrics.gradNorm, [1, 2])).toThrow("holds 1 elements, not 2");
    executable.dispose();
    await expect(executable.read([plan.metrics.gradNorm])).rejects.toThrow("disposed");
  });
});

describe.each([true, false])("exp with relaxed SIMD %s", (relaxed) => {
  /** The kernels' e^x of each x: softmax of lse 0, whose first element is the target's and left out. */
  async function exp(x: number[]): Promise<number[]> {
    const { module } = await compileKernels(relaxed);
    const memory = new WebAssembly.Memory({ initial: 4 });
    const kernels = instantiate(module, memory);
    const [logits, y, zeros] = [page, 2 * page, 3 * page];
    new Float32Array(memory.buffer, logits).set([0, ...x]);
    kernels.crossEntropyGrad(logits, zeros, zeros, y, 1, x.length + 1, 1, 1, 0, 1);
    return [...new Float32Array(memory.buffer, y + 4, x.length)];
  }

  test("is within four units in the last place over the whole range, in vectors and in the tail", async () => {
    const x = Array.from({ length: 8007 }, (_, n) => Math.fround(-87 + (n * 175) / 8006));
    const worst = (await exp(x)).reduce((most, value, n) => Math.max(most, Math.abs(value / Math.exp(x[n]) - 1)), 0);
    expect(worst).toBeLessThan(4 * 2 ** -23);
  });

  test("is 0 far below, Infinity far above, and NaN of NaN", async () => {
    const edges = [-89, -1000, -Infinity, 89, 1000, Infinity, NaN];
    const expected = [0, 0, 0, Infinity, Infinity, Infinity, NaN];
    expect(await exp([...edges, ...edges])).toEqual([...expected, ...expected]);
  });
});

describe.each([true, false])("with relaxed SIMD %s, at sizes on both sides of every block", (relaxed) => {
  const reference = createReferenceBackend();
  let backend: Backend;
  beforeAll(async () => {
    backend = await createCpuBackend({ relaxed });
  });

  async function agrees<Kind extends OpKind>(kind: Kind, attrs: OpAttrs[Kind]): Promise<void> {
    for (const opCase of casesAt(kind, attrs)) await expectAgree(backend, reference, opCase, 1);
  }
  const holds = (property: fc.IAsyncProperty<unknown>) => fc.assert(property, { numRuns: 25, endOnFailure: true });

  const form = fc.constantFrom({ transA: false, transB: false }, { transA: false, transB: true }, { transA: true, transB: false });
  /** Small edges of tiles mostly, now and then beyond a block of rows (96), steps (256) or columns (512). */
  const size = (block: number) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: block - 2, max: block + 20 }) },
    );

  test("products agree with the reference", () =>
    holds(fc.asyncProperty(size(96), size(512), size(256), form, (m, n, k, transposes) => agrees("matmul", { m, n, k, ...transposes }))));

  test("products of experts agree with the reference", () =>
    holds(
      fc.asyncProperty(
        size(200),
        fc.integer({ min: 1, max: 6 }),
        size(96),
        size(256),
        fc.constantFrom("NT", "NN", "TN"),
        (rows, experts, n, k, mode) => agrees("groupedMatmul", { rows, experts, n, k, mode }),
      ),
    ));

  test("attention and its gradient agree with the reference", () =>
    holds(
      fc.asyncProperty(
        size(128),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        async (seqLen, group, kvHeads, qkDim, vDim) => {
          const attrs = { batch: 2, seqLen, heads: group * kvHeads, kvHeads, qkDim, vDim, scale: qkDim ** -0.5 };
          await agrees("attention", attrs);
          await agrees("attentionGrad", attrs);
        },
      ),
    ));
});
