import type { Home, Tensor } from "../program/tensor.ts";
import type { Program } from "../program/program.ts";
import type { RunConfig } from "./config.ts";

/** What every part of the model is built from: one list (training forward or evaluation) of one program. */
export interface Build {
  program: Program;
  config: RunConfig;
  /** sequences per microstep */
  batch: number;
  mode: "train" | "evaluate";
  numbers: Tensor;
  /** collected on the way: what the host reads, in layer order */
  collected: Collected;
}

export interface Collected {
  /** what routers add to the training loss, a scalar for every MoE layer and scope */
  routerLoss: { kind: "balance" | "z"; main: boolean; loss: Tensor }[];
  /** every MoE layer, main model first, then MTP modules */
  routers: { name: string; bias: Tensor | null; load: Tensor | null; idx: Tensor; main: boolean }[];
}

/** Activations of a stack of sequences: rows = batch · seqLen. */
export interface Rows {
  rows: number;
  seqLen: number;
}

/** y[rows,out] = x·Wᵀ with W [out,in], PyTorch's Linear without bias. `parts` name stacked published matrices. */
export function linear(
  { program }: Build,
  name: string,
  x: Tensor,
  size: { rows: number; in: number; out: number },
  parts?: { name: string; rows: number }[],
): Tensor {
  const weight = program.parameter(`${name}.weight`, [size.out, size.in], {
    parts: parts?.map((part) => ({ name: `${part.name}.weight`, shape: [part.rows, size.in] })),
  });
  return project(program, name, x, weight, size);
}

/** The same with a weight that already exists (a shared or tied head). */
export function project(
  program: Program,
  label: string,
  x: Tensor,
  weight: Tensor,
  size: { rows: number; in: number; out: number },
  home?: Home,
): Tensor {
  return program.emit("matmul", { m: size.rows, n: size.out, k: size.in, transA: false, transB: true }, [x, weight], {
    label,
    homes: [home],
  })[0];
}

/** RMSNorm: x / sqrt(mean(x²) + eps) · gain. */
export function rmsNorm(build: Build, name: string, x: Tensor, rows: number, width: number, eps: number): Tensor {
  return build.program.emit("rmsNorm", { rows, width, eps }, [x, normGain(build, name, width)], { label: name })[0];
}

export const normGain = ({ program }: Build, name: string, width: number): Tensor =>
  program.parameter(`${name}.weight`, [width], { init: "ones" });

/** SwiGLU block W_down(silu(W_gate x) ⊙ W_up x); gate and up are one product, gate rows first. */
export function swigluMlp(build: Build, x: Tensor, rows: number, hidden: number, width: number): Tensor {
  const gateUp = linear(build, "gate_up_proj", x, { rows, in: hidden, out: 2 * width }, [
    { name: "gate_proj", rows: width },
    { name: "up_proj", rows: width },
  ]);
  const [h] = build.program.emit("swiglu", { rows, width }, [gateUp]);
  return linear(build, "down_proj", h, { rows, in: width, out: hidden });
}
