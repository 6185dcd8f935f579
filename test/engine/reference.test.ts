import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { referenceOps } from "../../engine/backends/reference/ops.ts";
import { type OpAttrs, NumberSlot } from "../../engine/program/ops.ts";
import { chooseExperts } from "./cases/choices.ts";
import { runReference } from "./cases/op-case.ts";
import { randomShapes } from "./cases/random-shapes.ts";
import { opCases } from "./cases/index.ts";
import { runCase, runTwoMicrosteps } from "./harness.ts";
import { createRandom } from "./random.ts";

// Promises the papers make about each op, checked without its own formula. Differences of float64 sums stay below 1e-9 at these sizes.
const digits = 9;
const seeds = fc.nat(10_000);
const holds = <A, B>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>, promise: (a: A, b: B) => void) =>
  fc.assert(fc.property(a, b, promise), { numRuns: 40, seed: 1 });
const range = (n: number) => [...Array(n).keys()];
const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const numbers = (values: Partial<Record<keyof typeof NumberSlot, number>>) => {
  const table = new Float64Array(16);
  for (const [name, value] of Object.entries(values)) table[NumberSlot[name as keyof typeof NumberSlot]] = value;
  return table;
};

describe("rotary positions", () => {
  const ropes = fc.record({ ropeDim: fc.constantFrom(2, 4, 8), seqLen: fc.integer({ min: 2, max: 20 }) });
  const attrsOf = ({ ropeDim, seqLen }: { ropeDim: number; seqLen: number }): OpAttrs["rope"] => ({
    rows: seqLen,
    heads: 1,
    headDim: ropeDim,
    ropeDim,
    seqLen,
    theta: 10000,
    inverse: false,
  });

  test("are undone by their inverse", () => {
    holds(ropes, seeds, (shape, seed) => {
      const x = createRandom(seed).normal(shape.seqLen * shape.ropeDim);
      const [y] = runReference("rope", attrsOf(shape), [x]);
      const [back] = runReference("rope", { ...attrsOf(shape), inverse: true }, [y]);
      back.forEach((value, i) => expect(value).toBeCloseTo(x[i], digits));
    });
  });

  test("make a score depend on the distance of two positions alone", () => {
    holds(ropes, seeds, (shape, seed) => {
      const { ropeDim, seqLen } = shape;
      const random = createRandom(seed);
      const rotated = (vector: number[]) => {
        const [y] = runReference("rope", attrsOf(shape), [range(seqLen).flatMap(() => vector)]);
        return range(seqLen).map((p) => y.subarray(p * ropeDim, (p + 1) * ropeDim));
      };
      const [q, k] = [rotated(random.normal(ropeDim)), rotated(random.normal(ropeDim))];
      const score = (i: number, j: number) => total(q[i].map((value, c) => value * k[j][c]));
      for (const p of range(seqLen - 1)) expect(score(p + 1, 1)).toBeCloseTo(score(p, 0), digits);
    });
  });

  test("turn the second of two positions by one radian in the first pair", () => {
    const attrs = attrsOf({ ropeDim: 2, seqLen: 2 });
    const [y] = runReference("rope", attrs, [[1, 0, 1, 0]]);
    expect([...y]).toEqual([1, 0, Math.cos(1), Math.sin(1)]);
  });
});

describe("attention", () => {
  const shapes = randomShapes.attention!.map((a) => ({ ...a, seqLen: Math.min(a.seqLen, 12) }));
  const inputsOf = (a: OpAttrs["attention"], seed: number) => {
    const random = createRandom(seed);
    const rows = a.batch * a.seqLen;
    return [random.normal(rows * a.heads * a.qkDim), random.normal(rows * a.kvHeads * a.qkDim), random.normal(rows * a.kvHeads * a.vDim)];
  };

  test("never sees a later position or another sequence", () => {
    holds(shapes, seeds, (a, seed) => {
      const [q, k, v] = inputsOf(a, seed);
      const [before] = runReference("attention", a, [q, k, v]);
      const changed = a.batch * a.seqLen - 1;
      const random = createRandom(seed + 1);
      k.splice(changed * a.kvHeads * a.qkDim, a.kvHeads * a.qkDim, ...random.normal(a.kvHeads * a.qkDim));
      v.splice(changed * a.kvHeads * a.vDim, a.kvHeads * a.vDim, ...random.normal(a.kvHeads * a.vDim));
      const [after] = runReference("attention", a, [q, k, v]);
      const untouched = changed * a.heads * a.vDim;
      expect(after.subarray(0, untouched)).toEqual(before.subarray(0, untouched));
    });
  });

  test("averages the values where all scores are equal", () => {
    holds(shapes, seeds, (a, seed) => {
      const [q, , v] = inputsOf(a, seed);
      const k = new Float64Array(a.batch * a.seqLen * a.kvHeads * a.qkDim);
      const [o, lse] = runReference("attention", a, [q, k, v]);
      const lastOfFirst = a.seqLen - 1;
      for (const head of range(a.heads)) {
        const kvHead = Math.floor(head / (a.heads / a.kvHeads));
        const mean = total(range(a.seqLen).map((row) => v[(row * a.kvHeads + kvHead) * a.vDim])) / a.seqLen;
        expect(o[(lastOfFirst * a.heads + head) * a.vDim]).toBeCloseTo(mean, digits);
        expect(lse[lastOfFirst * a.heads + head]).toBeCloseTo(Math.log(a.seqLen), digits);
      }
    });
  });

  test("gives a query that matches one key alone that key's value", () => {
    const attrs = { batch: 1, seqLen: 3, heads: 1, kvHeads: 1, qkDim: 2, vDim: 1, scale: 1 };
    const [o] = runReference("attention", attrs, [
      [0, 0, 0, 0, 0, 100],
      [1, 0, 0, 1, 1, 0],
      [5, 7, 9],
    ]);
    expect(o[2]).toBeCloseTo(7, digits);
  });
});

describe("routing", () => {
  test("chooses K distinct experts in ascending order, none of them worse than one left out", () => {
    holds(
      randomShapes.topk!.filter(({ form }) => form === "additive"),
      seeds,
      (a, seed) => {
        const random = createRandom(seed);
        const [s, bias] = [random.normal(a.rows * a.experts), random.normal(a.experts)];
        const [idx] = runReference("topk", { ...a, nGroup: 1, topkGroup: 1 }, [s, bias]);
        for (const row of range(a.rows)) {
          const chosen = [...idx.subarray(row * a.k, (row + 1) * a.k)];
          expect(chosen).toEqual([...new Set(chosen)].sort((x, y) => x - y));
          const choice = (e: number) => s[row * a.experts + e] + bias[e];
          const worst = Math.min(...chosen.map(choice));
          for (const e of range(a.experts)) if (!chosen.includes(e)) expect(choice(e)).toBeLessThanOrEqual(worst);
        }
      },
    );
  });

  test("stays within the groups whose best, two or as many as asked, sum highest", () => {
    holds(randomShapes.topk!, seeds, (a, seed) => {
      const s = createRandom(seed).normal(a.rows * a.experts);
      const [idx] = runReference("topk", { ...a, form: "none" }, [s]);
      const size = a.experts / a.nGroup;
      for (const row of range(a.rows)) {
        const score = (group: number) =>
          total(
            s
              .slice(row * a.experts + group * size, row * a.experts + (group + 1) * size)
              .sort((x, y) => y - x)
              .slice(0, a.groupTop),
          );
        for (const e of idx.subarray(row * a.k, (row + 1) * a.k)) {
          const better = range(a.nGroup).filter((group) => score(group) > score(Math.floor(e / size)));
          expect(better.length).toBeLessThan(a.topkGroup);
        }
      }
    });
  });

  test("lets the lowest ids win a tie, for experts and for groups", () => {
    const tied = new Float64Array(12).fill(0.5);
    const attrs = { rows: 1, experts: 12, k: 3, groupTop: 2, form: "none" as const };
    expect([...runReference("topk", { ...attrs, nGroup: 1, topkGroup: 1 }, [tied])[0]]).toEqual([0, 1, 2]);
    tied[0] = 0.1;
    // groups of three: the first now has the sum 1, as the others, but its lowest member loses to the second group's
    const grouped = { ...attrs, nGroup: 4, topkGroup: 2 };
    expect([...runReference("topk", { ...grouped, k: 5 }, [tied])[0]]).toEqual([1, 2, 3, 4, 5]);
    tied[1] = 0.1;
    expect([...runReference("topk", { ...grouped, k: 3 }, [tied])[0]]).toEqual([3, 4, 5]);
    expect([...runReference("topk", { ...grouped, k: 6 }, [tied])[0]]).toEqual([3, 4, 5, 6, 7, 8]);
  });

  test("weighs by unbiased scores, summing to the scaling factor", () => {
    holds(randomShapes.dispatch!, seeds, (a, seed) => {
      const random = createRandom(seed);
      const s = random.between(a.rows * a.experts, 0.01, 1);
      const idx = chooseExperts(a, random);
      const [g] = runReference("gates", { ...a, normalise: true, scale: 2.5 }, [s, idx]);
      for (const row of range(a.rows)) {
        const gates = g.subarray(row * a.k, (row + 1) * a.k);
        expect(total(gates)).toBeCloseTo(2.5, digits);
        const ratio = s[row * a.experts + idx[row * a.k]] / s[row * a.experts + idx[row * a.k + a.k - 1]];
        expect(gates[0] / gates[a.k - 1]).toBeCloseTo(ratio, digits);
      }
    });
  });

  test("sorts slots by expert and keeps their order within one", () => {
    holds(randomShapes.dispatch!, seeds, (a, seed) => {
      const idx = chooseExperts(a, createRandom(seed));
      const [starts, rowOfSlot, slotOfRow] = runReference("dispatch", a, [idx]);
      expect([...slotOfRow]).toEqual(range(idx.length).sort((x, y) => idx[x] - idx[y] || x - y));
      expect(range(idx.length).map((slot) => slotOfRow[rowOfSlot[slot]])).toEqual(range(idx.length));
      for (const e of range(a.experts)) expect(starts[e + 1] - starts[e]).toBe(idx.filter((chosen) => chosen === e).length);
    });
  });
});

describe("balancing", () => {
  test("costs alpha where load and scores are even (V3 Eq. 17)", () => {
    const attrs = { rows: 8, experts: 4, k: 1, groupRows: 4, number: NumberSlot.firstAlpha };
    const [[loss]] = runReference("balanceLoss", attrs, [
      new Float64Array(32).fill(0.3),
      [0, 1, 2, 3, 3, 2, 1, 0],
      numbers({ firstAlpha: 0.01 }),
    ]);
    expect(loss).toBeCloseTo(0.01, digits);
  });

  test("costs E/K times as much where every token goes to the same K experts with all the score", () => {
    const attrs = { rows: 2, experts: 4, k: 2, groupRows: 2, number: NumberSlot.firstAlpha };
    const [[loss], f] = runReference("balanceLoss", attrs, [[1, 1, 0, 0, 1, 1, 0, 0], [0, 1, 0, 1], numbers({ firstAlpha: 0.01 })]);
    expect(loss).toBeCloseTo(0.02, digits);
    expect([...f]).toEqual([2, 2, 0, 0]);
  });

  test("moves a bias up for an expert below the mean, down above it, and not at it", () => {
    const update = (rule: "sign" | "magnitude") => {
      const bias = new Float64Array(3);
      referenceOps.biasUpdate(
        { experts: 3, groups: 2, rule },
        [bias, Float64Array.of(1, 4, 7, 4, 4, 4), Float64Array.of(1), numbers({ gamma: 0.5 })],
        [bias],
        [true],
      );
      return [...bias];
    };
    expect(update("sign")).toEqual([0.25, 0, -0.25]);
    expect(update("magnitude")).toEqual([0.1875, 0, -0.1875]);
  });

  test("counts every choice once", () => {
    holds(randomShapes.countLoad!, seeds, (a, seed) => {
      const [load] = runReference("countLoad", a, [chooseExperts(a, createRandom(seed))]);
      for (const group of range(a.rows / a.groupRows)) {
        expect(total(load.subarray(group * a.experts, (group + 1) * a.experts))).toBe(a.groupRows * a.k);
      }
    });
  });
});

describe("losses", () => {
  test("are log V for equal logits and take the target at the row's own offset", () => {
    const attrs = { rows: 2, vocab: 4, seqLen: 2, targetLen: 3, targetOffset: 1 };
    const [nll, , argmax] = runReference("crossEntropy", attrs, [
      [1, 1, 1, 1, 0, 0, 90, 0],
      [0, 3, 2],
    ]);
    expect(nll[0]).toBeCloseTo(Math.log(4), digits);
    expect(nll[1]).toBeCloseTo(0, digits);
    expect([...argmax]).toEqual([0, 2]);
  });

  test("overlap by the smaller of two probabilities, summed: a module's guess against the main model's, each at its own offset", () => {
    const attrs = { rows: 2, vocab: 2, seqLen: 1, mainLen: 2, mainOffset: 1 };
    const logs = (...p: number[]) => p.map(Math.log);
    // p (0.9, 0.1) against q (0.6, 0.4), and (0.5, 0.5) against (0, 1); the rows in between are another token's
    const [overlap] = runReference("overlap", attrs, [
      logs(0.9, 0.1, 0.5, 0.5),
      [0, 0],
      logs(0.1, 0.9, 0.6, 0.4, 1, 0, 0, 1),
      [0, 0, 0, 0],
    ]);
    expect(overlap[0]).toBeCloseTo(0.7, digits);
    expect(overlap[1]).toBeCloseTo(0.5, digits);
  });

  test("square the log of the summed exponentials for the router's z-loss", () => {
    const [[loss]] = runReference("zLoss", { rows: 2, experts: 2 }, [[0, 0, Math.log(3), Math.log(1)], numbers({ zLoss: 0.1 })]);
    expect(loss).toBeCloseTo((0.1 * (Math.log(2) ** 2 + Math.log(4) ** 2)) / 2, digits);
  });
});

describe("the optimizer", () => {
  test("scales a gradient to the clip norm, leaves a shorter one, and skips the step when the norm is not finite", () => {
    const scaleOf = (gradients: number[]) =>
      runReference("clipScale", { length: 2 }, [gradients, numbers({ clipNorm: 1, gradScale: 0.5 })])[1][0];
    expect(scaleOf([6, 8])).toBeCloseTo(0.1, digits);
    expect(scaleOf([0.3, 0.4])).toBe(0.5);
    expect(scaleOf([NaN, 0])).toBe(0);
    expect(scaleOf([-Infinity, 0])).toBe(0);
  });

  test("moves each parameter by the learning rate against a constant gradient, and decays only the decayed", () => {
    const [param, m, v] = [Float64Array.of(10, 10), new Float64Array(2), new Float64Array(2)];
    for (const t of [1, 2, 3]) {
      const step = numbers({ lr: 0.1, beta1: 0.9, beta2: 0.95, weightDecay: 0.5, correction1: 1 - 0.9 ** t, correction2: 1 - 0.95 ** t });
      referenceOps.adamw(
        { length: 2, decayLength: 1 },
        [param, Float64Array.of(3, -7), m, v, Float64Array.of(0.5), step],
        [param, m, v],
        [true, true, true],
      );
    }
    // p ← p − 0.1·(1 + 0.5·p) three times; and three steps of 0.1 upwards
    expect(param[0]).toBeCloseTo(((10 * 0.95 - 0.1) * 0.95 - 0.1) * 0.95 - 0.1, digits);
    expect(param[1]).toBeCloseTo(10.3, digits);
  });
});

describe("the backend", () => {
  const adding = opCases.find(({ kind, accumulate, inputs }) => kind === "matmul" && accumulate[0] && inputs[0].shape[0] > 30)!;

  test("overwrites a gradient on the first microstep and adds to it on the second", async () => {
    const writing = { ...adding, accumulate: [false] };
    const [once] = await runCase(createReferenceBackend(), writing, 1);
    const [twice] = await runTwoMicrosteps(createReferenceBackend(), adding, 1);
    expect(twice).toEqual(once.map((value) => 2 * value));
  });
});
