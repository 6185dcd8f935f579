import { describe, expect, test } from "vitest";
import { referenceOps } from "../../engine/backends/reference/ops.ts";
import { expectGradient } from "./finite-differences.ts";
import { applying } from "./gradient-rules.ts";
import { createRandom } from "./random.ts";

interface Shape {
  rows: number;
  width: number;
  inner: number;
  experts: number;
  k: number;
  nGroup: number;
  topkGroup: number;
}

interface Layer {
  /** x[rows,width] */
  x: Float64Array;
  /** router[E,width] */
  router: Float64Array;
  /** bias[E], which chooses but does not weigh */
  bias: Float64Array;
  /** gateUp[E,2·inner,width], gate rows first */
  gateUp: Float64Array;
  /** down[E,width,inner] */
  down: Float64Array;
}

const scale = 2.5;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const range = (n: number) => [...Array(n).keys()];
const total = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** Router scores of one token: s_e = sigmoid(x·router_e). */
function scoresOf(layer: Layer, { width, experts }: Shape, row: number): number[] {
  return range(experts).map((e) => sigmoid(total(range(width).map((c) => layer.x[row * width + c] * layer.router[e * width + c]))));
}

/** The experts of one token by trying each subset's definition directly: best groups, then best experts in them. */
function choose(layer: Layer, shape: Shape, row: number): number[] {
  const choice = scoresOf(layer, shape, row).map((s, e) => s + layer.bias[e]);
  const size = shape.experts / shape.nGroup;
  const groupScore = (group: number) => {
    const members = range(size)
      .map((i) => choice[group * size + i])
      .sort((a, b) => b - a);
    return total(members.slice(0, 2));
  };
  const groups = range(shape.nGroup)
    .sort((a, b) => groupScore(b) - groupScore(a) || a - b)
    .slice(0, shape.topkGroup);
  const candidates = range(shape.experts).filter((e) => groups.includes(Math.floor(e / size)));
  return candidates.sort((a, b) => choice[b] - choice[a] || a - b).slice(0, shape.k);
}

/** The slow obvious definition (V3 Eq. 12-15): for each token the gated sum over its experts' SwiGLU. */
function dumbMoe(layer: Layer, shape: Shape, chosen: number[][]): Float64Array {
  const { rows, width, inner } = shape;
  const y = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const s = scoresOf(layer, shape, row);
    const sum = total(chosen[row].map((e) => s[e]));
    for (const e of chosen[row]) {
      const project = (r: number) =>
        total(range(width).map((c) => layer.gateUp[(e * 2 * inner + r) * width + c] * layer.x[row * width + c]));
      const h = range(inner).map((i) => project(i) * sigmoid(project(i)) * project(inner + i));
      for (let c = 0; c < width; c++) {
        y[row * width + c] += (s[e] / sum) * scale * total(range(inner).map((i) => layer.down[(e * width + c) * inner + i] * h[i]));
      }
    }
  }
  return y;
}

const apply = applying(referenceOps);

/** The same as the program computes it: routed rows sorted by expert, grouped products, combine. Keeps what backward needs. */
function forward(layer: Layer, { rows, width, inner, experts, k, nGroup, topkGroup }: Shape) {
  const routed = rows * k;
  const [logits] = apply("matmul", { m: rows, n: experts, k: width, transA: false, transB: true }, [layer.x, layer.router]);
  const [s] = apply("sigmoid", { length: rows * experts }, [logits]);
  const [idx] = apply("topk", { rows, experts, k, nGroup, topkGroup, groupTop: 2, form: "additive" }, [s, layer.bias]);
  const [g] = apply("gates", { rows, experts, k, normalise: true, scale }, [s, idx]);
  const [starts, rowOfSlot, slotOfRow] = apply("dispatch", { rows, experts, k }, [idx]);
  const [sorted] = apply("gatherRows", { rows, k, width }, [layer.x, slotOfRow]);
  const [gu] = apply("groupedMatmul", { rows: routed, experts, n: 2 * inner, k: width, mode: "NT" }, [sorted, layer.gateUp, starts]);
  const [h] = apply("swiglu", { rows: routed, width: inner }, [gu]);
  const [z] = apply("groupedMatmul", { rows: routed, experts, n: width, k: inner, mode: "NT" }, [h, layer.down, starts]);
  const [y] = apply("combine", { rows, k, width }, [z, g, rowOfSlot]);
  return { s, idx, g, starts, rowOfSlot, sorted, gu, h, z, y };
}

/** Gradients by name, from dy, with the backward ops. */
function backward(
  layer: Layer,
  { rows, width, inner, experts, k }: Shape,
  kept: ReturnType<typeof forward>,
  dy: Float64Array,
): Omit<Layer, "bias"> {
  const routed = rows * k;
  const [dz, dg] = apply("combineGrad", { rows, k, width }, [dy, kept.z, kept.g, kept.rowOfSlot]);
  const [down] = apply("groupedMatmul", { rows: routed, experts, n: width, k: inner, mode: "TN" }, [dz, kept.h, kept.starts]);
  const [dh] = apply("groupedMatmul", { rows: routed, experts, n: inner, k: width, mode: "NN" }, [dz, layer.down, kept.starts]);
  const [dgu] = apply("swigluGrad", { rows: routed, width: inner }, [kept.gu, dh]);
  const [gateUp] = apply("groupedMatmul", { rows: routed, experts, n: 2 * inner, k: width, mode: "TN" }, [dgu, kept.sorted, kept.starts]);
  const [dSorted] = apply("groupedMatmul", { rows: routed, experts, n: width, k: 2 * inner, mode: "NN" }, [dgu, layer.gateUp, kept.starts]);
  const [dxExperts] = apply("gatherRowsGrad", { rows, k, width }, [dSorted, kept.rowOfSlot]);
  const [ds] = apply("gatesGrad", { rows, experts, k, normalise: true, scale }, [kept.s, kept.idx, dg]);
  const [dLogits] = apply("sigmoidGrad", { length: rows * experts }, [kept.s, ds]);
  const [router] = apply("matmul", { m: experts, n: width, k: rows, transA: true, transB: false }, [dLogits, layer.x]);
  const [dxRouter] = apply("matmul", { m: rows, n: width, k: experts, transA: false, transB: false }, [dLogits, layer.router]);
  const [x] = apply("add", { length: rows * width }, [dxExperts, dxRouter]);
  return { x, router, gateUp, down };
}

const biases = {
  "random biases": (random: ReturnType<typeof createRandom>, experts: number) => random.normal(experts, 0.3),
  "negative biases below every score": (random: ReturnType<typeof createRandom>, experts: number) => random.between(experts, -5, -3),
  "one expert that all choose and one that none does": (_: unknown, experts: number) =>
    range(experts).map((e) => (e === 0 ? -9 : e === experts - 1 ? 9 : 0)),
};

const shapes: Shape[] = [1, 33].flatMap((rows) =>
  [5, 8].flatMap((width) =>
    [
      { experts: 4, k: 1, nGroup: 1, topkGroup: 1 },
      { experts: 7, k: 3, nGroup: 1, topkGroup: 1 },
      { experts: 4, k: 4, nGroup: 1, topkGroup: 1 },
      { experts: 12, k: 3, nGroup: 4, topkGroup: 2 },
    ].map((routing) => ({ rows, width, inner: 3, ...routing })),
  ),
);

describe.each(Object.entries(biases))("the chain of routed-expert ops, with %s,", (_, drawBias) => {
  describe.each(shapes)("rows $rows, width $width, $experts experts, $k active, $topkGroup of $nGroup groups", (shape) => {
    const random = createRandom(shape.rows + shape.width);
    const { rows, width, inner, experts } = shape;
    const layer: Layer = {
      x: Float64Array.from(random.normal(rows * width)),
      router: Float64Array.from(random.normal(experts * width)),
      bias: Float64Array.from(drawBias(random, experts)),
      gateUp: Float64Array.from(random.normal(experts * 2 * inner * width)),
      down: Float64Array.from(random.normal(experts * width * inner)),
    };
    const chosen = range(rows).map((row) => choose(layer, shape, row));
    const kept = forward(layer, shape);

    test("chooses the same experts as the definition", () => {
      expect([...kept.idx]).toEqual(chosen.flatMap((experts) => experts.sort((a, b) => a - b)));
    });

    test("computes the sum over each token's chosen experts", () => {
      const defined = dumbMoe(layer, shape, chosen);
      // both in float64, summed in other orders: a few hundred roundings of terms near 10
      kept.y.forEach((value, i) => expect(Math.abs(value - defined[i])).toBeLessThan(1e-11));
    });

    test("has that sum's gradient for every input and weight", () => {
      const dy = Float64Array.from(random.normal(rows * width));
      const loss = () => {
        const terms = [...dumbMoe(layer, shape, chosen)].map((value, i) => value * dy[i]);
        return { value: total(terms), size: total(terms.map(Math.abs)) };
      };
      for (const [name, gradient] of Object.entries(backward(layer, shape, kept, dy))) {
        expectGradient(name, loss, layer[name as keyof Layer], gradient, 3);
      }
    });
  });
});
