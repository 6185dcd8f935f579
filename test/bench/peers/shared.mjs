/** What the JavaScript peers share: reading the data, turning it into the form that suits them, timing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** @param folder see data.ts */
export function readData(folder) {
  const { name, model, train, learningRates, losses, tensors } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const bytes = readFileSync(join(folder, "weights.bin"));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const windows = readFileSync(join(folder, "windows.bin"));
  const tensor = (key) => {
    const { shape, offset } = tensors[key];
    return { shape, data: all.slice(offset, offset + shape.reduce((a, b) => a * b, 1)) };
  };
  const { batchSize, seqLen } = train;
  /** int32 [batch·seq] tokens and the byte after each */
  const batch = (step) => {
    const tokens = new Int32Array(batchSize * seqLen);
    const targets = new Int32Array(batchSize * seqLen);
    for (let b = 0; b < batchSize; b++) {
      const at = (step * batchSize + b) * (seqLen + 1);
      for (let p = 0; p < seqLen; p++) [tokens[b * seqLen + p], targets[b * seqLen + p]] = [windows[at + p], windows[at + p + 1]];
    }
    return { tokens, targets };
  };
  return { name, model, train, learningRates, losses, tensor, batch, parameters: parametersOf(model, tensor) };
}

/**
 * Weights as [in, out], so that every product is x·W. Experts lie side by side as one wide MLP: written densely, which is the
 * only way without a grouped product. Rows of query and key are put in the order in which rotary embedding is done in halves.
 */
function parametersOf(model, tensor) {
  const parameters = {
    embed: tensor("model.embed_tokens.weight"),
    head: transpose(tensor("lm_head.weight")),
    norm: tensor("model.norm.weight"),
  };
  const { headDim } = model.attention;
  for (let n = 0; n < model.numHiddenLayers; n++) {
    const of = (key) => tensor(`model.layers.${n}.${key}.weight`);
    const put = (key, value) => (parameters[`${key}${n}`] = value);
    put("attentionNorm", of("input_layernorm"));
    put("mlpNorm", of("post_attention_layernorm"));
    put("q", transpose(halves(of("self_attn.q_proj"), headDim)));
    put("k", transpose(halves(of("self_attn.k_proj"), headDim)));
    put("v", transpose(of("self_attn.v_proj")));
    put("o", transpose(of("self_attn.o_proj")));
    if (n < model.firstKDenseReplace) {
      for (const part of ["gate", "up", "down"]) put(part, transpose(of(`mlp.${part}_proj`)));
      continue;
    }
    put("router", transpose(of("mlp.gate")));
    for (const part of ["gate", "up", "down"]) {
      put(`shared_${part}`, transpose(of(`mlp.shared_experts.${part}_proj`)));
      const experts = Array.from({ length: model.nRoutedExperts }, (_, e) => of(`mlp.experts.${e}.${part}_proj`));
      put(part, part === "down" ? stack(experts.map(transpose)) : transpose(stack(experts)));
    }
  }
  return parameters;
}

const transpose = ({ shape: [rows, columns], data }) => {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return { shape: [columns, rows], data: out };
};

/** Matrices below one another. */
const stack = (matrices) => {
  const data = new Float32Array(matrices.reduce((sum, m) => sum + m.data.length, 0));
  let at = 0;
  for (const matrix of matrices) {
    data.set(matrix.data, at);
    at += matrix.data.length;
  }
  return { shape: [matrices.reduce((sum, m) => sum + m.shape[0], 0), matrices[0].shape[1]], data };
};

/** Per head, the even rows first, then the odd ones. */
const halves = ({ shape: [rows, columns], data }, headDim) => {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    const [head, i] = [Math.floor(r / headDim), r % headDim];
    const from = head * headDim + (i < headDim / 2 ? 2 * i : 2 * (i - headDim / 2) + 1);
    out.set(data.subarray(from * columns, (from + 1) * columns), r * columns);
  }
  return { shape: [rows, columns], data: out };
};

/** cos and sin of rotary embedding in halves, float32 [seqLen, headDim] each. */
export function rotary({ attention: { headDim }, ropeTheta }, { seqLen }) {
  const [cos, sin] = [new Float32Array(seqLen * headDim), new Float32Array(seqLen * headDim)];
  for (let p = 0; p < seqLen; p++) {
    for (let i = 0; i < headDim; i++) {
      const angle = p * ropeTheta ** ((-2 * (i % (headDim / 2))) / headDim);
      cos[p * headDim + i] = Math.cos(angle);
      sin[p * headDim + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** Matrices decay, norm gains do not. */
export const decays = (key) => !/norm/i.test(key);

/**
 * Trains with `step(index) → loss` until `steps` are done or `seconds` have passed after the compared ones, and prints what came of it as JSON.
 */
export async function timeSteps(data, step, { steps, seconds, threads }) {
  const [losses, times] = [[], []];
  const end = performance.now() + 1000 * seconds;
  for (let n = 0; n < steps; n++) {
    const start = performance.now();
    losses.push(await step(n));
    times.push(performance.now() - start);
    if (n + 1 >= Math.min(steps, data.losses.length) && performance.now() > end) break;
  }
  console.log(JSON.stringify({ losses, times, threads, tokens: data.train.batchSize * data.train.seqLen }));
}
