/**
 * TensorFlow.js on its WebAssembly backend (SIMD), one thread in Node: `node tfjs.mjs DATA STEPS SECONDS`, in a folder where @tensorflow/tfjs and
 * @tensorflow/tfjs-backend-wasm are installed. `gather` has no gradient there, so the embedding is a product with one-hot rows; products with a
 * transposed operand crawl, so the gradient of every product is written out with explicit transposes.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readData, decays, rotary, timeSteps } from "./shared.mjs";

const tf = (await import("@tensorflow/tfjs")).default ?? (await import("@tensorflow/tfjs"));
const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
setWasmPaths(join(dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm"))), "/"));
await tf.setBackend("wasm");

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

const matMul = tf.customGrad((a, b, save) => {
  save([a, b]);
  const last = (x) => [...x.shape.keys()].slice(0, -2).concat(x.shape.length - 1, x.shape.length - 2);
  return {
    value: tf.matMul(a, b),
    gradFunc: (dy, [x, w]) => [tf.matMul(dy, tf.transpose(w, last(w))), tf.matMul(tf.transpose(x, last(x)), dy)],
  };
});
const { cos, sin } = rotary(model, train);
const cosine = tf.tensor(cos, [1, S, 1, headDim]);
const sine = tf.tensor(sin, [1, S, 1, headDim]);
const future = tf.tensor(
  Float32Array.from({ length: S * S }, (_, i) => (i % S > Math.floor(i / S) ? -1e9 : 0)),
  [1, 1, S, S],
);

const rmsNorm = (x, gain) => x.mul(tf.rsqrt(x.square().mean(-1, true).add(model.rmsNormEps))).mul(gain);
const silu = (x) => x.mul(x.sigmoid());
const gatedMlp = (x, gate, up, down) => matMul(silu(matMul(x, gate)).mul(matMul(x, up)), down);
const rotate = (x) => {
  const [left, right] = tf.split(x, 2, -1);
  return x.mul(cosine).add(tf.concat([right.neg(), left], -1).mul(sine));
};

function attention(h, p, n) {
  const project = (key) => matMul(h, p[`${key}${n}`]).reshape([B, S, heads, headDim]);
  const perHead = (x) => x.transpose([0, 2, 1, 3]);
  const [q, key, v] = [perHead(rotate(project("q"))), rotate(project("k")).transpose([0, 2, 3, 1]), perHead(project("v"))];
  const weights = matMul(q, key)
    .mul(1 / Math.sqrt(headDim))
    .add(future)
    .softmax();
  return matMul(perHead(matMul(weights, v)).reshape([rows, width]), p[`o${n}`]);
}

/** 1 for the k highest of each row; no gradient flows through the choice. */
const chosenMask = tf.customGrad((s) => ({
  value: s.greaterEqual(tf.topk(s, k).values.min(-1, true)).cast("float32"),
  gradFunc: (dy) => tf.zerosLike(dy),
}));

/** Every expert for every token; the gates of those not chosen are zero. */
function mixture(x, p, n) {
  const s = matMul(x, p[`router${n}`]).sigmoid();
  const chosen = s.mul(chosenMask(s));
  const gates = chosen.div(chosen.sum(-1, true).add(1e-20));
  const h = silu(matMul(x, p[`gate${n}`]))
    .mul(matMul(x, p[`up${n}`]))
    .reshape([rows, experts, moeIntermediateSize]);
  const routed = matMul(h.mul(gates.reshape([rows, experts, 1])).reshape([rows, experts * moeIntermediateSize]), p[`down${n}`]);
  return routed.add(gatedMlp(x, p[`shared_gate${n}`], p[`shared_up${n}`], p[`shared_down${n}`]));
}

function loss(p, tokens, targets) {
  let x = matMul(tf.oneHot(tokens, vocab).cast("float32"), p.embed);
  for (let n = 0; n < model.numHiddenLayers; n++) {
    x = x.add(attention(rmsNorm(x, p[`attentionNorm${n}`]), p, n));
    const h = rmsNorm(x, p[`mlpNorm${n}`]);
    x = x.add(n < model.firstKDenseReplace ? gatedMlp(h, p[`gate${n}`], p[`up${n}`], p[`down${n}`]) : mixture(h, p, n));
  }
  const logits = matMul(rmsNorm(x, p.norm), p.head);
  return tf
    .logSoftmax(logits)
    .mul(tf.oneHot(targets, vocab).cast("float32"))
    .sum()
    .mul(-1 / rows);
}

const { beta1, beta2, eps, weightDecay } = optimizer;
const names = Object.keys(data.parameters);
const each = (make) => Object.fromEntries(names.map((key) => [key, make(data.parameters[key], key)]));
const p = each(({ shape, data: values }, key) => tf.variable(tf.tensor(values, shape), true, key));
const [m, v] = [0, 1].map(() => each(({ shape }) => tf.variable(tf.zeros(shape), false)));

await timeSteps(
  data,
  async (n) => {
    const { tokens, targets } = data.batch(n);
    const [ids, next] = [tf.tensor1d(tokens, "int32"), tf.tensor1d(targets, "int32")];
    const { value, grads } = tf.variableGrads(() => loss(p, ids, next));
    tf.tidy(() => {
      const lr = data.learningRates[n];
      const norm = Math.sqrt(names.reduce((sum, key) => sum + grads[key].square().sum().dataSync()[0], 0));
      const scale = Math.min(1, train.clipNorm / norm);
      for (const key of names) {
        const g = grads[key].mul(scale);
        m[key].assign(m[key].mul(beta1).add(g.mul(1 - beta1)));
        v[key].assign(v[key].mul(beta2).add(g.square().mul(1 - beta2)));
        const change = m[key].div(1 - beta1 ** (n + 1)).div(
          v[key]
            .div(1 - beta2 ** (n + 1))
            .sqrt()
            .add(eps),
        );
        const decayed = decays(key) ? p[key].mul(1 - lr * weightDecay) : p[key];
        p[key].assign(decayed.sub(change.mul(lr)));
      }
    });
    const got = (await value.data())[0];
    tf.dispose([ids, next, value, grads]);
    return got;
  },
  { steps: Number(process.argv[3]), seconds: Number(process.argv[4]), threads: 1 },
);
