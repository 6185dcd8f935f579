/**
 * The model of the V3 report written once more, one token and one number at a time, in float64 and with nothing of the engine's.
 * Weights come by published name. It is what the prediction modules are held against.
 */

export interface PlainModel {
  width: number;
  layers: number;
  denseLayers: number;
  heads: number;
  nope: number;
  rope: number;
  v: number;
  kvLora: number;
  experts: number;
  groups: number;
  groupsKept: number;
  chosen: number;
  scale: number;
  theta: number;
  eps: number;
  depths: number;
  /** heads side by side, as arXiv 2404.19737 and its released code have them, instead of V3's chain */
  parallel?: boolean;
}

type Vector = number[];

/** Row-major [out,in] or [n], by published name. */
export type Weights = Map<string, Vector>;

/** Mean negative log-likelihoods over all sequences: of the next token, and of the prediction depths 1 … D. */
export function plainLosses(model: PlainModel, weights: Weights, sequences: number[][]): { next: number; depths: number[] } {
  const sums = new Array<number>(model.depths + 1).fill(0);
  const rows = new Array<number>(model.depths + 1).fill(0);
  for (const t of sequences) {
    const T = t.length - 1; // the last token is only ever a target
    const embedding = (id: number) => row(weights, "model.embed_tokens.weight", id, model.width);
    let stream = t.slice(0, T).map(embedding);
    let trunk = stream;
    for (let l = 0; l < model.layers; l++) {
      trunk = stream;
      stream = block(model, weights, `model.layers.${l}`, stream, l < model.denseLayers);
    }
    let hidden = stream.map((x) => rmsNorm(weights, "model.norm.weight", x, model.eps));
    for (let k = 0; k <= model.depths; k++) {
      if (k > 0 && model.parallel) {
        // every head's layer reads what the last one does; norm and unembedding are shared
        const layer = `model.layers.${model.layers + k - 1}`;
        hidden = block(model, weights, layer, trunk.slice(0, T - k), false).map((x) => rmsNorm(weights, "model.norm.weight", x, model.eps));
      } else if (k > 0) {
        const layer = `model.layers.${model.layers + k - 1}`;
        const joined: Vector[] = [];
        // Position i knows what depth k − 1 knew there and sees token i + k; the last k positions have no such token.
        for (let i = 0; i < T - k; i++) {
          const e = rmsNorm(weights, `${layer}.enorm.weight`, embedding(t[i + k]), model.eps);
          const h = rmsNorm(weights, `${layer}.hnorm.weight`, hidden[i], model.eps);
          joined.push(multiply(weights, `${layer}.eh_proj.weight`, [...e, ...h]));
        }
        hidden = block(model, weights, layer, joined, false).map((x) => rmsNorm(weights, `${layer}.shared_head.norm.weight`, x, model.eps));
      }
      hidden.forEach((h, i) => {
        sums[k] += negativeLogLikelihood(multiply(weights, "lm_head.weight", h), t[i + k + 1]);
        rows[k]++;
      });
    }
  }
  const [next, ...depths] = sums.map((sum, k) => sum / rows[k]);
  return { next, depths };
}

function block(model: PlainModel, weights: Weights, name: string, xs: Vector[], dense: boolean): Vector[] {
  const attended = attention(
    model,
    weights,
    `${name}.self_attn`,
    xs.map((x) => rmsNorm(weights, `${name}.input_layernorm.weight`, x, model.eps)),
  );
  return xs.map((x, i) => {
    const u = plus(x, attended[i]);
    const normed = rmsNorm(weights, `${name}.post_attention_layernorm.weight`, u, model.eps);
    return plus(u, dense ? swiglu(weights, `${name}.mlp`, normed) : experts(model, weights, `${name}.mlp`, normed));
  });
}

function attention({ heads, nope, rope, v, kvLora, theta }: PlainModel, weights: Weights, name: string, hs: Vector[]): Vector[] {
  const queries: Vector[][] = [];
  const keys: Vector[][] = [];
  const values: Vector[][] = [];
  hs.forEach((h, position) => {
    const latentQuery = rmsNorm(weights, `${name}.q_a_layernorm.weight`, multiply(weights, `${name}.q_a_proj.weight`, h), 1e-6);
    const q = multiply(weights, `${name}.q_b_proj.weight`, latentQuery);
    const compressed = multiply(weights, `${name}.kv_a_proj_with_mqa.weight`, h);
    const latent = rmsNorm(weights, `${name}.kv_a_layernorm.weight`, compressed.slice(0, kvLora), 1e-6);
    const sharedKey = rotate(compressed.slice(kvLora), position, theta);
    const kv = multiply(weights, `${name}.kv_b_proj.weight`, latent);
    queries.push([]);
    keys.push([]);
    values.push([]);
    for (let head = 0; head < heads; head++) {
      const mine = q.slice(head * (nope + rope), (head + 1) * (nope + rope));
      const pair = kv.slice(head * (nope + v), (head + 1) * (nope + v));
      queries[position].push([...mine.slice(0, nope), ...rotate(mine.slice(nope), position, theta)]);
      keys[position].push([...pair.slice(0, nope), ...sharedKey]);
      values[position].push(pair.slice(nope));
    }
  });
  return hs.map((_, i) => {
    const out: Vector = [];
    for (let head = 0; head < heads; head++) {
      const weightsOfPast = softmax(keys.slice(0, i + 1).map((key) => dot(queries[i][head], key[head]) / Math.sqrt(nope + rope)));
      for (let c = 0; c < v; c++) out.push(weightsOfPast.reduce((sum, p, j) => sum + p * values[j][head][c], 0));
    }
    return multiply(weights, `${name}.o_proj.weight`, out);
  });
}

function experts({ experts: count, groups, groupsKept, chosen, scale }: PlainModel, weights: Weights, name: string, x: Vector): Vector {
  const s = multiply(weights, `${name}.gate.weight`, x).map((z) => 1 / (1 + Math.exp(-z)));
  const bias = weights.get(`${name}.gate.e_score_correction_bias`) as Vector;
  const biased = s.map((score, e) => score + bias[e]);
  const size = count / groups;
  const groupScore = (g: number) =>
    [...biased.slice(g * size, (g + 1) * size)]
      .sort((a, b) => b - a)
      .slice(0, 2)
      .reduce((a, b) => a + b);
  const kept = new Set(
    best(
      Array.from({ length: groups }, (_, g) => groupScore(g)),
      groupsKept,
    ),
  );
  const taken = best(
    biased.map((score, e) => (kept.has(Math.floor(e / size)) ? score : -Infinity)),
    chosen,
  );
  const total = taken.reduce((sum, e) => sum + s[e], 0);
  let y = swiglu(weights, `${name}.shared_experts`, x);
  for (const e of taken)
    y = plus(
      y,
      swiglu(weights, `${name}.experts.${e}`, x).map((z) => (scale * s[e] * z) / total),
    );
  return y;
}

function swiglu(weights: Weights, name: string, x: Vector): Vector {
  const gate = multiply(weights, `${name}.gate_proj.weight`, x);
  const up = multiply(weights, `${name}.up_proj.weight`, x);
  return multiply(
    weights,
    `${name}.down_proj.weight`,
    gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]),
  );
}

function multiply(weights: Weights, name: string, x: Vector): Vector {
  const w = weights.get(name) as Vector;
  return Array.from({ length: w.length / x.length }, (_, o) => dot(w.slice(o * x.length, (o + 1) * x.length), x));
}

function rmsNorm(weights: Weights, name: string, x: Vector, eps: number): Vector {
  const gain = weights.get(name) as Vector;
  const size = Math.sqrt(dot(x, x) / x.length + eps);
  return x.map((value, i) => (value / size) * gain[i]);
}

/** Pairs (2j, 2j+1) as complex numbers, turned by position · theta^(−2j/n). */
function rotate(x: Vector, position: number, theta: number): Vector {
  const out: Vector = [];
  for (let j = 0; j < x.length; j += 2) {
    const angle = position * theta ** (-j / x.length);
    out.push(x[j] * Math.cos(angle) - x[j + 1] * Math.sin(angle), x[j] * Math.sin(angle) + x[j + 1] * Math.cos(angle));
  }
  return out;
}

const row = (weights: Weights, name: string, at: number, width: number): Vector =>
  (weights.get(name) as Vector).slice(at * width, (at + 1) * width);
const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]);
const best = (scores: Vector, n: number): number[] =>
  scores
    .map((_, i) => i)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, n);

function softmax(scores: Vector): Vector {
  const exps = scores.map((score) => Math.exp(score - Math.max(...scores)));
  return exps.map((e) => e / exps.reduce((a, b) => a + b));
}

const negativeLogLikelihood = (logits: Vector, target: number): number => -Math.log(softmax(logits)[target]);
