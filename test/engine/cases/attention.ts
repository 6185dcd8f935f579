import type { OpAttrs } from "../../../engine/program/ops.ts";
import type { Random } from "../random.ts";
import { runReference, table } from "./op-case.ts";

const ropes: Omit<OpAttrs["rope"], "inverse">[] = [
  { rows: 1, heads: 1, headDim: 2, ropeDim: 2, seqLen: 1, theta: 10000 },
  { rows: 12, heads: 1, headDim: 8, ropeDim: 8, seqLen: 6, theta: 10000 },
  { rows: 66, heads: 4, headDim: 24, ropeDim: 8, seqLen: 33, theta: 10000 },
  { rows: 100, heads: 3, headDim: 13, ropeDim: 6, seqLen: 100, theta: 500 },
  { rows: 512, heads: 1, headDim: 16, ropeDim: 16, seqLen: 256, theta: 10000 },
];

const assemblies: OpAttrs["mlaAssemble"][] = [
  { rows: 1, heads: 1, nope: 1, rope: 2, v: 1 },
  { rows: 33, heads: 4, nope: 16, rope: 8, v: 16 },
  { rows: 65, heads: 3, nope: 5, rope: 6, v: 7 },
];

const scaled = (a: Omit<OpAttrs["attention"], "scale">): OpAttrs["attention"] => ({ ...a, scale: a.qkDim ** -0.5 });
const attentions: OpAttrs["attention"][] = [
  scaled({ batch: 1, seqLen: 1, heads: 1, kvHeads: 1, qkDim: 1, vDim: 1 }),
  scaled({ batch: 3, seqLen: 1, heads: 2, kvHeads: 2, qkDim: 8, vDim: 8 }),
  scaled({ batch: 2, seqLen: 5, heads: 2, kvHeads: 1, qkDim: 6, vDim: 3 }),
  scaled({ batch: 1, seqLen: 31, heads: 2, kvHeads: 2, qkDim: 24, vDim: 16 }),
  scaled({ batch: 2, seqLen: 33, heads: 4, kvHeads: 2, qkDim: 16, vDim: 16 }),
  scaled({ batch: 1, seqLen: 64, heads: 4, kvHeads: 4, qkDim: 24, vDim: 16 }),
  scaled({ batch: 2, seqLen: 65, heads: 3, kvHeads: 1, qkDim: 7, vDim: 9 }),
  scaled({ batch: 1, seqLen: 100, heads: 6, kvHeads: 3, qkDim: 12, vDim: 20 }),
  { batch: 1, seqLen: 17, heads: 2, kvHeads: 2, qkDim: 8, vDim: 8, scale: 3 },
];

function queryKeyValue({ batch, seqLen, heads, kvHeads, qkDim, vDim }: OpAttrs["attention"], random: Random): number[][] {
  const rows = batch * seqLen;
  return [random.normal(rows * heads * qkDim), random.normal(rows * kvHeads * qkDim), random.normal(rows * kvHeads * vDim)];
}

/** A score's absolute error is a probability's relative one: qkDim products of size `scale`, as if they were normalised by √qkDim. */
const scoreRoundings = ({ qkDim, scale }: OpAttrs["attention"]) => qkDim * Math.max(1, scale * Math.sqrt(qkDim));

export const attentionTables = [
  table({
    kind: "rope",
    // the angle position·theta^… carries a relative error, so its absolute error grows with the position
    roundings: ({ seqLen }) => 8 * seqLen + 8,
    rows: ropes.flatMap((a) => [
      { ...a, inverse: false },
      { ...a, inverse: true },
    ]),
  }),
  table({ kind: "mlaAssemble", roundings: () => 0, rows: assemblies }),
  table({ kind: "mlaAssembleGrad", roundings: ({ heads }) => [0, heads], rows: assemblies }),
  table({
    kind: "attention",
    sample: queryKeyValue,
    roundings: (a) => scoreRoundings(a) + a.seqLen + 16,
    magnitude: () => [0, 1],
    rows: attentions,
  }),
  table({
    kind: "attentionGrad",
    sample: (attrs, random) => {
      const inputs = queryKeyValue(attrs, random);
      const [o, lse] = runReference(
        "attention",
        attrs,
        inputs.map((data) => data.map(Math.fround)),
      );
      return [...inputs, o, lse, random.normal(o.length)];
    },
    roundings: (a) => {
      const gradient = 2 * (scoreRoundings(a) + a.vDim + a.seqLen) + 32;
      return [gradient, gradient, gradient, a.vDim];
    },
    // the first row of a sequence sees one key: its dq is a difference of equal terms
    magnitude: ({ scale, vDim }) => [scale * Math.sqrt(vDim), scale * Math.sqrt(vDim), 0, Math.sqrt(vDim)],
    rows: attentions,
  }),
];
