import "../../engine/backends/cpu/node-flags.ts";
import { compileKernels, instantiate } from "../../engine/backends/cpu/kernels.ts";
import { layOut, memoryBytes } from "../../engine/backends/cpu/layout.ts";
import { compileLists } from "../../engine/backends/cpu/lower.ts";
import type { Run } from "../../engine/backends/cpu/lowering/lowering.ts";
import { batchOf } from "../../engine/data/batches.ts";
import { generateMathematics } from "../../engine/data/mathematics.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { planRun } from "../../engine/program/plan.ts";
import type { Plan, PlannedOp, Slice } from "../../engine/program/plan-types.ts";
import { numbersOfStep } from "../../engine/train/schedule.ts";
import { initialiseWeights } from "../../engine/train/weights.ts";
import { benchModels } from "./bench-models.ts";

interface Timed {
  op: PlannedOp;
  run: Run;
}

interface Loaded {
  plan: Plan;
  timed: Timed[];
  bytes: number;
}

/** A plan with fresh weights and one batch of text in place, ready to step. */
async function load(config: RunConfig, relaxed: boolean): Promise<Loaded> {
  const plan = planRun(config);
  const { module } = await compileKernels(relaxed);
  const layout = layOut(plan, instantiate(module, new WebAssembly.Memory({ initial: 1 })));
  const memory = new WebAssembly.Memory({ initial: layout.pages });
  for (const { values, cos, sin } of layout.ropeTables.values()) {
    new Float32Array(memory.buffer, cos).set(values.cos);
    new Float32Array(memory.buffer, sin).set(values.sin);
  }
  const write = ({ pool, offset, length, dtype }: Slice, data: ArrayLike<number>) =>
    new (dtype === "i32" ? Int32Array : Float32Array)(memory.buffer, layout.pools[pool] + 4 * offset, length).set(data);
  initialiseWeights({ write } as never, plan, 1, config.model.initializerRange);
  const { batchSize, seqLen } = config.train;
  const text = new TextEncoder().encode(generateMathematics(1, batchSize * (seqLen + 1)));
  const windows = Array.from({ length: batchSize }, (_, n) => text.subarray(n * (seqLen + 1), (n + 1) * (seqLen + 1)));
  const batch = batchOf(windows, new Int32Array(batchSize), seqLen, config.model.vocabSize);
  write(plan.inputs.tokens, batch.tokens);
  write(plan.inputs.targets, batch.targets);
  write(plan.inputs.order, batch.order);
  write(plan.inputs.starts, batch.starts);
  write(plan.inputs.numbers, numbersOfStep(config, 20));
  const lists = compileLists(plan, layout, instantiate(module, memory), memory);
  const timed = (["microstep", "step"] as const).flatMap((list) => plan.lists[list].map((op, n) => ({ op, run: lists[list][n] })));
  return { plan, timed, bytes: memoryBytes(layout) };
}

const isProduct = ({ op }: Timed) => op.kind === "matmul" || op.kind === "groupedMatmul";
const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

function milliseconds(timed: Timed[]): number {
  const start = performance.now();
  for (const { run } of timed) run(true);
  return performance.now() - start;
}

/** Whole steps against the model's products alone, in turn: the ratio is the median of pairs. Then the best time of each op by itself. */
export async function measure(name: keyof typeof benchModels, steps: number, relaxed: boolean): Promise<string> {
  const config = benchModels[name];
  const { plan, timed, bytes } = await load(config, relaxed);
  const products = timed.filter(isProduct);
  const sumFlops = (ops: Timed[]) => ops.reduce((sum, { op }) => sum + op.flops, 0);
  // Steps until the hot loops have been optimised by the runtime.
  for (let step = 0; step < 5; step++) milliseconds(timed);
  const pairs = Array.from({ length: steps }, () => ({ step: milliseconds(timed), products: milliseconds(products) }));
  const stepTime = median(pairs.map((pair) => pair.step));
  const rate = median(pairs.map((pair) => sumFlops(products) / pair.products)) / 1e6;
  const ratio = median(pairs.map((pair) => (sumFlops(timed) / pair.step) / (sumFlops(products) / pair.products)));
  const best = Math.min(...pairs.map((pair) => pair.step));
  const tokens = plan.batch * plan.seqLen;
  const lines = [
    `${name}${relaxed ? "" : " (no relaxed SIMD)"}: ${stepTime.toFixed(1)} ms a step (best ${best.toFixed(1)}), ${(tokens / stepTime).toFixed(1)} k tokens/s (best ${(tokens / best).toFixed(1)}), ` +
      `${(sumFlops(timed) / tokens / 1e6).toFixed(2)} MFLOP a token, ${(sumFlops(timed) / stepTime / 1e6).toFixed(1)} GFLOP/s; GEMM ${rate.toFixed(1)} GFLOP/s; ratio ${(100 * ratio).toFixed(0)} %; ` +
      `${timed.length} ops, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
  ];
  const times = timed.map(() => [] as number[]);
  for (let step = 0; step < steps; step++) timed.forEach((one, n) => times[n].push(milliseconds([one])));
  const rows = new Map<string, { calls: number; time: number; flops: number; bytes: number }>();
  timed.forEach(({ op }, n) => {
    const row = rows.get(label(op)) ?? { calls: 0, time: 0, flops: 0, bytes: 0 };
    rows.set(label(op), { calls: row.calls + 1, time: row.time + Math.min(...times[n]), flops: row.flops + op.flops, bytes: row.bytes + op.bytes });
  });
  for (const [key, row] of [...rows].sort((a, b) => b[1].time - a[1].time)) {
    const share = ((100 * row.time) / best).toFixed(1);
    lines.push(`  ${share.padStart(5)} %  ${row.time.toFixed(3).padStart(8)} ms  ${(row.flops / row.time / 1e6).toFixed(1).padStart(6)} GFLOP/s  ${(row.bytes / row.time / 1e6).toFixed(1).padStart(6)} GB/s  ${String(row.calls).padStart(3)} × ${key}`);
  }
  return lines.join("\n");
}

function label(op: PlannedOp): string {
  if (op.kind === "matmul") return `matmul ${op.attrs.m}×${op.attrs.n}×${op.attrs.k} ${op.attrs.transA ? "T" : "N"}${op.attrs.transB ? "T" : "N"}`;
  if (op.kind === "groupedMatmul") return `groupedMatmul ${op.attrs.rows}×${op.attrs.n}×${op.attrs.k} ${op.attrs.mode}`;
  return op.kind;
}
