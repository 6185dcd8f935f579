import { NumberSlot } from "../../../engine/program/ops.ts";
import type { Random } from "../random.ts";
import { sumRoundings, table } from "./op-case.ts";

/** The scalars of one step; `step` counts from 1. */
function numbers(changes: Partial<Record<keyof typeof NumberSlot, number>> = {}, step = 3): number[] {
  const table = Array<number>(16).fill(0);
  const values = {
    lr: 0.1,
    correction1: 1 - 0.9 ** step,
    correction2: 1 - 0.95 ** step,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    clipNorm: 1,
    gradScale: 1,
    gamma: 0.125,
    ...changes,
  };
  for (const [name, value] of Object.entries(values)) table[NumberSlot[name as keyof typeof NumberSlot]] = value;
  return table;
}

const state = (length: number, random: Random) => [
  random.normal(length),
  random.normal(length, 0.1),
  random.normal(length, 0.1),
  random.between(length, 1e-4, 1e-2),
];
const tokens = (experts: number, groups: number, random: Random) => random.ints(experts * groups, 50);

export const optimizerTables = [
  table({
    kind: "clipScale",
    sample: ({ length }, random) => [random.normal(length), numbers({ gradScale: 0.25 })],
    roundings: ({ length }) => sumRoundings(length) + 12,
    pools: () => ({ inputs: ["gradients"], outputs: ["metrics", "metrics"] }),
    rows: [
      ...[1, 3, 64, 100, 1025, 70000].map((length) => ({ length })),
      {
        attrs: { length: 100 },
        note: "below the clip norm",
        sample: ({ length }, random) => [random.normal(length, 1e-3), numbers({ gradScale: 0.5 })],
      },
      { attrs: { length: 65 }, note: "no gradient", sample: ({ length }) => [new Float64Array(length), numbers()] },
      ...[NaN, Infinity, -Infinity].map((value) => ({
        attrs: { length: 1000 },
        note: `one gradient is ${value}`,
        nonFinite: true,
        sample: ({ length }: { length: number }, random: Random) => [random.normal(length).fill(value, 700, 701), numbers()],
      })),
    ],
  }),
  table({
    kind: "adamw",
    sample: ({ length }, random) => [...state(length, random), [0.5], numbers()],
    roundings: () => 24,
    pools: () => ({ inputs: ["parameters", "gradients", "moment1", "moment2"], outputs: ["parameters", "moment1", "moment2"] }),
    rows: [
      { length: 1, decayLength: 1 },
      { length: 5, decayLength: 2 },
      { length: 64, decayLength: 64 },
      { length: 100, decayLength: 0 },
      { length: 1029, decayLength: 513 },
      { length: 70000, decayLength: 65536 },
      {
        attrs: { length: 100, decayLength: 65 },
        note: "first step",
        sample: ({ length }, random) => [
          random.normal(length),
          random.normal(length),
          new Float64Array(length),
          new Float64Array(length),
          [1],
          numbers({}, 1),
        ],
      },
      {
        attrs: { length: 100, decayLength: 65 },
        note: "skipped: gradients are not finite, scale is 0",
        sample: ({ length }, random) => {
          const [param, , m, v] = state(length, random);
          return [param, Array<number>(length).fill(NaN), m, v, [0], numbers()];
        },
      },
    ],
  }),
  table({
    kind: "biasUpdate",
    sample: ({ experts, groups }, random) => [random.normal(experts, 0.1), tokens(experts, groups, random), [1], numbers()],
    roundings: ({ experts, groups, rule }) => groups + 4 + (rule === "magnitude" ? experts : 0),
    pools: () => ({ inputs: ["state", "metrics", "metrics"], outputs: ["state"] }),
    rows: (["sign", "magnitude"] as const).flatMap((rule) => [
      { experts: 1, groups: 1, rule },
      { experts: 16, groups: 1, rule },
      { experts: 31, groups: 5, rule },
      { experts: 100, groups: 2, rule },
      ...[3, 6, 7, 49, 100].map((experts) => ({
        attrs: { experts, groups: 2, rule },
        note: "every load at the mean",
        sample: (_: unknown, random: Random) => [random.normal(experts), Array<number>(2 * experts).fill(17), [1], numbers()],
      })),
      {
        attrs: { experts: 8, groups: 2, rule },
        note: "skipped: scale is 0",
        sample: ({ experts, groups }: { experts: number; groups: number }, random: Random) => [
          random.normal(experts),
          tokens(experts, groups, random),
          [0],
          numbers(),
        ],
      },
    ]),
  }),
];
