import type { OpAttrs } from "../../../engine/program/ops.ts";
import type { Random } from "../random.ts";
import { type Spread, chooseExperts } from "./choices.ts";
import { type Row, table } from "./op-case.ts";

const lengths = [1, 3, 64, 100, 1025].map((length) => ({ length }));

type Topk = OpAttrs["topk"];
const form = (rows: number, experts: number, k: number, form: Topk["form"], nGroup = 1, topkGroup = 1, groupTop = 2): Topk => ({
  rows,
  experts,
  k,
  nGroup,
  topkGroup,
  groupTop,
  form,
});
/** Scores and biases on a grid, so that s + bias, s·bias and a group's sum of two are exact in f32 and ties are real ones. */
const scoresAndBias = ({ rows, experts, form }: Topk, random: Random) => {
  const s = random.grid(rows * experts, 1, 1023);
  if (form === "none") return [s];
  return [s, form === "additive" ? random.grid(experts, -512, 512) : random.grid(experts, 256, 2048)];
};

const routed = [
  { rows: 1, experts: 1, k: 1 },
  { rows: 5, experts: 4, k: 1 },
  { rows: 64, experts: 16, k: 2 },
  { rows: 33, experts: 6, k: 6 },
  { rows: 65, experts: 31, k: 3 },
  { rows: 300, experts: 64, k: 6 },
];
const spreads: Spread[] = ["even", "none to the first", "all to the last"];
const uneven: { attrs: { rows: number; experts: number; k: number }; spread: Spread }[] = [
  { attrs: { rows: 33, experts: 5, k: 1 }, spread: "none to the first" },
  { attrs: { rows: 100, experts: 4, k: 1 }, spread: "all to the last" },
  { attrs: { rows: 65, experts: 8, k: 3 }, spread: "none to the first" },
  { attrs: { rows: 65, experts: 8, k: 3 }, spread: "all to the last" },
];
const choices: Row<"dispatch">[] = [
  ...routed.map((attrs) => ({ attrs })),
  ...uneven.map(
    ({ attrs, spread }): Row<"dispatch"> => ({ attrs, note: spread, sample: (a, random) => [chooseExperts(a, random, spread)] }),
  ),
];

const gateForms = routed.flatMap((size) => [
  { ...size, normalise: true, scale: 2.5 },
  { ...size, normalise: false, scale: 1 },
]);
/** Each of `sizes` with every way to spread its tokens; the choice of experts is left to `inputs`. */
function spread<Kind extends "gates" | "gatesGrad" | "countLoad">(
  sizes: OpAttrs[Kind][],
  inputs: (attrs: OpAttrs[Kind], idx: number[], random: Random) => ArrayLike<number>[],
): Row<Kind>[] {
  return sizes.flatMap((attrs) =>
    spreads.map((note): Row<Kind> => ({ attrs, note, sample: (a, random) => inputs(a, chooseExperts(a, random, note), random) })),
  );
}

export const routingTables = [
  table({
    kind: "sigmoid",
    sample: ({ length }, random) => [random.normal(length, 4)],
    roundings: () => 24,
    rows: [...lengths, { attrs: { length: 4 }, note: "where exp overflows f32", sample: () => [[-100, 100, -80, 0]] }],
  }),
  table({
    kind: "sigmoidGrad",
    sample: ({ length }, random) => [random.between(length, 0.01, 0.99), random.normal(length)],
    roundings: () => 4,
    rows: lengths,
  }),
  table({
    kind: "topk",
    sample: scoresAndBias,
    roundings: () => 0,
    pools: () => ({ inputs: ["activations", "state"] }),
    rows: [
      form(1, 1, 1, "none"),
      form(5, 3, 1, "additive"),
      form(33, 7, 7, "multiplicative"),
      form(64, 16, 2, "none"),
      form(65, 16, 2, "additive"),
      form(65, 16, 2, "multiplicative"),
      form(300, 64, 6, "additive"),
      form(100, 31, 4, "additive"),
      form(64, 16, 4, "additive", 4, 2),
      form(33, 64, 8, "additive", 8, 4),
      form(33, 12, 3, "none", 3, 1),
      form(33, 12, 3, "multiplicative", 4, 3),
      form(31, 8, 4, "none", 8, 4),
      form(31, 16, 4, "additive", 4, 4),
      form(64, 16, 2, "additive", 4, 2, 1),
      form(33, 64, 12, "additive", 8, 4, 3),
      form(33, 24, 12, "multiplicative", 4, 3, 4),
      form(21, 12, 6, "none", 4, 2, 3),
      {
        attrs: form(9, 10, 4, "none"),
        note: "all tied",
        sample: ({ rows, experts }) => [Array<number>(rows * experts).fill(0.5)],
      },
      {
        attrs: form(9, 16, 4, "additive", 4, 2),
        note: "all tied, in groups",
        sample: ({ rows, experts }) => [Array<number>(rows * experts).fill(0.5), Array<number>(experts).fill(0.25)],
      },
      {
        attrs: form(33, 32, 6, "additive", 4, 2, 3),
        note: "many ties, in groups ranked by three",
        sample: ({ rows, experts }, random) => [
          random.ints(rows * experts, 3).map((i) => (i + 1) / 4),
          random.ints(experts, 2).map((i) => i / 4),
        ],
      },
      {
        attrs: form(64, 16, 3, "additive"),
        note: "many ties",
        sample: ({ rows, experts }, random) => [
          random.ints(rows * experts, 3).map((i) => (i + 1) / 4),
          random.ints(experts, 2).map((i) => i / 4),
        ],
      },
      {
        attrs: form(64, 16, 4, "additive", 4, 2),
        note: "every choice negative",
        sample: ({ rows, experts }, random) => [random.grid(rows * experts, 1, 1023), random.grid(experts, -4096, -2048)],
      },
      {
        attrs: form(20, 8, 3, "none"),
        note: "scores that are no numbers lose",
        sample: ({ rows, experts }, random) => [random.grid(rows * experts, 1, 1023).map((s, i) => (i % 3 === 0 || i < experts ? NaN : s))],
      },
    ],
  }),
  table({
    kind: "gates",
    roundings: ({ k }) => k + 8,
    rows: spread<"gates">(gateForms, ({ rows, experts }, idx, random) => [random.between(rows * experts, 0.01, 0.99), idx]),
  }),
  table({
    kind: "gatesGrad",
    roundings: ({ k }) => 4 * k + 8,
    // a normalised gate alone is constant: with K = 1 its gradient cancels to nothing
    magnitude: ({ scale }) => scale,
    rows: spread<"gatesGrad">(gateForms, ({ rows, experts, k }, idx, random) => [
      random.between(rows * experts, 0.1, 0.99),
      idx,
      random.normal(rows * k),
    ]),
  }),
  table({
    kind: "dispatch",
    sample: (attrs, random) => [chooseExperts(attrs, random)],
    roundings: () => 0,
    rows: choices,
  }),
  table({
    kind: "countLoad",
    sample: (attrs, random) => [chooseExperts(attrs, random)],
    roundings: () => 0,
    pools: () => ({ outputs: ["metrics"] }),
    rows: spread<"countLoad">(
      [
        { rows: 1, experts: 1, k: 1, groupRows: 1 },
        { rows: 64, experts: 16, k: 2, groupRows: 64 },
        { rows: 66, experts: 5, k: 2, groupRows: 33 },
        { rows: 300, experts: 64, k: 6, groupRows: 100 },
        { rows: 12, experts: 7, k: 7, groupRows: 1 },
      ],
      (_, idx) => [idx],
    ),
  }),
];
