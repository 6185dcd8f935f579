import type { Random } from "../random.ts";
import { runReference, table } from "./op-case.ts";

/** Rows of a batch sorted by token id, as the host prepares them for embeddingGrad. */
function byToken(ids: number[], vocab: number): { order: number[]; starts: number[] } {
  const order = [...ids.keys()].sort((a, b) => ids[a] - ids[b] || a - b);
  const starts = Array.from({ length: vocab + 1 }, (_, id) => ids.filter((other) => other < id).length);
  return { order, starts };
}

const normSizes = [
  { rows: 1, width: 1 },
  { rows: 3, width: 5 },
  { rows: 64, width: 64 },
  { rows: 33, width: 100 },
  { rows: 100, width: 31 },
  { rows: 5, width: 260 },
];
const eps = 1e-6;

function normInputs({ rows, width }: { rows: number; width: number }, random: Random) {
  const [dy, x, gain] = [random.normal(rows * width), random.normal(rows * width), random.normal(width)];
  const [, rstd] = runReference("rmsNorm", { rows, width, eps }, [x.map(Math.fround), gain]);
  return { dy, x, gain, rstd };
}

const sizes: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [1, 7, 13],
  [5, 1, 3],
  [4, 8, 8],
  [31, 33, 32],
  [32, 32, 32],
  [33, 31, 65],
  [63, 64, 65],
  [64, 64, 64],
  [65, 63, 31],
  [100, 100, 100],
  [97, 130, 41],
  [128, 24, 257],
  [129, 65, 260],
];
const product = { NN: { transA: false, transB: false }, NT: { transA: false, transB: true }, TN: { transA: true, transB: false } };
const matmul = (form: keyof typeof product) => sizes.map(([m, n, k]) => ({ m, n, k, ...product[form] }));

const swigluSizes = [
  { rows: 1, width: 1 },
  { rows: 3, width: 7 },
  { rows: 64, width: 64 },
  { rows: 33, width: 100 },
  { rows: 65, width: 31 },
];
/** wide enough for silu's flat and its linear ends */
const gateUp = (rows: number, width: number, random: Random) => random.normal(rows * 2 * width, 4);

export const denseTables = [
  table({
    kind: "embedding",
    sample: ({ rows, vocab, width }, random) => [random.ints(rows, vocab), random.normal(vocab * width)],
    roundings: () => 0,
    pools: () => ({ inputs: ["inputs", "parameters"] }),
    rows: [
      { rows: 1, vocab: 1, width: 1 },
      { rows: 7, vocab: 3, width: 5 },
      { rows: 64, vocab: 256, width: 64 },
      { rows: 100, vocab: 31, width: 33 },
    ],
  }),
  table({
    kind: "embeddingGrad",
    sample: ({ rows, vocab, width }, random) => {
      const { order, starts } = byToken(random.ints(rows, vocab), vocab);
      return [random.normal(rows * width), order, starts];
    },
    roundings: ({ rows }) => rows,
    pools: () => ({ inputs: ["activations", "inputs", "inputs"], outputs: ["gradients"] }),
    rows: [
      { rows: 1, vocab: 1, width: 1 },
      { rows: 7, vocab: 3, width: 5 },
      { attrs: { rows: 64, vocab: 256, width: 64 }, note: "most ids unused" },
      { rows: 100, vocab: 31, width: 33 },
      {
        attrs: { rows: 65, vocab: 5, width: 12 },
        note: "only the last id is used",
        sample: ({ rows, vocab, width }, random) => {
          const { order, starts } = byToken(Array<number>(rows).fill(vocab - 1), vocab);
          return [random.normal(rows * width), order, starts];
        },
      },
    ],
  }),
  table({
    kind: "rmsNorm",
    roundings: ({ width }) => width + 8,
    pools: () => ({ inputs: ["activations", "parameters"] }),
    rows: [
      ...normSizes.map((size) => ({ ...size, eps })),
      {
        attrs: { rows: 3, width: 17, eps: 1e-2 },
        note: "a row of zeros",
        sample: ({ rows, width }, random) => [random.normal(rows * width).fill(0, width, 2 * width), random.normal(width)],
      },
    ],
  }),
  table({
    kind: "rmsNormGradInput",
    sample: (attrs, random) => {
      const { dy, x, gain, rstd } = normInputs(attrs, random);
      return [dy, x, gain, rstd];
    },
    roundings: ({ width }) => 2 * width + 8,
    // the gradient is orthogonal to x: with one column it cancels to nothing
    magnitude: () => 1,
    pools: () => ({ inputs: ["activations", "activations", "parameters", "activations"] }),
    rows: normSizes,
  }),
  table({
    kind: "rmsNormGradGain",
    sample: (attrs, random) => {
      const { dy, x, rstd } = normInputs(attrs, random);
      return [dy, x, rstd];
    },
    roundings: ({ rows }) => rows + 4,
    pools: () => ({ outputs: ["gradients"] }),
    rows: normSizes,
  }),
  table({
    kind: "matmul",
    roundings: ({ k }) => k,
    pools: ({ transA }) => (transA ? { outputs: ["gradients"] } : { inputs: ["activations", "parameters"] }),
    rows: [...matmul("NN"), ...matmul("NT"), ...matmul("TN")],
  }),
  table({
    kind: "swiglu",
    sample: ({ rows, width }, random) => [gateUp(rows, width, random)],
    roundings: () => 24,
    rows: [
      ...swigluSizes,
      {
        attrs: { rows: 2, width: 4 },
        note: "gates where exp overflows f32",
        sample: () => [[-100, -90, 90, 100, 1, 2, 3, 4, 200, -200, 0, -0, 4, 3, 2, 1]],
      },
    ],
  }),
  table({
    kind: "swigluGrad",
    sample: ({ rows, width }, random) => [gateUp(rows, width, random), random.normal(rows * width)],
    roundings: () => 32,
    rows: swigluSizes,
  }),
];
