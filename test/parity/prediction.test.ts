import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../engine/backends/backend.ts";
import type { NamedModel } from "../../engine/formats/huggingface.ts";
import { differentiate } from "../../engine/inference/forward.ts";
import { openers } from "./backends.ts";
import { type PlainModel, plainLosses, type Weights } from "./plain-model.ts";

/** Two prediction depths over a dense and a sparse layer, group-limited routing with biases of both signs. */
const plain: PlainModel = {
  width: 8,
  layers: 2,
  denseLayers: 1,
  heads: 2,
  nope: 4,
  rope: 2,
  v: 3,
  kvLora: 5,
  experts: 8,
  groups: 4,
  groupsKept: 2,
  chosen: 3,
  scale: 2.5,
  theta: 100,
  eps: 1e-3,
  depths: 2,
};
const [vocab, qLora, expertWidth, denseWidth] = [11, 6, 5, 7];

const model: NamedModel["model"] = {
  vocabSize: vocab,
  hiddenSize: plain.width,
  numHiddenLayers: plain.layers,
  numAttentionHeads: plain.heads,
  initializerRange: 0.02,
  rmsNormEps: plain.eps,
  ropeTheta: plain.theta,
  tieWordEmbeddings: false,
  attention: {
    kind: "mla",
    qLoraRank: qLora,
    kvLoraRank: plain.kvLora,
    qkNopeHeadDim: plain.nope,
    qkRopeHeadDim: plain.rope,
    vHeadDim: plain.v,
  },
  nRoutedExperts: plain.experts,
  nSharedExperts: 1,
  numExpertsPerTok: plain.chosen,
  moeIntermediateSize: expertWidth,
  intermediateSize: denseWidth,
  firstKDenseReplace: plain.denseLayers,
  scoringFunc: "sigmoid",
  normTopkProb: true,
  routedScalingFactor: plain.scale,
  nGroup: plain.groups,
  topkGroup: plain.groupsKept,
  mtp: { depth: plain.depths, lambda: 0.3, heads: "sequential", detachTrunk: false },
};

/** Shapes as the published checkpoints have them. */
function shapes(): Map<string, number[]> {
  const d = plain.width;
  const all = new Map<string, number[]>([
    ["model.embed_tokens.weight", [vocab, d]],
    ["lm_head.weight", [vocab, d]],
    ["model.norm.weight", [d]],
  ]);
  const mlp = (name: string, width: number) => {
    for (const part of ["gate_proj", "up_proj"]) all.set(`${name}.${part}.weight`, [width, d]);
    all.set(`${name}.down_proj.weight`, [d, width]);
  };
  for (let l = 0; l < plain.layers + plain.depths; l++) {
    const name = `model.layers.${l}`;
    if (l >= plain.layers) {
      for (const norm of ["enorm", "hnorm", "shared_head.norm"]) all.set(`${name}.${norm}.weight`, [d]);
      all.set(`${name}.eh_proj.weight`, [d, 2 * d]);
    }
    for (const norm of ["input_layernorm", "post_attention_layernorm"]) all.set(`${name}.${norm}.weight`, [d]);
    const { heads, nope, rope, v, kvLora } = plain;
    const attention = {
      q_a_proj: [qLora, d],
      q_a_layernorm: [qLora],
      q_b_proj: [heads * (nope + rope), qLora],
      kv_a_proj_with_mqa: [kvLora + rope, d],
      kv_a_layernorm: [kvLora],
      kv_b_proj: [heads * (nope + v), kvLora],
      o_proj: [d, heads * v],
    };
    for (const [part, shape] of Object.entries(attention)) all.set(`${name}.self_attn.${part}.weight`, shape);
    if (l < plain.denseLayers) {
      mlp(`${name}.mlp`, denseWidth);
      continue;
    }
    all.set(`${name}.mlp.gate.weight`, [plain.experts, d]);
    all.set(`${name}.mlp.gate.e_score_correction_bias`, [plain.experts]);
    mlp(`${name}.mlp.shared_experts`, expertWidth);
    for (let e = 0; e < plain.experts; e++) mlp(`${name}.mlp.experts.${e}`, expertWidth);
  }
  return all;
}

/** Numbers in (−1, 1) that only this file draws (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

const random = randomNumbers(5);
const shapeOf = shapes();
// Float32 numbers, so that every backend holds the same weights.
const weights: Weights = new Map(
  [...shapeOf].map(([name, shape]) => {
    const length = shape.reduce((a, b) => a * b);
    const [centre, spread] = name.includes("norm") ? [1, 0.3] : name.includes("bias") ? [-0.2, 0.5] : [0, 0.9];
    return [name, Array.from({ length }, () => Math.fround(centre + spread * random()))];
  }),
);
const tensors = new Map(
  [...weights].map(([name, data]) => [name, { shape: shapeOf.get(name) as number[], data: Float64Array.from(data) }]),
);
const sequences = [0, 1].map(() => Array.from({ length: 8 }, () => Math.floor(((random() + 1) / 2) * vocab)));

const parallelModel: PlainModel = { ...plain, parallel: true };
const total = ({ next, depths }: ReturnType<typeof plainLosses>): number => next + (0.3 / plain.depths) * depths.reduce((a, b) => a + b);
const h = 1e-5;

/** d total / d weights[name][at] by central differences: truncation about h², rounding about 1e-16 / h, so 1e-9 beside values of order 1. */
function slope(name: string, at: number, model = plain): number {
  const values = weights.get(name) as number[];
  const here = values[at];
  values[at] = here + h;
  const above = total(plainLosses(model, weights, sequences));
  values[at] = here - h;
  const below = total(plainLosses(model, weights, sequences));
  values[at] = here;
  return (above - below) / (2 * h);
}

/** Two places each of the tensors that prediction reads, shares or reaches; the two halves of eh_proj among them. */
const probes = [
  ...[2, 3].flatMap((layer) =>
    [
      ["enorm", 1],
      ["enorm", 6],
      ["hnorm", 2],
      ["hnorm", 7],
      ["shared_head.norm", 0],
      ["shared_head.norm", 5],
      ["eh_proj", 3],
      ["eh_proj", 2 * plain.width * 4 + 5],
      ["eh_proj", plain.width + 2],
      ["eh_proj", 2 * plain.width * 6 + plain.width + 1],
      ["self_attn.kv_a_proj_with_mqa", 11],
      ["self_attn.q_b_proj", 30],
      ["mlp.gate", 9],
      ["mlp.gate", 20],
      ["mlp.shared_experts.up_proj", 4],
      ...Array.from({ length: plain.experts }, (_, e) => [`mlp.experts.${e}.down_proj`, 3 * e] as const),
    ].map(([part, at]) => [`model.layers.${layer}.${part}.weight`, at] as [string, number]),
  ),
  ["model.embed_tokens.weight", 8 * sequences[0][2] + 1],
  ["model.embed_tokens.weight", 8 * sequences[1][7] + 3],
  ["lm_head.weight", 17],
  ["lm_head.weight", 60],
  ["model.norm.weight", 3],
  ["model.norm.weight", 4],
  ["model.layers.0.mlp.down_proj.weight", 12],
  ["model.layers.1.self_attn.o_proj.weight", 20],
] as [string, number][];

const backends = await openers();
const plainly = plainLosses(plain, weights, sequences);
const slopes = probes.map(([tensor, at]) => slope(tensor, at));

for (const [name, open] of Object.entries(backends)) {
  describe(`prediction modules on ${name} agree with the plain re-derivation`, () => {
    const exact = name === "reference";
    let backend: Backend;
    let result: Awaited<ReturnType<typeof differentiate>>;
    beforeAll(async () => {
      backend = await open();
      result = await differentiate(backend, { model, tensors }, sequences);
    }, 120_000);
    afterAll(() => backend.dispose());

    test("in the loss of the next token and of each depth", () => {
      const tolerance = exact ? 1e-12 : 1e-5;
      expect(Math.abs(result.loss - plainly.next)).toBeLessThan(tolerance);
      expect(result.mtpLoss).toHaveLength(2);
      result.mtpLoss.forEach((loss, k) => expect(Math.abs(loss - plainly.depths[k]), `depth ${k + 1}`).toBeLessThan(tolerance));
    });

    test("in the slope along weights of every kind, those shared with the main model included", () => {
      expect(slopes.filter((value) => Math.abs(value) > 1e-6).length).toBeGreaterThan(probes.length / 2);
      probes.forEach(([tensor, at], n) => {
        const got = result.gradients.get(tensor)?.data[at] ?? NaN;
        const tolerance = exact ? 1e-8 : 1e-4;
        expect(Math.abs(got - slopes[n]), `${tensor}[${at}]: ${got} against ${slopes[n]}`).toBeLessThan(
          tolerance * Math.max(1, Math.abs(slopes[n])),
        );
      });
    });
  });
}

describe("parallel heads agree with the plain re-derivation", () => {
  const [first] = Object.entries(backends);
  const own = (tensor: string) => !/enorm|hnorm|shared_head|eh_proj/.test(tensor);
  const heads: NamedModel = {
    model: { ...model, mtp: { ...model.mtp, heads: "parallel" } },
    tensors: new Map([...tensors].filter(([tensor]) => own(tensor))),
  };
  const expected = plainLosses(parallelModel, weights, sequences);

  test.each(Object.entries(backends))(
    "on %s in loss and slope",
    async (name, open) => {
      const exact = name === first[0];
      const backend = await open();
      const result = await differentiate(backend, heads, sequences);
      const tolerance = exact ? 1e-12 : 1e-5;
      expect(Math.abs(result.loss - expected.next)).toBeLessThan(tolerance);
      result.mtpLoss.forEach((loss, k) => expect(Math.abs(loss - expected.depths[k]), `depth ${k + 1}`).toBeLessThan(tolerance));
      for (const [tensor, at] of probes.filter(([tensor]) => own(tensor))) {
        const want = slope(tensor, at, parallelModel);
        const got = result.gradients.get(tensor)?.data[at] ?? NaN;
        expect(Math.abs(got - want), `${tensor}[${at}]: ${got} against ${want}`).toBeLessThan(
          (exact ? 1e-8 : 1e-4) * Math.max(1, Math.abs(want)),
        );
      }
      backend.dispose();
    },
    120_000,
  );
});
