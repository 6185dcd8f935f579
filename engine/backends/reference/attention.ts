import { cos, exp, log, sin } from "../../numerics/elementary.ts";
import { pow } from "../../numerics/pow.ts";
import type { OpAttrs } from "../../program/ops.ts";
import type { ReferenceOps } from "./reference-op.ts";

/** Rotary positions, the assembly of MLA's keys and values, and causal attention with its gradient. */
export const attention: ReferenceOps<"rope" | "mlaAssemble" | "mlaAssembleGrad" | "attention" | "attentionGrad"> = {
  rope({ rows, heads, headDim, ropeDim, seqLen, theta, inverse }, [x], [y]) {
    y.set(x);
    const frequencies = Array.from({ length: ropeDim / 2 }, (_, pair) => pow(theta, (-2 * pair) / ropeDim));
    for (let row = 0; row < rows; row++) {
      const position = row % seqLen;
      for (let head = 0; head < heads; head++) {
        const first = (row * heads + head) * headDim + headDim - ropeDim;
        for (let pair = 0; pair < ropeDim / 2; pair++) {
          const angle = (inverse ? -1 : 1) * position * frequencies[pair];
          const [c, s] = [cos(angle), sin(angle)];
          const even = first + 2 * pair;
          const odd = even + 1;
          y[even] = x[even] * c - x[odd] * s;
          y[odd] = x[even] * s + x[odd] * c;
        }
      }
    }
  },

  mlaAssemble({ rows, heads, nope, rope, v: vDim }, [kv, kRope], [k, v]) {
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < heads; head++) {
        const from = (row * heads + head) * (nope + vDim);
        const toKey = (row * heads + head) * (nope + rope);
        const toValue = (row * heads + head) * vDim;
        for (let c = 0; c < nope; c++) k[toKey + c] = kv[from + c];
        for (let c = 0; c < rope; c++) k[toKey + nope + c] = kRope[row * rope + c];
        for (let c = 0; c < vDim; c++) v[toValue + c] = kv[from + nope + c];
      }
    }
  },

  mlaAssembleGrad({ rows, heads, nope, rope, v: vDim }, [dk, dv], [dkv, dkRope]) {
    dkRope.fill(0);
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < heads; head++) {
        const to = (row * heads + head) * (nope + vDim);
        const fromKey = (row * heads + head) * (nope + rope);
        const fromValue = (row * heads + head) * vDim;
        for (let c = 0; c < nope; c++) dkv[to + c] = dk[fromKey + c];
        for (let c = 0; c < rope; c++) dkRope[row * rope + c] += dk[fromKey + nope + c];
        for (let c = 0; c < vDim; c++) dkv[to + nope + c] = dv[fromValue + c];
      }
    }
  },

  attention(attrs, [q, k, v], [o, lse]) {
    const { vDim, scale } = attrs;
    o.fill(0);
    forEachQuery(attrs, ({ query, first, qAt, oAt, kAt, vAt }) => {
      const scores: number[] = [];
      for (let key = first; key <= query.row; key++) scores.push(scale * dot(q, qAt, k, kAt(key), attrs.qkDim));
      const top = Math.max(...scores);
      let sum = 0;
      for (const score of scores) sum += exp(score - top);
      lse[query.index] = top + log(sum);
      for (let key = first; key <= query.row; key++) {
        const p = exp(scores[key - first] - lse[query.index]);
        for (let c = 0; c < vDim; c++) o[oAt + c] += p * v[vAt(key) + c];
      }
    });
  },

  /** With P = softmax of the scores: dP = do·vᵀ, dS = P∘(dP − delta), dq = scale·dS·k, dk = scale·dSᵀ·q, dv = Pᵀ·do. */
  attentionGrad(attrs, [q, k, v, o, lse, dO], [dq, dk, dv, delta]) {
    const { qkDim, vDim, scale } = attrs;
    dq.fill(0);
    dk.fill(0);
    dv.fill(0);
    forEachQuery(attrs, ({ query, first, qAt, oAt, kAt, vAt }) => {
      delta[query.index] = dot(dO, oAt, o, oAt, vDim);
      for (let key = first; key <= query.row; key++) {
        const p = exp(scale * dot(q, qAt, k, kAt(key), qkDim) - lse[query.index]);
        const dScore = p * (dot(dO, oAt, v, vAt(key), vDim) - delta[query.index]) * scale;
        for (let c = 0; c < qkDim; c++) {
          dq[qAt + c] += dScore * k[kAt(key) + c];
          dk[kAt(key) + c] += dScore * q[qAt + c];
        }
        for (let c = 0; c < vDim; c++) dv[vAt(key) + c] += p * dO[oAt + c];
      }
    });
  },
};

interface Query {
  /** `row` of the batch; `index` into the [T,H] statistics */
  query: { row: number; index: number };
  /** first row of the query's sequence: the keys it sees are rows first … row */
  first: number;
  /** where this head's columns begin, of the query and output row and of a key's row */
  qAt: number;
  oAt: number;
  kAt: (key: number) => number;
  vAt: (key: number) => number;
}

function forEachQuery({ batch, seqLen, heads, kvHeads, qkDim, vDim }: OpAttrs["attention"], visit: (query: Query) => void): void {
  for (let row = 0; row < batch * seqLen; row++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor((head * kvHeads) / heads);
      visit({
        query: { row, index: row * heads + head },
        first: row - (row % seqLen),
        qAt: (row * heads + head) * qkDim,
        oAt: (row * heads + head) * vDim,
        kAt: (key) => (key * kvHeads + kvHead) * qkDim,
        vAt: (key) => (key * kvHeads + kvHead) * vDim,
      });
    }
  }
}

function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aAt + i] * b[bAt + i];
  return sum;
}
