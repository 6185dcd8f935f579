import type { Tensor } from "../program/tensor.ts";
import { attention } from "./attention.ts";
import { type Build, type Rows, rmsNorm, swigluMlp } from "./layers.ts";
import { mixtureOfExperts } from "./moe.ts";

/** One pre-norm transformer block: x + attention(norm(x)), then + feed-forward(norm(·)). */
export function block(build: Build, x: Tensor, size: Rows, kind: { dense: boolean; main: boolean }): Tensor {
  const { program } = build;
  const { hiddenSize: width, intermediateSize, rmsNormEps: eps } = build.config.model;
  const { rows } = size;
  const add = (terms: Tensor[], label: string): Tensor => program.emit("add", { length: rows * width }, terms, { label })[0];

  const u = add([x, attention(build, rmsNorm(build, "input_layernorm", x, rows, width, eps), size)], "attention_residual");
  const normed = rmsNorm(build, "post_attention_layernorm", u, rows, width, eps);
  return program.scope("mlp", () => {
    if (kind.dense) return add([u, swigluMlp(build, normed, rows, width, intermediateSize)], "residual");
    const { routed, shared } = mixtureOfExperts(build, normed, size, kind.main);
    return add(shared ? [u, shared, routed] : [u, routed], "residual");
  });
}
