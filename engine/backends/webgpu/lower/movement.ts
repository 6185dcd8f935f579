import type { OpKind } from "../../../program/ops.ts";
import { input, type Lower, output } from "../launch.ts";
import { elementwise } from "./common.ts";

type Kinds = Extract<OpKind, "add" | "copy" | "fill" | "concatColumns" | "splitColumns" | "sliceSequence" | "sliceSequenceGrad">;

export const movement: { [Kind in Kinds]: Lower<Kind> } = {
  add: ({ attrs: { length }, inputs: [a, b, c], outputs: [y] }) => [
    elementwise(
      "add",
      length,
      { a: input(a), b: input(b), ...(c ? { c: input(c) } : {}), y: output(y) },
      { flags: { three: c !== undefined } },
    ),
  ],

  copy: ({ attrs: { length }, inputs: [x], outputs: [y] }) => [elementwise("copy", length, { x: input(x), y: output(y) })],

  fill: ({ attrs: { length, value }, outputs: [y] }) => [elementwise("fill", length, { y: output(y) }, { floats: { value } })],

  concatColumns: ({ attrs: { rows, left, right }, inputs: [a, b], outputs: [c] }) => [
    elementwise("concat-columns", rows * (left + right), { a: input(a), b: input(b), c: output(c) }, { counts: { left, right } }),
  ],

  splitColumns: ({ attrs: { rows, left, right }, inputs: [c], outputs: [a, b] }) => [
    elementwise("split-columns", rows * (left + right), { c: input(c), a: output(a), b: output(b) }, { counts: { left, right } }),
  ],

  sliceSequence: ({ attrs: { batch, fromLen, offset, length, width }, inputs: [x], outputs: [y] }) => [
    elementwise("slice-sequence", batch * length * width, { x: input(x), y: output(y) }, { counts: { fromLen, offset, length, width } }),
  ],

  sliceSequenceGrad: ({ attrs: { batch, fromLen, offset, length, width }, inputs: [dy], outputs: [dx], add }) => [
    elementwise(
      "slice-sequence-grad",
      batch * fromLen * width,
      { dy: input(dy), dx: output(dx, add[0]) },
      { counts: { fromLen, offset, length, width } },
    ),
  ],
};
