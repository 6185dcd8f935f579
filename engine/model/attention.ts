import type { Tensor } from "../program/tensor.ts";
import type { GqaConfig, MlaConfig } from "./config.ts";
import { type Build, linear, type Rows, rmsNorm } from "./layers.ts";

/** The norms on compressed latents use this eps whatever `rmsNormEps` says (the published code does). */
const latentNormEps = 1e-6;

/** u[rows,hidden] = W^O · attention(h), h already normed. */
export function attention(build: Build, h: Tensor, size: Rows): Tensor {
  return build.program.scope("self_attn", () => {
    const { attention: config } = build.config.model;
    return config.kind === "mla" ? multiHeadLatent(build, h, size, config) : groupedQuery(build, h, size, config);
  });
}

/** Multi-head latent attention, V3 §2.1.1 Eq. 1-11, in its training (expanded) form. */
function multiHeadLatent(build: Build, h: Tensor, { rows, seqLen }: Rows, config: MlaConfig): Tensor {
  const { program } = build;
  const { hiddenSize, numAttentionHeads: heads, ropeTheta: theta } = build.config.model;
  const { qLoraRank, kvLoraRank, qkNopeHeadDim: nope, qkRopeHeadDim: rope, vHeadDim: v } = config;
  const qkDim = nope + rope;

  // Eq. 6-9: queries, per head [nope | rope]
  let q: Tensor;
  if (qLoraRank === null) {
    q = linear(build, "q_proj", h, { rows, in: hiddenSize, out: heads * qkDim });
  } else {
    const latent = linear(build, "q_a_proj", h, { rows, in: hiddenSize, out: qLoraRank });
    const normed = rmsNorm(build, "q_a_layernorm", latent, rows, qLoraRank, latentNormEps);
    q = linear(build, "q_b_proj", normed, { rows, in: qLoraRank, out: heads * qkDim });
  }
  [q] = program.emit("rope", { rows, heads, headDim: qkDim, ropeDim: rope, seqLen, theta, inverse: false }, [q], { label: "q_rope" });

  // Eq. 1-5: the latent c^KV and the one rotary key that all heads share, split before the latent's norm
  const compressed = linear(build, "kv_a_proj_with_mqa", h, { rows, in: hiddenSize, out: kvLoraRank + rope });
  const [latent, kRaw] = program.emit("splitColumns", { rows, left: kvLoraRank, right: rope }, [compressed]);
  const normed = rmsNorm(build, "kv_a_layernorm", latent, rows, kvLoraRank, latentNormEps);
  const kv = linear(build, "kv_b_proj", normed, { rows, in: kvLoraRank, out: heads * (nope + v) });
  const [kRope] = program.emit("rope", { rows, heads: 1, headDim: rope, ropeDim: rope, seqLen, theta, inverse: false }, [kRaw], {
    label: "k_rope",
  });
  const [k, value] = program.emit("mlaAssemble", { rows, heads, nope, rope, v }, [kv, kRope]);

  // Eq. 10-11
  const [o] = program.emit(
    "attention",
    { batch: build.batch, seqLen, heads, kvHeads: heads, qkDim, vDim: v, scale: 1 / Math.sqrt(qkDim) },
    [q, k, value],
  );
  return linear(build, "o_proj", o, { rows, in: heads * v, out: hiddenSize });
}

/** Grouped-query attention with partial rotary embedding; MHA and MQA are its two ends. */
function groupedQuery(build: Build, h: Tensor, { rows, seqLen }: Rows, config: GqaConfig): Tensor {
  const { program } = build;
  const { hiddenSize, numAttentionHeads: heads, ropeTheta: theta } = build.config.model;
  const { numKeyValueHeads: kvHeads, headDim, ropeDim } = config;
  const rotate = (x: Tensor, n: number, label: string) =>
    program.emit("rope", { rows, heads: n, headDim, ropeDim, seqLen, theta, inverse: false }, [x], { label })[0];

  const q = rotate(linear(build, "q_proj", h, { rows, in: hiddenSize, out: heads * headDim }), heads, "q_rope");
  const k = rotate(linear(build, "k_proj", h, { rows, in: hiddenSize, out: kvHeads * headDim }), kvHeads, "k_rope");
  const v = linear(build, "v_proj", h, { rows, in: hiddenSize, out: kvHeads * headDim });
  const [o] = program.emit(
    "attention",
    { batch: build.batch, seqLen, heads, kvHeads, qkDim: headDim, vDim: headDim, scale: 1 / Math.sqrt(headDim) },
    [q, k, v],
  );
  return linear(build, "o_proj", o, { rows, in: heads * headDim, out: hiddenSize });
}
