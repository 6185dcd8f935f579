import { type OpAttrs, NumberSlot } from "../../../engine/program/ops.ts";
import type { Random } from "../random.ts";
import { chooseExperts } from "./choices.ts";
import { runReference, sumRoundings, table } from "./op-case.ts";

const balances: OpAttrs["balanceLoss"][] = [
  { rows: 1, experts: 1, k: 1, groupRows: 1, number: NumberSlot.firstAlpha },
  { rows: 6, experts: 4, k: 2, groupRows: 3, number: NumberSlot.firstAlpha + 1 },
  { rows: 64, experts: 16, k: 2, groupRows: 64, number: NumberSlot.firstAlpha },
  { rows: 99, experts: 7, k: 3, groupRows: 33, number: NumberSlot.firstAlpha },
  { rows: 512, experts: 64, k: 6, groupRows: 128, number: NumberSlot.firstAlpha + 2 },
];
const zLosses: OpAttrs["zLoss"][] = [
  { rows: 1, experts: 1 },
  { rows: 5, experts: 3 },
  { rows: 64, experts: 16 },
  { rows: 600, experts: 65 },
];
const entropies: OpAttrs["crossEntropy"][] = [
  { rows: 1, vocab: 1, seqLen: 1, targetLen: 1, targetOffset: 0 },
  { rows: 6, vocab: 5, seqLen: 3, targetLen: 3, targetOffset: 0 },
  { rows: 62, vocab: 100, seqLen: 31, targetLen: 33, targetOffset: 2 },
  { rows: 64, vocab: 256, seqLen: 32, targetLen: 32, targetOffset: 0 },
  { rows: 65, vocab: 33, seqLen: 13, targetLen: 14, targetOffset: 1 },
  { rows: 3, vocab: 1031, seqLen: 1, targetLen: 2, targetOffset: 1 },
];

const overlaps: OpAttrs["overlap"][] = [
  { rows: 1, vocab: 1, seqLen: 1, mainLen: 1, mainOffset: 0 },
  { rows: 6, vocab: 5, seqLen: 3, mainLen: 4, mainOffset: 1 },
  { rows: 62, vocab: 100, seqLen: 31, mainLen: 33, mainOffset: 2 },
  { rows: 93, vocab: 256, seqLen: 31, mainLen: 32, mainOffset: 1 },
  { rows: 65, vocab: 33, seqLen: 13, mainLen: 17, mainOffset: 3 },
];
const mainRows = ({ rows, seqLen, mainLen }: OpAttrs["overlap"]) => (rows / seqLen) * mainLen;
/** Logits of both heads, each with the log of its summed exponentials. */
const withLse = ({ rows, vocab, ...attrs }: OpAttrs["overlap"], ahead: ArrayLike<number>, main: ArrayLike<number>) =>
  [[ahead, rows] as const, [main, mainRows({ rows, vocab, ...attrs })] as const].flatMap(([logits, rows]) => {
    const entropy = { rows, vocab, seqLen: rows, targetLen: rows, targetOffset: 0 };
    return [logits, runReference("crossEntropy", entropy, [Array.from(logits, Math.fround), new Array<number>(rows).fill(0)])[1]];
  });

const scores = ({ rows, experts }: { rows: number; experts: number }, random: Random) => random.between(rows * experts, 0.01, 0.99);
const logitsAndTargets = ({ rows, vocab, seqLen, targetLen }: OpAttrs["crossEntropy"], random: Random) => [
  random.normal(rows * vocab, 3),
  random.ints((rows / seqLen) * targetLen, vocab),
];

export const lossTables = [
  table({
    kind: "balanceLoss",
    sample: (attrs, random) => [scores(attrs, random), chooseExperts(attrs, random), random.between(16, 0.1, 1)],
    // f may be counted in steps of E/(K·groupRows)
    roundings: ({ experts, groupRows }) => [sumRoundings(groupRows) + 2 * experts + 8, sumRoundings(groupRows) + 3],
    pools: () => ({ outputs: ["metrics", "activations"] }),
    rows: balances,
  }),
  table({
    kind: "balanceLossGrad",
    sample: (attrs, random) => {
      const { number, ...choice } = attrs;
      const s = scores(attrs, random);
      const numbers = random.between(16, 0.1, 1);
      const [, f] = runReference("balanceLoss", attrs, [s, chooseExperts(choice, random), numbers]);
      return [s, f, numbers];
    },
    roundings: ({ experts }) => 3 * experts + 8,
    // f and P sum to E and 1 and meet at balance, where all gradients cancel; Σs is about E/2
    magnitude: ({ rows, experts }) => 1 / (rows * experts),
    rows: balances,
  }),
  table({
    kind: "zLoss",
    sample: ({ rows, experts }, random) => [random.normal(rows * experts, 2), random.between(16, 0.1, 1)],
    roundings: ({ rows, experts }) => sumRoundings(rows) + 2 * experts + 24,
    pools: () => ({ outputs: ["metrics"] }),
    rows: zLosses,
  }),
  table({
    kind: "zLossGrad",
    sample: ({ rows, experts }, random) => [random.normal(rows * experts, 2), random.between(16, 0.1, 1)],
    roundings: ({ experts }) => 2 * experts + 32,
    rows: zLosses,
  }),
  table({
    kind: "crossEntropy",
    sample: logitsAndTargets,
    roundings: ({ vocab }) => sumRoundings(vocab) + 24,
    // a sure target's nll is a difference of nearly equal numbers
    magnitude: () => [1, 1, 0],
    pools: () => ({ inputs: ["activations", "inputs"] }),
    rows: [
      ...entropies,
      {
        attrs: entropies[1],
        note: "all tied",
        sample: ({ rows, vocab }, random) => [Array<number>(rows * vocab).fill(0.7), random.ints(rows, vocab)],
      },
      {
        attrs: entropies[3],
        note: "many ties for the highest",
        sample: ({ rows, vocab }, random) => [random.ints(rows * vocab, 3), random.ints(rows, vocab)],
      },
      {
        attrs: entropies[3],
        note: "logits whose exp overflows f32",
        sample: ({ rows, vocab }, random) => [random.normal(rows * vocab).map((x) => 200 + 20 * x), random.ints(rows, vocab)],
      },
    ],
  }),
  table({
    kind: "crossEntropyGrad",
    sample: (attrs, random) => {
      const { factor, number, ...forward } = attrs;
      const [logits, targets] = logitsAndTargets(forward, random);
      const [, lse] = runReference("crossEntropy", forward, [logits.map(Math.fround), targets]);
      return [logits, targets, lse, random.between(16, 0.1, 1)];
    },
    roundings: () => 32,
    // with one id there is nothing to predict and the gradient is zero
    magnitude: ({ factor }) => factor / 16,
    pools: () => ({ inputs: ["activations", "inputs"] }),
    rows: entropies.flatMap((attrs) => [
      { ...attrs, factor: 1 / attrs.rows, number: -1 },
      { ...attrs, factor: 0.25, number: NumberSlot.mtpWeight },
    ]),
  }),
  table({
    kind: "overlap",
    sample: (attrs, random) => {
      const [ahead, main] = [attrs.rows, mainRows(attrs)].map((rows) => random.normal(rows * attrs.vocab, 3));
      return withLse(attrs, ahead, main);
    },
    // of the exponent's two roundings each a few units of a number up to 20; the sum's come on top
    roundings: ({ vocab }) => sumRoundings(vocab) + 32,
    magnitude: () => 1,
    pools: () => ({ outputs: ["metrics"] }),
    rows: [
      ...overlaps,
      {
        attrs: overlaps[3],
        note: "of equal predictions",
        sample: (attrs, random) => {
          const row = random.normal(attrs.vocab, 3);
          const repeated = (rows: number) => Array.from({ length: rows }, () => [...row]).flat();
          return withLse(attrs, repeated(attrs.rows), repeated(mainRows(attrs)));
        },
      },
      {
        attrs: overlaps[3],
        note: "of predictions that are sure of different tokens",
        sample: (attrs) => {
          const sure = (rows: number, id: number) =>
            Array.from({ length: rows }, () => Array.from({ length: attrs.vocab }, (_, at) => (at === id ? 200 : 0))).flat();
          return withLse(attrs, sure(attrs.rows, 1), sure(mainRows(attrs), 2));
        },
      },
    ],
  }),
  table({
    kind: "mean",
    // a loss per row: positive
    sample: ({ length }, random) => [random.between(length, 0, 6)],
    roundings: ({ length }) => sumRoundings(length) + 1,
    pools: () => ({ outputs: ["metrics"] }),
    rows: [1, 2, 31, 64, 100, 1024, 5003].map((length) => ({ length })),
  }),
];
