/**
 * jax-js on WebAssembly, one thread in Node: `node jax-js.mjs DATA STEPS SECONDS`, in a folder where @jax-js/jax is installed.
 * One jitted function makes a whole step; every array that is used again wants `.ref`.
 */
import { setFlagsFromString } from "node:v8";
import { readData, decays, rotary, timeSteps } from "./shared.mjs";

setFlagsFromString("--experimental-wasm-relaxed-simd");
globalThis.navigator ??= { userAgent: "node", hardwareConcurrency: 1 };
// Node 20 lacks iterator helpers, which einsum uses
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
iterators.map ??= function* (change) {
  for (const value of this) yield change(value);
};
iterators.filter ??= function* (keep) {
  for (const value of this) if (keep(value)) yield value;
};
iterators.toArray ??= function () {
  return [...this];
};
const { init, defaultDevice, jit, lax, nn, numpy: np, valueAndGrad } = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const data = readData(process.argv[2]);
const { model, train } = data;
const {
  hiddenSize: width,
  numAttentionHeads: heads,
  vocabSize: vocab,
  nRoutedExperts: experts,
  numExpertsPerTok: k,
  moeIntermediateSize,
} = model;
const { headDim } = model.attention;
const { batchSize: B, seqLen: S, optimizer } = train;
const rows = B * S;
const array = ({ shape, data: values }) => np.array(values).reshape(shape);
const { cos, sin } = rotary(model, train);
const cosine = array({ shape: [1, S, 1, headDim], data: cos });
const sine = array({ shape: [1, S, 1, headDim], data: sin });

const rmsNorm = (x, gain) => {
  const scale = np.sqrt(np.mean(np.square(x.ref), -1, { keepdims: true }).add(model.rmsNormEps));
  return x.div(scale).mul(gain);
};
const rotate = (x) => {
  const [left, right] = np.split(x.ref, 2, -1);
  return x.mul(cosine.ref).add(np.concatenate([right.mul(-1), left], -1).mul(sine.ref));
};
const gatedMlp = (x, gate, up, down) => np.matmul(nn.silu(np.matmul(x.ref, gate)).mul(np.matmul(x, up)), down);

function attention(h, p, n) {
  const project = (key) => np.matmul(h.ref, p[`${key}${n}`]).reshape([B, S, heads, headDim]);
  const [q, key, v] = [rotate(project("q")), rotate(project("k")), project("v")];
  h.dispose();
  return np.matmul(nn.dotProductAttention(q, key, v, { isCausal: true }).reshape([rows, width]), p[`o${n}`]);
}

/** Every expert for every token; the gates of those not chosen are zero. */
function experts_(x, p, n) {
  const s = nn.sigmoid(np.matmul(x.ref, p[`router${n}`]));
  const [top, ids] = lax.topK(lax.stopGradient(s.ref), k, -1);
  ids.dispose();
  const least = np.min(top, -1, { keepdims: true });
  const chosen = s.ref.mul(np.where(np.greaterEqual(lax.stopGradient(s), least), 1, 0));
  const gates = chosen.ref.div(np.sum(chosen, -1, { keepdims: true }).add(1e-20));
  const h = nn
    .silu(np.matmul(x.ref, p[`gate${n}`]))
    .mul(np.matmul(x.ref, p[`up${n}`]))
    .reshape([rows, experts, moeIntermediateSize]);
  const weighted = h.mul(gates.reshape([rows, experts, 1])).reshape([rows, experts * moeIntermediateSize]);
  const routed = np.matmul(weighted, p[`down${n}`]);
  return routed.add(gatedMlp(x, p[`shared_gate${n}`], p[`shared_up${n}`], p[`shared_down${n}`]));
}

function loss(p, tokens, targets) {
  let x = np.matmul(nn.oneHot(tokens, vocab), p.embed);
  for (let n = 0; n < model.numHiddenLayers; n++) {
    x = x.ref.add(attention(rmsNorm(x, p[`attentionNorm${n}`]), p, n));
    const h = rmsNorm(x.ref, p[`mlpNorm${n}`]);
    x = x.add(n < model.firstKDenseReplace ? gatedMlp(h, p[`gate${n}`], p[`up${n}`], p[`down${n}`]) : experts_(h, p, n));
  }
  const logits = np.matmul(rmsNorm(x, p.norm), p.head);
  return np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, vocab))).mul(-1 / rows);
}

const { beta1, beta2, eps, weightDecay } = optimizer;
const names = Object.keys(data.parameters);
const step = jit((p, m, v, tokens, targets, lr, correction1, correction2) => {
  const held = Object.fromEntries(names.map((key) => [key, p[key].ref]));
  const [value, gradient] = valueAndGrad(loss)(held, tokens, targets);
  const norm = np.sqrt(names.map((key) => np.sum(np.square(gradient[key].ref))).reduce((a, b) => a.add(b)));
  const scale = np.minimum(np.array(1), np.array(train.clipNorm).div(norm));
  const [p2, m2, v2] = [{}, {}, {}];
  for (const key of names) {
    const g = gradient[key].mul(scale.ref);
    m2[key] = m[key].mul(beta1).add(g.ref.mul(1 - beta1));
    v2[key] = v[key].mul(beta2).add(np.square(g).mul(1 - beta2));
    const change = m2[key].ref.div(correction1.ref).div(np.sqrt(v2[key].ref.div(correction2.ref)).add(eps));
    const decayed = decays(key) ? p[key].ref.mul(lr.ref.mul(-weightDecay).add(1)) : p[key].ref;
    p[key].dispose();
    p2[key] = decayed.sub(change.mul(lr.ref));
  }
  for (const used of [scale, lr, correction1, correction2]) used.dispose();
  return [p2, m2, v2, value];
});

let p = Object.fromEntries(names.map((key) => [key, array(data.parameters[key])]));
const zeros = () => Object.fromEntries(names.map((key) => [key, np.zeros(data.parameters[key].shape)]));
let [m, v] = [zeros(), zeros()];
await timeSteps(
  data,
  async (n) => {
    const { tokens, targets } = data.batch(n);
    const ids = (values) => np.array(values, { dtype: np.int32 });
    let value;
    [p, m, v, value] = step(
      p,
      m,
      v,
      ids(tokens),
      ids(targets),
      np.array(data.learningRates[n]),
      np.array(1 - beta1 ** (n + 1)),
      np.array(1 - beta2 ** (n + 1)),
    );
    return (await value.data())[0];
  },
  { steps: Number(process.argv[3]), seconds: Number(process.argv[4]), threads: 1 },
);
