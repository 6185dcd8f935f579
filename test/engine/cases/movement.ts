import { table } from "./op-case.ts";

const lengths = [1, 3, 64, 100, 255, 1000, 4099].map((length) => ({ length }));
const columns = [
  { rows: 1, left: 1, right: 1 },
  { rows: 33, left: 5, right: 7 },
  { rows: 65, left: 64, right: 64 },
  { rows: 100, left: 3, right: 32 },
];
const slices = [
  { batch: 1, fromLen: 1, offset: 0, length: 1, width: 1 },
  { batch: 3, fromLen: 5, offset: 1, length: 4, width: 7 },
  { batch: 2, fromLen: 64, offset: 0, length: 63, width: 64 },
  { batch: 2, fromLen: 33, offset: 2, length: 31, width: 12 },
];

export const movementTables = [
  table({
    kind: "add",
    inputCount: 2,
    sample: ({ length }, random) => [random.normal(length), random.normal(length)],
    roundings: () => 1,
    rows: lengths,
  }),
  table({
    kind: "add",
    roundings: () => 2,
    rows: lengths.map((attrs) => ({ attrs, note: "three terms" })),
  }),
  table({ kind: "copy", roundings: () => 0, rows: lengths }),
  table({
    kind: "fill",
    roundings: () => 1,
    rows: lengths.flatMap((a) => [
      { ...a, value: 0 },
      { ...a, value: -0.1 },
    ]),
  }),
  table({ kind: "concatColumns", roundings: () => 0, rows: columns }),
  table({ kind: "splitColumns", roundings: () => 0, rows: columns }),
  table({ kind: "sliceSequence", roundings: () => 0, rows: slices }),
  table({ kind: "sliceSequenceGrad", roundings: () => 0, rows: slices }),
];
