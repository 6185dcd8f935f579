import type { OpAttrs } from "../../../engine/program/ops.ts";
import type { Random } from "../random.ts";
import { chooseExperts, randomCounts, startsOf } from "./choices.ts";
import { type Row, runReference, table } from "./op-case.ts";

const routed = [
  { rows: 1, k: 1, width: 1, experts: 1 },
  { rows: 5, k: 2, width: 3, experts: 4 },
  { rows: 64, k: 2, width: 64, experts: 16 },
  { rows: 33, k: 6, width: 31, experts: 6 },
  { rows: 65, k: 3, width: 100, experts: 8 },
];

/** rowOfSlot and slotOfRow of a random choice of experts. */
function orderOf(size: { rows: number; experts: number; k: number }, random: Random): { rowOfSlot: Float64Array; slotOfRow: Float64Array } {
  const [, rowOfSlot, slotOfRow] = runReference("dispatch", size, [chooseExperts(size, random)]);
  return { rowOfSlot, slotOfRow };
}

type Inputs = (size: (typeof routed)[number], random: Random) => ArrayLike<number>[];
const rowsOf = <Kind extends "gatherRows" | "gatherRowsGrad" | "combine" | "combineGrad">(inputs: Inputs): Row<Kind>[] =>
  routed.map((size) => ({
    attrs: { rows: size.rows, k: size.k, width: size.width } as OpAttrs[Kind],
    note: `${size.experts} experts`,
    sample: (_, random) => inputs(size, random),
  }));

/** How R rows fall on E experts. */
const partitions: { rows: number; experts: number; note: string; counts: (random: Random) => number[] }[] = [
  { rows: 1, experts: 1, note: "one row", counts: () => [1] },
  { rows: 40, experts: 4, note: "even", counts: () => [10, 10, 10, 10] },
  { rows: 128, experts: 16, note: "random", counts: (random) => randomCounts(128, 16, random) },
  { rows: 100, experts: 5, note: "the first without rows", counts: () => [0, 31, 33, 35, 1] },
  { rows: 97, experts: 4, note: "the last without rows", counts: () => [64, 32, 1, 0] },
  { rows: 65, experts: 4, note: "one has all", counts: () => [0, 0, 65, 0] },
  { rows: 66, experts: 3, note: "tile edges", counts: () => [32, 33, 1] },
  { rows: 258, experts: 3, note: "edges of tall tiles", counts: () => [128, 129, 1] },
  { rows: 9, experts: 9, note: "one row each", counts: () => Array<number>(9).fill(1) },
];
const widths = [
  { n: 1, k: 1 },
  { n: 5, k: 7 },
  { n: 32, k: 64 },
  { n: 33, k: 31 },
  { n: 66, k: 20 },
];
const groupedInputs = ({ rows, experts, n, k, mode }: OpAttrs["groupedMatmul"], random: Random, counts: number[]): ArrayLike<number>[] =>
  mode === "TN"
    ? [random.normal(rows * n), random.normal(rows * k), startsOf(counts)]
    : [random.normal(rows * k), random.normal(experts * n * k), startsOf(counts)];
/** Each partition with two of the widths, in every mode. */
const groupedRows = (["NT", "NN", "TN"] as const).flatMap((mode) =>
  partitions.flatMap(({ rows, experts, note, counts }, i) =>
    [widths[i % widths.length], widths[(i + 2) % widths.length]].map(
      ({ n, k }): Row<"groupedMatmul"> => ({
        attrs: { rows, experts, n, k, mode },
        note,
        sample: (attrs, random) => groupedInputs(attrs, random, counts(random)),
      }),
    ),
  ),
);

export const expertTables = [
  table({
    kind: "gatherRows",
    roundings: () => 0,
    rows: rowsOf<"gatherRows">((size, random) => [random.normal(size.rows * size.width), orderOf(size, random).slotOfRow]),
  }),
  table({
    kind: "gatherRowsGrad",
    roundings: ({ k }) => k,
    rows: rowsOf<"gatherRowsGrad">((size, random) => [random.normal(size.rows * size.k * size.width), orderOf(size, random).rowOfSlot]),
  }),
  table({
    kind: "groupedMatmul",
    sample: (attrs, random) => groupedInputs(attrs, random, randomCounts(attrs.rows, attrs.experts, random)),
    roundings: ({ mode, rows, k }) => (mode === "TN" ? rows : k),
    pools: ({ mode }) => (mode === "TN" ? { outputs: ["gradients"] } : { inputs: ["activations", "parameters"] }),
    rows: groupedRows,
  }),
  table({
    kind: "combine",
    roundings: ({ k }) => k + 1,
    rows: rowsOf<"combine">((size, random) => [
      random.normal(size.rows * size.k * size.width),
      random.normal(size.rows * size.k),
      orderOf(size, random).rowOfSlot,
    ]),
  }),
  table({
    kind: "combineGrad",
    roundings: ({ width }) => [1, width],
    rows: rowsOf<"combineGrad">((size, random) => [
      random.normal(size.rows * size.width),
      random.normal(size.rows * size.k * size.width),
      random.normal(size.rows * size.k),
      orderOf(size, random).rowOfSlot,
    ]),
  }),
];
