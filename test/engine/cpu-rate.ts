import "../../engine/backends/node/cpu-flags.ts";
import { createCpuBackend } from "../../engine/backends/cpu/backend.ts";
import { type BenchModel, benchModels } from "../../engine/bench/models.ts";
import { batchOf } from "../../engine/data/batches.ts";
import { generateMathematics } from "../../engine/data/mathematics.ts";
import type { RunConfig } from "../../engine/model/config.ts";
import { planRun } from "../../engine/plan/plan.ts";
import type { PlannedOp } from "../../engine/plan/plan-types.ts";
import { numbersOfStep } from "../../engine/train/schedule.ts";
import { initialiseWeights } from "../../engine/train/weights.ts";

interface Profile {
  ops: PlannedOp[];
  /** [step][op], milliseconds */
  times: number[][];
  tokens: number;
  bytes: number;
}

/** Times each op of `steps` optimizer steps on one batch of text. The first steps, which the runtime optimises during, are left out. */
async function profile(config: RunConfig, steps: number, relaxed: boolean): Promise<Profile> {
  const plan = planRun(config);
  const executable = await (await createCpuBackend({ relaxed })).compile(plan);
  initialiseWeights(executable, plan, 1, config.model.initializerRange);
  const { batchSize, seqLen } = config.train;
  const text = new TextEncoder().encode(generateMathematics(1, batchSize * (seqLen + 1)));
  const windows = Array.from({ length: batchSize }, (_, n) => text.subarray(n * (seqLen + 1), (n + 1) * (seqLen + 1)));
  const batch = batchOf(windows, new Int32Array(batchSize), seqLen, config.model.vocabSize);
  for (const name of ["tokens", "targets", "order", "starts"] as const) executable.write(plan.inputs[name], batch[name]);
  const times: number[][] = [];
  for (let step = 1; step <= steps + 5; step++) {
    executable.write(plan.inputs.numbers, numbersOfStep(config, step));
    times.push([...(await executable.profile!("microstep", true)), ...(await executable.profile!("step"))]);
  }
  return {
    ops: [...plan.lists.microstep, ...plan.lists.step],
    times: times.slice(5),
    tokens: plan.batch * plan.seqLen,
    bytes: executable.memoryBytes!,
  };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Tokens per second, the rate of the matrix products inside the step, the ratio of the two rates, and the best time of each op. */
export async function measure(name: BenchModel, steps: number, relaxed: boolean): Promise<string> {
  const { ops, times, tokens, bytes } = await profile(benchModels[name], steps, relaxed);
  const isProduct = ops.map(({ kind }) => kind === "matmul" || kind === "groupedMatmul");
  const flops = sum(ops.map((op) => op.flops));
  const productFlops = sum(ops.map((op, n) => (isProduct[n] ? op.flops : 0)));
  const runs = times.map((step) => {
    const [whole, products] = [sum(step), sum(step.filter((_, n) => isProduct[n]))];
    return { whole, rate: productFlops / products / 1e6, ratio: flops / whole / (productFlops / products) };
  });
  const whole = median(runs.map((run) => run.whole));
  const best = Math.min(...runs.map((run) => run.whole));
  const lines = [
    `${name}${relaxed ? "" : " without relaxed SIMD"}: ${whole.toFixed(1)} ms a step (best ${best.toFixed(1)}), ${(tokens / whole).toFixed(1)} k tokens/s (best ${(tokens / best).toFixed(1)}), ` +
      `${(flops / tokens / 1e6).toFixed(2)} MFLOP a token, ${(flops / whole / 1e6).toFixed(1)} GFLOP/s; products ${median(runs.map((run) => run.rate)).toFixed(1)} GFLOP/s ` +
      `(best ${Math.max(...runs.map((run) => run.rate)).toFixed(1)}); ratio ${(100 * median(runs.map((run) => run.ratio))).toFixed(0)} %; ${ops.length} ops, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
  ];
  const rows = new Map<string, { calls: number; time: number; flops: number; bytes: number }>();
  ops.forEach((op, n) => {
    const row = rows.get(label(op)) ?? { calls: 0, time: 0, flops: 0, bytes: 0 };
    const time = Math.min(...times.map((step) => step[n]));
    rows.set(label(op), { calls: row.calls + 1, time: row.time + time, flops: row.flops + op.flops, bytes: row.bytes + op.bytes });
  });
  for (const [key, row] of [...rows].sort((a, b) => b[1].time - a[1].time)) {
    const share = ((100 * row.time) / best).toFixed(1);
    lines.push(
      `  ${share.padStart(5)} %  ${row.time.toFixed(3).padStart(8)} ms  ${(row.flops / row.time / 1e6).toFixed(1).padStart(6)} GFLOP/s  ${(row.bytes / row.time / 1e6).toFixed(1).padStart(6)} GB/s  ${String(row.calls).padStart(3)} × ${key}`,
    );
  }
  return lines.join("\n");
}

function label(op: PlannedOp): string {
  if (op.kind === "matmul")
    return `matmul ${op.attrs.m}×${op.attrs.n}×${op.attrs.k} ${op.attrs.transA ? "T" : "N"}${op.attrs.transB ? "T" : "N"}`;
  if (op.kind === "groupedMatmul") return `groupedMatmul ${op.attrs.rows}×${op.attrs.n}×${op.attrs.k} ${op.attrs.mode}`;
  return op.kind;
}
